"""Admit or refuse what an event requests; the event only triggers a run, which reads all again."""

from dataclasses import dataclass

from aws_lambda_powertools import Logger

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
    Trigger,
)
from msklink.services import notifications
from msklink.settings import settings
from msklink.tags import is_account_id

logger = Logger(child=True)


@dataclass(frozen=True)
class Installation:
    """The function that receives events; its ARN gives our account and Region."""

    function_arn: str
    session_name: str
    """The role session name, which CloudTrail logs in client accounts."""

    @property
    def place(self) -> list[str]:
        """Return Region and account."""
        return self.function_arn.split(":")[3:5]


def clusters_to_run(trigger: Trigger, installation: Installation) -> list[str]:
    """Return the ARN of the cluster that needs a run for *trigger*; none where it is refused."""
    match trigger:
        case ClusterChanged(cluster_arn):
            return [cluster_arn]
        case ClientChanged():
            return _admit(trigger, installation)
        case AccessBoundsChanged(cluster_name):
            return _managed_cluster(cluster_name, installation)
        case InvalidRequest(account, cluster, refusal):
            _refuse(installation, account, cluster, refusal)
            return []


def _admit(change: ClientChanged, installation: Installation) -> list[str]:
    """Return the ARN of the cluster that needs a run now; none where the client is refused."""
    cluster = _find_cluster(change.cluster, installation)
    if isinstance(cluster, Refusal):
        _refuse(installation, change.account, change.cluster, cluster, vpc_id=change.vpc_id)
        return []
    cluster_arn = cluster.arn.text
    if refused := admission_refusal(cluster, change.account, settings().namespace):
        facts = {"vpc_id": change.vpc_id, "cluster_arn": cluster_arn}
        _refuse(installation, change.account, cluster.arn.name, refused, **facts)
        return []
    _save(change, cluster_arn)
    return [cluster_arn]


def _managed_cluster(cluster_name: str, installation: Installation) -> list[str]:
    """Return the ARN of the cluster, if there is one that is opted in."""
    cluster = _find_cluster(cluster_name, installation)
    if isinstance(cluster, Refusal) or not cluster.is_managed(settings().namespace):
        return []
    return [cluster.arn.text]


def _find_cluster(name_or_arn: str, installation: Installation) -> ClusterDescription | Refusal:
    """Return the one cluster of this account and Region that has this name or ARN."""
    msk = msk_clusters.client()
    arn = ClusterArn.find(name_or_arn)
    region_and_account = installation.place
    found = []
    if arn and [arn.region, arn.account] == region_and_account:
        found = [arn.text]
    elif is_cluster_name(name_or_arn):
        found = msk_clusters.find_clusters(msk, name_or_arn)
    owner = region_and_account[1]
    if len(found) > 1:
        arns = ", ".join(sorted(found))
        return refuse(Code.CLUSTER_AMBIGUOUS, cluster=name_or_arn, owner=owner, arns=arns)
    cluster = msk_clusters.describe_cluster(msk, found[0]) if found else None
    return cluster or refuse(Code.CLUSTER_NOT_FOUND, cluster=name_or_arn, owner=owner)


def _save(change: ClientChanged, cluster_arn: str) -> None:
    """Save the request unless a later one is recorded; a late event needs a run all the same."""
    now = clock.now()
    for request in client_requests.read_client_requests(change, cluster_arn, now):
        if not dynamodb.save_if_latest(request, now):
            logger.info(
                "older than what is recorded", item=request.item, requested=request.requested_at
            )


def _refuse(
    installation: Installation, account: str, cluster: str, refusal: Refusal, **facts: str
) -> None:
    """Publish the refusal on the bus and, where the account has our role, in its status."""
    notifications.client_refused(refusal, account=account, **facts)
    arn = ClusterArn.find(cluster)
    name = arn.name if arn else cluster
    if not (is_account_id(account) and is_cluster_name(name)):
        return
    client = ClientAccount.beside(installation.function_arn, account, settings().namespace)
    try:
        _write_status(client, name, refusal, installation.session_name)
    except CLIENT_ERRORS as error:
        logger.info("not shown to the client", account=account, error=str(error))


def _write_status(
    client: ClientAccount, cluster_name: str, refusal: Refusal, session_name: str
) -> None:
    """Add the refusal to the cluster's status in the client account."""
    session = client_session(client, client.publishing(cluster_name), session_name)
    parameters = ParameterSet(session, cluster_name)
    parameters.write_status(status.with_refusal(parameters.status, refusal), clock.now())
