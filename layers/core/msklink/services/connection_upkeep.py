"""Ensure the connections of one client account: find, create, replace or delay each."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from msklink import clock
from msklink.aws import dynamodb, ec2, msk_clusters, msk_vpc_connections
from msklink.aws.session import client_refusals, client_session
from msklink.cluster.description import BUSY_STATES
from msklink.connections import lifecycle, vpc_connection, wanted_connections
from msklink.connections.record import ConnectionRecord, CreationDelay, State
from msklink.connections.vpc_connection import VpcConnection
from msklink.errors import NotYet, Refused
from msklink.runs.task_input import ClientTask
from msklink.services import managed_groups, repair_decisions
from msklink.services.connection_changes import report_and_record
from msklink.settings import settings

if TYPE_CHECKING:
    from mypy_boto3_kafka import KafkaClient

logger = Logger(child=True)


def connect_account(task: ClientTask) -> list[ConnectionRecord]:
    """
    Ensure the connections of one client account, and return the records that changed.

    A refusal of the whole account is recorded; the run goes on with other accounts.
    """
    now = clock.now()
    known = dynamodb.connections(task.cluster_arn, task.account)
    wanted = [record for record in known if record.is_pursued]
    resolved: list[str] = []
    try:
        records: Iterable[ConnectionRecord] = _connect(task, wanted)
        resolved = [lifecycle.connection_history_item(one) for one in records if one.is_live]
    except Refused as error:
        records = wanted_connections.with_account_refusal(
            task.cluster_arn, task.account, error.refusal, known, now
        )
    changed = report_and_record(known, records, task.run, now)
    repair_decisions.mark_resolved(task.cluster_arn, resolved)
    return changed


def _connect(task: ClientTask, wanted: list[ConnectionRecord]) -> list[ConnectionRecord]:
    """Return each of *wanted* with its connection: found, created, or refused by MSK."""
    account = task.client(settings().namespace)
    session = client_session(account, account.connecting(task.cluster.name), task.run)
    with client_refusals(account):
        msk = msk_clusters.client(session)
        listed = msk_vpc_connections.list_connections(msk)
        found = {record.item: vpc_connection.find_connection(record, listed) for record in wanted}
        groups = managed_groups.create_or_repair_groups(task, ec2.client(session), wanted)
        placed = [managed_groups.assign_group(record, groups) for record in wanted]
        refused = [one for one in placed if one.state is State.REFUSED and not one.connection_arn]
        creatable = (record for record in placed if record not in refused)
        return refused + [_ensure(task, msk, one, found[one.item]) for one in creatable]


def _ensure(
    task: ClientTask,
    msk: "KafkaClient",
    record: ConnectionRecord,
    connection: VpcConnection | None,
) -> ConnectionRecord:
    """Return *record* with its connection, which is created again where others have deleted it."""
    if (
        connection
        and connection.state == vpc_connection.REJECTED
        and record.state is not State.PLANNED
    ):
        return lifecycle.adopt(record, connection)
    found = lifecycle.connection_drift(record, connection)
    if found:
        repair = repair_decisions.decide_repair(task.cluster_arn, found)
        if repair.refusal:
            repair.record_unrepaired()
            return record.with_(state=State.FAILED, refusal=repair.refusal)
        repair.record_attempt(task.run)
    return _adopt(msk, record, connection) if connection else _create_or_delay(msk, record)


def _adopt(
    msk: "KafkaClient", record: ConnectionRecord, connection: VpcConnection
) -> ConnectionRecord:
    """Return *record* with the existing connection; delete a dead one that MSKLink created."""
    if connection.state in vpc_connection.DEAD_STATES and msk_vpc_connections.is_ours(
        msk, connection.arn, settings().stack_name
    ):
        msk_vpc_connections.delete_connection(msk, connection.arn)
        logger.info("dead connection deleted", connection=connection.arn, state=connection.state)
        connection = replace(connection, state=vpc_connection.DELETING)
    return lifecycle.adopt(record, connection)


def _create_or_delay(msk: "KafkaClient", record: ConnectionRecord) -> ConnectionRecord:
    """
    Return *record* with its new connection, delayed, or refused by MSK.

    Raises the last error of MSK where MSK denies the call for longer than a policy needs to apply.
    """
    try:
        connection = msk_vpc_connections.create_connection(msk, record, settings().stack_name)
    except NotYet as error:
        delayed = lifecycle.delay_creation(record, clock.now(), error.longest)
        if delayed is None:
            raise error.final from error
        logger.info("connection not made yet", item=record.item, error=str(error))
        return delayed
    except Refused as error:
        # botocore's retry after a lost answer may be refused as a second connection.
        if made := vpc_connection.find_connection(
            record, msk_vpc_connections.list_connections(msk)
        ):
            return lifecycle.adopt(record, made)
        if _is_busy(record.cluster_arn):
            now = clock.now()
            delay = CreationDelay(since=now, tried=now, cluster_is_busy=True)
            return record.with_(state=State.CONNECTING, refusal=None, delay=delay)
        return record.with_(state=State.REFUSED, refusal=error.refusal, delay=None)
    logger.info("connection created", connection=connection.arn, item=record.item)
    return lifecycle.adopt(record, connection)


def _is_busy(cluster_arn: str) -> bool:
    """Return whether the cluster is being changed: MSK's error text for that is not known."""
    cluster = msk_clusters.describe_cluster(msk_clusters.client(), cluster_arn)
    return cluster is not None and cluster.state in BUSY_STATES
