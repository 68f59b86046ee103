"""Connections of accounts that are not on the list of the cluster: told of, or rejected."""

from collections.abc import Collection

from msklink import telling
from msklink.aws import kafka, table
from msklink.connections import ClientConnection
from msklink.refusals import Code, refuse
from msklink.settings import settings


def look(
    cluster_arn: str, run: str, strange: Collection[ClientConnection], told: Collection[str]
) -> None:
    """Tell the owner of the *strange* ones, but for those that were *told* of."""
    arns = {connection.arn for connection in strange}
    for connection in strange:
        if connection.arn not in told:
            refusal = refuse(
                Code.UNKNOWN_CONNECTION,
                account=connection.account,
                connection_arn=connection.arn,
                key=f"{settings().namespace}/clients",
            )
            telling.stranger_seen(cluster_arn, run, refusal, connection)
        if settings().reject_unknown and connection.state == "AVAILABLE":
            _reject(cluster_arn, connection)
    if arns != set(told):
        table.note_strangers(cluster_arn, arns)


def _reject(cluster_arn: str, connection: ClientConnection) -> None:
    """Services of AWS connect for their users; who is not known for a user's account may be one."""
    msk = kafka.client()
    if kafka.made_by_account(msk, cluster_arn, connection.arn):
        kafka.reject_connection(msk, cluster_arn, connection.arn)
