"""Reject connections of unreachable client accounts from the owner's side."""

from collections.abc import Mapping

from msklink import clock
from msklink.aws import dynamodb, msk_clusters
from msklink.connections import offboarding
from msklink.connections.record import ConnectionRecord
from msklink.connections.vpc_connection import AVAILABLE, ClientConnection
from msklink.refusals import Code, refuse
from msklink.runs.task_input import Task
from msklink.services import notifications


def listed_connections(cluster_arn: str) -> dict[str, ClientConnection]:
    """Return every connection to the cluster, by ARN."""
    listed = msk_clusters.client_connections(msk_clusters.client(), cluster_arn)
    return {connection.arn: connection for connection in listed}


def cut_off(task: Task, record: ConnectionRecord, listed: Mapping[str, ClientConnection]) -> None:
    """
    Reject the connection of *record*, if it is among *listed*.

    Its grant is revoked by now, so the client cannot create another. Where the cluster is gone, it
    cannot be known whether the connection exists; its record is deleted in the end.
    """
    if record.refusal and offboarding.is_orphaned(record, clock.now()):
        dynamodb.delete_record(record)
        return
    arn, reason = record.connection_arn or "", record.removal_reason
    if arn not in listed and not offboarding.is_of_gone_cluster(record):
        notifications.client_offboarded(record, task.run, reason)
        dynamodb.delete_record(record)
    elif not record.refusal:
        if arn in listed and listed[arn].state == AVAILABLE:
            msk_clusters.reject_connection(msk_clusters.client(), task.cluster_arn, arn)
        refusal = refuse(
            Code.CLIENT_UNREACHABLE,
            account=record.account,
            connection_arn=arn,
            problem=record.failure,
        )
        notifications.client_offboarded(record, task.run, refusal)
        dynamodb.save(record.with_(refusal=refusal), clock.now())
