"""Inspect all connections of a cluster, and choose the brokers to publish."""

from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger

from msklink import clock
from msklink.aws import cluster_item, dynamodb, msk_clusters
from msklink.aws.errors import aws_refusals
from msklink.cluster.next_move import Move
from msklink.connections import lifecycle, vpc_connection
from msklink.connections.record import ConnectionRecord, State
from msklink.errors import Refused
from msklink.parameters.brokers import choose_brokers
from msklink.runs.cluster_record import ClusterRecord, PublishedBrokers
from msklink.runs.task_input import ConnectionInspection
from msklink.services import connectivity, notifications, unknown_connections
from msklink.services.connection_changes import report_and_record

logger = Logger(child=True)


def inspect(task: ConnectionInspection) -> dict[str, Any]:
    """
    Record the state of each connection, deal with unknown ones, and choose the brokers to publish.

    Returns what the run does next. One list of the owner has all connections, a hundred in a call.
    """
    known, now = dynamodb.connections(task.cluster_arn), clock.now()
    try:
        with aws_refusals():
            return _inspect(task, known, now)
    except Refused as error:
        notifications.cluster_refused(task.cluster_arn, task.run, error.refusal)
        records = [lifecycle.refuse_unready(record, error.refusal) for record in known]
        report_and_record(known, records, task.run, now)
        brokers = cluster_item.read_cluster(task.cluster_arn).brokers
        return _move_to_publish(task, known, brokers)


def _inspect(
    task: ConnectionInspection, known: list[ConnectionRecord], now: datetime
) -> dict[str, Any]:
    msk = msk_clusters.client()
    cluster = msk_clusters.describe_cluster(msk, task.cluster_arn)
    if cluster and connectivity.change_terms(cluster).freeze:
        return {"move": Move.INSPECT, "bootstrap_brokers": {}}  # HoldChanges reports what waits
    listed = msk_clusters.client_connections(msk, task.cluster_arn)
    states = {connection.arn: connection.state for connection in listed}
    records = lifecycle.observe_connections(known, states, task.waited_seconds, now)
    changed = report_and_record(known, records, task.run, now)
    reconnect = lifecycle.accounts_to_reconnect(known, records)
    pending = [record for record in records if record.state is State.CONNECTING]
    logger.info("connections inspected", pending=len(pending), changed=len(changed))
    if any(record.delay and record.delay.cluster_is_busy for record in pending):
        return {"move": Move.INSPECT, "bootstrap_brokers": {}}
    if reconnect:
        return {"move": Move.CONNECT, "accounts": reconnect, "bootstrap_brokers": {}}
    if pending:
        return {"move": Move.WAIT, "wait_seconds": lifecycle.WAIT_SECONDS, "bootstrap_brokers": {}}
    accounts = task.surveyed_accounts | {one.account for one in known}
    record = cluster_item.read_cluster(task.cluster_arn)
    accounts |= record.vendors.keys()
    unknown_connections.handle_unknown_connections(
        task.cluster_arn, task.run, vpc_connection.unknown_connections(listed, accounts), record
    )
    return _move_to_publish(task, records, _choose_brokers(task, record))


def _move_to_publish(
    task: ConnectionInspection, records: list[ConnectionRecord], brokers: PublishedBrokers
) -> dict[str, Any]:
    """Return the move PUBLISH, with the client accounts and the brokers for them."""
    accounts = {record.account for record in records} - {task.cluster.account}
    return {
        "move": Move.PUBLISH,
        "accounts": sorted(accounts),
        "bootstrap_brokers": brokers.strings,
    }


def _choose_brokers(task: ConnectionInspection, record: ClusterRecord) -> PublishedBrokers:
    """Return the brokers to publish; they are recorded before they are published."""
    msk = msk_clusters.client()
    found = msk_clusters.bootstrap_brokers(msk, task.cluster_arn)
    ids = msk_clusters.broker_ids(msk, task.cluster_arn) if record.brokers.strings else None
    brokers = choose_brokers(record.brokers, found, task.facts.brokers, ids)
    if brokers != record.brokers:
        cluster_item.record_brokers(task.cluster_arn, brokers)
        logger.info("brokers chosen", of=brokers.broker_count, brokers=brokers.strings)
    return brokers
