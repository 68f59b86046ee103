"""Connections of accounts that are not on the list of the cluster: told of, or rejected."""

from collections.abc import Collection, Set

from msklink.aws import cluster_item, msk_clusters
from msklink.connections.vpc_connection import ClientConnection, rejectable
from msklink.refusals import Code, refuse
from msklink.runs.cluster_record import ClusterRecord
from msklink.services import notifications
from msklink.settings import settings


def handle_unknown_connections(
    cluster_arn: str, run: str, unknown: Collection[ClientConnection], record: ClusterRecord
) -> None:
    """Tell the owner of the *unknown* ones, once, and reject those that may be, if wanted."""
    arns = {connection.arn for connection in unknown}
    for connection in unknown:
        if connection.arn not in record.unknown_connections:
            refusal = refuse(
                Code.UNKNOWN_CONNECTION,
                account=connection.account,
                connection_arn=connection.arn,
                key=f"{settings().namespace}/clients",
            )
            notifications.unknown_connection(cluster_arn, run, refusal, connection)
    exempt = arns.intersection(record.exempt_connections)
    if settings().reject_unknown:
        exempt |= _reject(cluster_arn, {one.arn for one in rejectable(unknown, exempt)})
    if (arns, exempt) != (set(record.unknown_connections), set(record.exempt_connections)):
        cluster_item.record_unknown_connections(cluster_arn, arns, exempt)


def _reject(cluster_arn: str, connection_arns: Set[str]) -> Set[str]:
    """
    Reject the connections but for those that it returns, of which not to be judged again.

    Services of AWS connect for their users; who is not known for a user's account may be one.
    """
    if not connection_arns:
        return connection_arns
    msk = msk_clusters.client()
    of_accounts = msk_clusters.made_by_accounts(msk, cluster_arn, connection_arns)
    for arn in sorted(of_accounts):
        msk_clusters.reject_connection(msk, cluster_arn, arn)
    return connection_arns - of_accounts
