"""Publish the owner's own client properties and a summary of all clients in its account."""

from aws_lambda_powertools import Logger

from msklink import clock
from msklink.aws import cluster_item, dynamodb, run_state
from msklink.aws.errors import aws_refusals
from msklink.aws.session import own_session
from msklink.aws.ssm import ParameterSet
from msklink.connections.needed_users import secrets_to_publish
from msklink.errors import Refused
from msklink.parameters import status
from msklink.parameters.published import PublishedState
from msklink.runs.task_input import SummaryPublication
from msklink.services import notifications, succession
from msklink.services.connection_changes import record_onboarded

logger = Logger(child=True)


def publish_summary(task: SummaryPublication) -> list[str]:
    """Write the owner's own parameters; return the names of those that were written."""
    try:
        with aws_refusals():
            return _publish(task)
    except Refused as error:
        notifications.cluster_refused(task.cluster_arn, task.run, error.refusal)
        return []


def _publish(task: SummaryPublication) -> list[str]:
    now, owner = clock.now(), task.cluster.account
    if not task.managed and succession.successor(task.cluster):
        return []  # the successor writes the parameters, which bear its name
    known = dynamodb.connections(task.cluster_arn)
    own_known = [record for record in known if record.account == owner]
    own_records = [record.with_published(task.bootstrap_brokers) for record in own_known]
    others = [record for record in known if record.account != owner]
    parameters = ParameterSet(own_session(), task.cluster.name)
    is_free = task.managed and succession.is_replaced_cluster(parameters.cluster_arn, task.cluster)
    if taken := parameters.claim(task.cluster, now, other_is_gone=is_free):
        notifications.cluster_refused(task.cluster_arn, task.run, taken)
        return []
    if not task.managed and not known and not task.freeze:
        parameters.withdraw_all()
        run_state.save_published_state(task.cluster_arn, owner, PublishedState())
        return []
    cluster = cluster_item.read_cluster(task.cluster_arn)
    content = status.summarize(task.cluster_arn, [*others, *own_records], cluster)
    if own_records:
        content["vpcs"] = status.describe(task.cluster_arn, own_records)["vpcs"]
    secrets = secrets_to_publish(own_records, now)
    written = parameters.publish(task.bootstrap_brokers, secrets, content, now)
    run_state.save_published_state(
        task.cluster_arn, owner, PublishedState(digests=parameters.digests)
    )
    record_onboarded(own_known, own_records, task.run, now)
    logger.info("summary published", written=written)
    return written
