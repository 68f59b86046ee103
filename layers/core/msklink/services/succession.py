"""Decide which cluster a name belongs to: a cluster that MSK no longer knows gives up its name.

Only one cluster of an account and Region has a name at a time (MSK API reference, CreateCluster:
409 Conflict). A second cluster of that name therefore proves that the first is gone for good.

Each run writes what its own cluster has. The run of the cluster that has the name now claims the
parameters, which bear the name in client accounts. The run of the deleted cluster removes that
cluster's connections.
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
    Return whether MSK no longer knows *other*, a cluster with the name and place of *cluster*.

    False for a cluster in another account or Region, which cannot be checked from here.
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
    """Return the opted-in cluster that has the name of the deleted *cluster*."""
    for arn in run_state.namesakes(cluster):
        found = msk_clusters.describe_cluster(msk_clusters.client(), arn)
        if found and found.is_managed(settings().namespace):
            return found
    return None


def take_over_requests(cluster: ClusterArn, accounts: Collection[str]) -> None:
    """
    Copy to *cluster* the requests of *accounts* to deleted clusters of its name.

    The runs of those clusters remove what was made for them, so that each record has one writer.
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
        remaining = (one for one in dynamodb.connections(gone) if one.account in accounts)
        if not all(is_replaced(one) for one in remaining):
            lease.request_run(gone)


def vpcs_in_use(cluster: ClusterArn, account: str, now: datetime) -> set[str]:
    """Return the VPCs of *account* where another cluster of the name keeps a connection."""
    return {
        record.vpc_id
        for arn in run_state.namesakes(cluster)
        for record in dynamodb.connections(arn, account)
        if record.may_exist and not record.is_due(now)
    }
