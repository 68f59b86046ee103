"""Task state PublishSummary: write the owner's own set of parameters, and how all clients are."""

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink import clock
from msklink.auth_scheme import Scheme
from msklink.aws import dynamodb, run_state
from msklink.aws.errors import aws_refusals, transient_faults_named
from msklink.aws.session import own_session
from msklink.aws.ssm import ParameterSet
from msklink.errors import Refused
from msklink.parameters import status
from msklink.parameters.published import PublishedState
from msklink.runs.task_input import Task
from msklink.services import notifications, succession
from msklink.services.connection_updates import record_onboarded

logger = Logger()


class Summary(Task):
    bootstrap_brokers: dict[Scheme, str]
    managed: bool
    """Whether the cluster is still there and opted in."""


@logger.inject_lambda_context(correlation_id_path="run")
@event_parser
@transient_faults_named
def handler(event: Summary, context: LambdaContext) -> dict[str, int]:
    try:
        with aws_refusals():
            return _publish(event)
    except Refused as error:
        notifications.cluster_refused(event.cluster_arn, event.run, error.refusal)
        return {"written": 0}


def _publish(event: Summary) -> dict[str, int]:
    now, owner = clock.now(), event.cluster.account
    if not event.managed and succession.successor(event.cluster):
        return {"written": 0}  # what bears the name is the successor's
    known = dynamodb.connections(event.cluster_arn)
    own_known = [record for record in known if record.account == owner]
    own_records = [record.with_published(event.bootstrap_brokers) for record in own_known]
    others = [record for record in known if record.account != owner]
    parameters = ParameterSet(own_session(), event.cluster.name)
    is_free = event.managed and succession.is_replaced_cluster(parameters.owner, event.cluster)
    if taken := parameters.claim(event.cluster, now, other_is_gone=is_free):
        notifications.cluster_refused(event.cluster_arn, event.run, taken)
        return {"written": 0}
    if not event.managed and not known:
        parameters.withdraw_all()
        run_state.save_published_state(event.cluster_arn, owner, PublishedState())
        return {"written": 0}
    vendors = dynamodb.read_cluster(event.cluster_arn).vendors
    told = status.summarize(event.cluster_arn, [*others, *own_records], vendors)
    if own_records:
        told["vpcs"] = status.describe(event.cluster_arn, own_records)["vpcs"]
    written = parameters.publish(event.bootstrap_brokers, told, now)
    run_state.save_published_state(
        event.cluster_arn, owner, PublishedState(digests=parameters.digests)
    )
    record_onboarded(own_known, own_records, event.run, now)
    logger.info("summary published", written=written)
    return {"written": len(written)}
