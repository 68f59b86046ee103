"""Task state PublishSummary: write the owner's own set of parameters, and how all clients are."""

from aws_lambda_powertools import Logger

from msklink import clock, status, succession, telling
from msklink.aws import memories, table
from msklink.aws.errors import refusals_of_aws
from msklink.aws.session import own
from msklink.aws.ssm import ParameterSet
from msklink.errors import Refused
from msklink.recording import record_onboarded
from msklink.records import Left
from msklink.scheme import Scheme
from msklink.task_state import task
from msklink.tasks import Task

logger = Logger()


class Summary(Task):
    bootstrap_brokers: dict[Scheme, str]
    managed: bool
    """Whether the cluster is still there and opted in."""


@task
def handler(event: Summary) -> dict[str, int]:
    try:
        with refusals_of_aws():
            return _publish(event)
    except Refused as error:
        telling.cluster_refused(event.cluster_arn, event.run, error.refusal)
        return {"written": 0}


def _publish(event: Summary) -> dict[str, int]:
    now, owner = clock.now(), event.cluster.account
    if not event.managed and succession.successor(event.cluster):
        return {"written": 0}  # what bears the name is the successor's
    known = table.connections(event.cluster_arn)
    own_known = [record for record in known if record.account == owner]
    own_records = [record.published(event.bootstrap_brokers) for record in own_known]
    others = [record for record in known if record.account != owner]
    parameters = ParameterSet(own(), event.cluster.name)
    is_free = event.managed and succession.is_gone(parameters.owner, event.cluster)
    if taken := parameters.claim(event.cluster, now, other_is_gone=is_free):
        telling.cluster_refused(event.cluster_arn, event.run, taken)
        return {"written": 0}
    if not event.managed and not known:
        parameters.withdraw_all()
        memories.note_published(event.cluster_arn, owner, Left())
        return {"written": 0}
    vendors = table.read_cluster(event.cluster_arn).vendors
    told = status.summarize(event.cluster_arn, [*others, *own_records], vendors)
    if own_records:
        told["vpcs"] = status.describe(event.cluster_arn, own_records)["vpcs"]
    written = parameters.publish(event.bootstrap_brokers, told, now)
    memories.note_published(event.cluster_arn, owner, Left(digests=parameters.digests))
    record_onboarded(own_known, own_records, event.run, now)
    logger.info("summary published", written=written)
    return {"written": len(written)}
