"""Report or reject connections of accounts that are not listed on the cluster."""

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
    """Notify the owner once of each *unknown* connection; reject those that may be, if wanted."""
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
    Reject the connections that accounts made; return the others, which are not judged again.

    AWS services connect on behalf of their users. A connection whose maker is not known to be an
    account may be one of theirs.
    """
    if not connection_arns:
        return connection_arns
    msk = msk_clusters.client()
    of_accounts = msk_clusters.made_by_accounts(msk, cluster_arn, connection_arns)
    for arn in sorted(of_accounts):
        msk_clusters.reject_connection(msk, cluster_arn, arn)
    return connection_arns - of_accounts
