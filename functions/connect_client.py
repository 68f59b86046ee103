"""Task state ConnectClient: create the connections that one client account lacks."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink import clock
from msklink.aws import dynamodb, ec2, msk_clusters, msk_vpc_connections
from msklink.aws.errors import transient_faults_named
from msklink.aws.session import client_refusals, client_session
from msklink.connections import lifecycle, survey, vpc_connection
from msklink.connections.record import ConnectionRecord, State
from msklink.connections.vpc_connection import VpcConnection
from msklink.errors import Refused
from msklink.runs.task_input import ClientTask
from msklink.services import drift_repair, managed_groups
from msklink.services.connection_creation import create_or_hold
from msklink.services.connection_updates import record_changes
from msklink.settings import settings

if TYPE_CHECKING:
    from mypy_boto3_kafka import KafkaClient

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="run")
@event_parser
@transient_faults_named
def handler(event: ClientTask, context: LambdaContext) -> dict[str, int]:
    now = clock.now()
    known = dynamodb.connections(event.cluster_arn, event.account)
    wanted = [record for record in known if record.is_pursued]
    well: list[str] = []
    try:
        records: Iterable[ConnectionRecord] = _connect(event, wanted)
        well = [lifecycle.connection_history_item(record) for record in records if record.is_live]
    except Refused as error:
        records = survey.account_refused(
            event.cluster_arn, event.account, error.refusal, known, now
        )
    changed = record_changes(known, records, event.run, now)
    drift_repair.mark_resolved(event.cluster_arn, well)
    return {"changed": len(changed)}


def _connect(event: ClientTask, wanted: list[ConnectionRecord]) -> list[ConnectionRecord]:
    """Each of *wanted* with its connection: found, or created, or refused by MSK."""
    account = event.client(settings().namespace)
    session = client_session(account, account.connecting(event.cluster.name), event.run)
    with client_refusals(account):
        msk = msk_clusters.client(session)
        listed = msk_vpc_connections.list_connections(msk)
        found = {record.item: vpc_connection.find_connection(record, listed) for record in wanted}
        groups = managed_groups.ensure_groups(event, ec2.client(session), wanted)
        placed = [managed_groups.assign_group(record, groups) for record in wanted]
        refused = [one for one in placed if one.state is State.REFUSED and not one.connection_arn]
        fit = (record for record in placed if record not in refused)
        return refused + [_bring(event, msk, record, found[record.item]) for record in fit]


def _bring(
    event: ClientTask,
    msk: "KafkaClient",
    record: ConnectionRecord,
    connection: VpcConnection | None,
) -> ConnectionRecord:
    """*record* with its connection, which is made anew where others have changed it."""
    if (
        connection
        and connection.state == vpc_connection.REJECTED
        and record.state is not State.PLANNED
    ):
        return lifecycle.adopt(record, connection)
    found = lifecycle.connection_drift(record, connection)
    if found and (refusal := drift_repair.repair_refusal(event.cluster_arn, found)):
        return record.with_(state=State.FAILED, refusal=refusal)
    if found:
        drift_repair.record_attempt(event.cluster_arn, event.run, found)
    return _take(msk, record, connection) if connection else create_or_hold(msk, record)


def _take(
    msk: "KafkaClient", record: ConnectionRecord, connection: VpcConnection
) -> ConnectionRecord:
    """*record* with the connection that is there; a dead one of ours is deleted first."""
    if connection.state in vpc_connection.DEAD_STATES and msk_vpc_connections.is_ours(
        msk, connection.arn, settings().stack_name
    ):
        msk_vpc_connections.delete_connection(msk, connection.arn)
        logger.info("dead connection deleted", connection=connection.arn, state=connection.state)
        connection = replace(connection, state=vpc_connection.DELETING)
    return lifecycle.adopt(record, connection)
