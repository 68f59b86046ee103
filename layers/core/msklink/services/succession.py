"""Which cluster a name stands for: one that MSK no longer knows gives its name to the next.

Only one cluster of an account and Region has a name at a time (MSK API reference, CreateCluster:
409 Conflict), so that another one of that name is proof that the first is not coming back.

Each run writes what its own cluster has. What bears the name in client accounts, which are the
parameters, is written by the run of the cluster that has the name: it claims it. The run of the one
that is gone takes its connections away.
"""

from collections.abc import Collection
from datetime import datetime

from msklink import clock
from msklink.arns import ClusterArn
from msklink.aws import dynamodb, msk_clusters, run_state
from msklink.cluster.description import ClusterDescription
from msklink.connections.offboarding import is_replaced
from msklink.services import lease
from msklink.settings import settings


def is_replaced_cluster(other: str, cluster: ClusterArn) -> bool:
    """
    Return whether MSK no longer knows *other*, a cluster of the name and place of *cluster*.

    Of a cluster in another account or Region nobody here can tell.
    """
    arn = ClusterArn.find(other)
    if (
        arn is None
        or arn.uuid == cluster.uuid
        or arn._replace(text=cluster.text, uuid=cluster.uuid) != cluster
    ):
        return False
    return msk_clusters.is_gone(msk_clusters.client(), other)


def successor(cluster: ClusterArn) -> ClusterDescription | None:
    """Return the cluster that is opted in and has the name of *cluster*, which is gone."""
    for arn in run_state.namesakes(cluster):
        found = msk_clusters.describe_cluster(msk_clusters.client(), arn)
        if found and found.is_managed(settings().namespace):
            return found
    return None


def take_over_requests(cluster: ClusterArn, accounts: Collection[str]) -> None:
    """
    Take over for *cluster* what *accounts* asked of those that had its name and are gone.

    Their own runs take away what was made for them, so that the table has one writer for each.
    """
    now = clock.now()
    for gone in run_state.namesakes(cluster):
        if not is_replaced_cluster(gone, cluster):
            continue
        for request in dynamodb.client_requests(gone):
            if request.account in accounts:
                dynamodb.save_if_latest(
                    request.model_copy(update={"cluster_arn": cluster.text}), now
                )
        left = (one for one in dynamodb.connections(gone) if one.account in accounts)
        if not all(is_replaced(one) for one in left):
            lease.request_run(gone)


def vpcs_in_use(cluster: ClusterArn, account: str, now: datetime) -> set[str]:
    """Return the VPCs of *account* in which another cluster of the name has something to stay."""
    return {
        record.vpc_id
        for arn in run_state.namesakes(cluster)
        for record in dynamodb.connections(arn, account)
        if record.may_exist and not record.is_due(now)
    }
