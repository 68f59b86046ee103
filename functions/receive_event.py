"""Turns an event into a request for a run, and starts the run if none is under way."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink import clock
from msklink.arns import ClusterArn, is_cluster_name
from msklink.aws import dynamodb, msk_clusters
from msklink.aws.session import CLIENT_ERRORS, client_session
from msklink.aws.ssm import ParameterSet
from msklink.client_role import ClientAccount
from msklink.cluster.admission import admission_refusal
from msklink.cluster.description import ClusterDescription
from msklink.parameters import status
from msklink.refusals import Code, Refusal, refuse
from msklink.requests import client_requests
from msklink.requests.inbound_events import (
    AccessBoundsChanged,
    ClientChanged,
    ClusterChanged,
    InvalidRequest,
    read_event,
)
from msklink.services import lease, notifications
from msklink.settings import settings
from msklink.tags import is_account_id

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="id")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[str]]:
    clusters: list[str] = []
    for hint in read_event(event, settings().namespace):
        match hint:
            case ClusterChanged(cluster_arn):
                clusters.append(cluster_arn)
            case ClientChanged():
                clusters += _admit(hint, context)
            case AccessBoundsChanged(cluster_name):
                clusters += _managed(cluster_name, context)
            case InvalidRequest(account, cluster, refusal):
                _refuse(context, account, cluster, refusal)
    return {"runs": [_run(cluster_arn) for cluster_arn in clusters]}


def _run(cluster_arn: str) -> str:
    run = lease.request_run(cluster_arn)
    logger.info("run requested", cluster=cluster_arn, holder=run)
    return run


def _admit(hint: ClientChanged, context: LambdaContext) -> list[str]:
    """ARN of the cluster that needs a run now; none when the client is refused."""
    cluster = _find_cluster(hint.cluster, context)
    if isinstance(cluster, Refusal):
        _refuse(context, hint.account, hint.cluster, cluster, vpc_id=hint.vpc_id)
        return []
    cluster_arn = cluster.arn.text
    if refused := admission_refusal(cluster, hint.account, settings().namespace):
        facts = {"vpc_id": hint.vpc_id, "cluster_arn": cluster_arn}
        _refuse(context, hint.account, cluster.arn.name, refused, **facts)
        return []
    _record(hint, cluster_arn)
    return [cluster_arn]


def _managed(cluster_name: str, context: LambdaContext) -> list[str]:
    """Return the ARN of the cluster, if there is one that is opted in."""
    cluster = _find_cluster(cluster_name, context)
    if isinstance(cluster, Refusal) or not cluster.is_managed(settings().namespace):
        return []
    return [cluster.arn.text]


def _find_cluster(name_or_arn: str, context: LambdaContext) -> ClusterDescription | Refusal:
    """The one cluster of this account and Region that is meant."""
    msk = msk_clusters.client()
    arn = ClusterArn.find(name_or_arn)
    here = context.invoked_function_arn.split(":")[3:5]
    found = []
    if arn and [arn.region, arn.account] == here:
        found = [arn.text]
    elif is_cluster_name(name_or_arn):
        found = msk_clusters.find_clusters(msk, name_or_arn)
    if len(found) > 1:
        arns = ", ".join(sorted(found))
        return refuse(Code.CLUSTER_AMBIGUOUS, cluster=name_or_arn, owner=here[1], arns=arns)
    cluster = msk_clusters.describe_cluster(msk, found[0]) if found else None
    return cluster or refuse(Code.CLUSTER_NOT_FOUND, cluster=name_or_arn, owner=here[1])


def _record(hint: ClientChanged, cluster_arn: str) -> None:
    """Keep what was asked for by event; a run is of use even where it comes late, as any hint."""
    now = clock.now()
    for word in client_requests.read_client_requests(hint, cluster_arn, now):
        if not dynamodb.save_if_latest(word, now):
            logger.info("older than what is recorded", item=word.item, requested=word.requested_at)


def _refuse(
    context: LambdaContext, account: str, cluster: str, refusal: Refusal, **facts: str
) -> None:
    """Tell it on the bus and, where the client team has our role, in its status as well."""
    told = {"account": account, **facts}
    logger.warning("client refused", refusal=refusal.model_dump(mode="json"), facts=told)
    notifications.client_refused(refusal, **told)
    arn = ClusterArn.find(cluster)
    name = arn.name if arn else cluster
    if not (is_account_id(account) and is_cluster_name(name)):
        return
    client = ClientAccount.beside(context.invoked_function_arn, account, settings().namespace)
    try:
        _show(client, name, refusal, context.aws_request_id)
    except CLIENT_ERRORS as trouble:
        logger.info("not shown to the client", account=account, trouble=str(trouble))


def _show(client: ClientAccount, cluster_name: str, refusal: Refusal, session_name: str) -> None:
    """Write the refusal into the status, beside what that says already."""
    session = client_session(client, client.publishing(cluster_name), session_name)
    parameters = ParameterSet(session, cluster_name)
    parameters.write_status(status.with_refusal(parameters.status, refusal), clock.now())
