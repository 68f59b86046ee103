"""Turns an event into a request for a run, and starts the run if none is under way."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink import telling
from msklink.admission import admission_refusal
from msklink.arns import ClusterArn, is_cluster_name
from msklink.aws import kafka, runs, table
from msklink.cluster import Cluster
from msklink.hints import BadRequest, ClientTouched, ClusterTouched, read_event
from msklink.lease import run_name
from msklink.records import Request
from msklink.refusals import Code, Refusal, refuse
from msklink.settings import settings

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="id")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[str]]:
    clusters: list[str] = []
    for hint in read_event(event, settings().namespace):
        match hint:
            case ClusterTouched(cluster_arn):
                clusters.append(cluster_arn)
            case ClientTouched():
                clusters += _admit(hint, context)
            case BadRequest(account, refusal):
                _refuse(refusal, account=account)
    return {"runs": [_request_run(cluster_arn) for cluster_arn in clusters]}


def _admit(hint: ClientTouched, context: LambdaContext) -> list[str]:
    """ARN of the cluster that needs a run now; none when the client is refused."""
    cluster = _find_cluster(hint.cluster, context)
    if cluster is None:
        owner = context.invoked_function_arn.split(":")[4]
        refusal = refuse(Code.CLUSTER_NOT_FOUND, cluster=hint.cluster, owner=owner)
        _refuse(refusal, account=hint.account, vpc_id=hint.vpc_id)
        return []
    cluster_arn = cluster.arn.text
    if refused := admission_refusal(cluster, hint.account, settings().namespace):
        _refuse(refused, account=hint.account, vpc_id=hint.vpc_id, cluster_arn=cluster_arn)
        return []
    if hint.request:
        now = datetime.now(UTC)
        wish = hint.request.model_dump(exclude={"cluster"})
        request = Request(cluster_arn=cluster_arn, account=hint.account, requested=now, **wish)
        table.save(request, now)
        logger.info("request recorded", cluster=cluster_arn, request=request.item)
    return [cluster_arn]


def _find_cluster(name_or_arn: str, context: LambdaContext) -> Cluster | None:
    """The cluster of this account and Region that is meant, if there is one."""
    msk = kafka.client()
    arn = ClusterArn.find(name_or_arn)
    if arn is None:
        found = kafka.find_clusters(msk, name_or_arn) if is_cluster_name(name_or_arn) else []
        return kafka.describe_cluster(msk, found[0]) if found else None
    here = context.invoked_function_arn.split(":")[3:5]
    return kafka.describe_cluster(msk, arn.text) if [arn.region, arn.account] == here else None


def _request_run(cluster_arn: str) -> str:
    """
    Name of the run that will see what is asked for now: a new one, or the one under way.

    A holder that was never started is started; one that ended without giving the lease up,
    because it failed, loses it.
    """
    requested = table.add_request(cluster_arn)
    run = run_name(ClusterArn.parse(cluster_arn), requested)
    holder = table.take_lease(cluster_arn, run).holder or run
    if not runs.start(holder, cluster_arn):
        holder = table.take_lease(cluster_arn, run, dead=holder).holder or run
        runs.start(holder, cluster_arn)
    logger.info("run requested", cluster=cluster_arn, requested=requested, holder=holder)
    return holder


def _refuse(refusal: Refusal, **facts: str) -> None:
    logger.warning("client refused", refusal=refusal.model_dump(mode="json"), facts=facts)
    telling.client_refused(refusal, **facts)
