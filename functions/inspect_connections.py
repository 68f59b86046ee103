"""Task state InspectConnections: read the states of all connections of the cluster in one call."""

from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink import clock
from msklink.aws import dynamodb, msk_clusters
from msklink.aws.errors import aws_refusals, transient_faults_named
from msklink.connections import lifecycle, vpc_connection
from msklink.connections.record import ConnectionRecord, State
from msklink.connections.survey import ClusterFacts
from msklink.errors import Refused
from msklink.parameters.brokers import choose_brokers
from msklink.runs.cluster_record import ClusterRecord, PublishedBrokers
from msklink.runs.task_input import Survey, Task
from msklink.services import notifications, unknown_connections
from msklink.services.connection_updates import record_changes

logger = Logger()


class Inspection(Task):
    waited_seconds: int
    surveys: tuple[Survey, ...]
    facts: ClusterFacts


@logger.inject_lambda_context(correlation_id_path="run")
@event_parser
@transient_faults_named
def handler(event: Inspection, context: LambdaContext) -> dict[str, Any]:
    known, now = dynamodb.connections(event.cluster_arn), clock.now()
    try:
        with aws_refusals():
            return _inspect(event, known, now)
    except Refused as error:
        notifications.cluster_refused(event.cluster_arn, event.run, error.refusal)
        records = [lifecycle.refuse_unready(record, error.refusal) for record in known]
        record_changes(known, records, event.run, now)
        brokers = dynamodb.read_cluster(event.cluster_arn).brokers
        return _publish(event, known, brokers)


def _inspect(event: Inspection, known: list[ConnectionRecord], now: datetime) -> dict[str, Any]:
    listed = msk_clusters.client_connections(msk_clusters.client(), event.cluster_arn)
    states = {connection.arn: connection.state for connection in listed}
    records = lifecycle.observe_all(known, states, event.waited_seconds, now)
    changed = record_changes(known, records, event.run, now)
    again = lifecycle.accounts_to_reconnect(known, records)
    pending = [record for record in records if record.state is State.CONNECTING]
    logger.info("connections inspected", pending=len(pending), changed=len(changed))
    if any(record.hold and record.hold.is_cluster for record in pending):
        return {"move": "inspect", "bootstrap_brokers": {}}
    if again:
        return {"move": "connect", "accounts": again, "bootstrap_brokers": {}}
    if pending:
        return {"move": "wait", "wait_seconds": lifecycle.WAIT_SECONDS, "bootstrap_brokers": {}}
    accounts = {survey.account for survey in event.surveys} | {one.account for one in known}
    cluster = dynamodb.read_cluster(event.cluster_arn)
    accounts |= cluster.vendors.keys()
    unknown_connections.handle_unknown_connections(
        event.cluster_arn, event.run, vpc_connection.unknown_connections(listed, accounts), cluster
    )
    return _publish(event, records, _brokers(event, cluster))


def _publish(
    event: Inspection, records: list[ConnectionRecord], brokers: PublishedBrokers
) -> dict[str, Any]:
    accounts = {record.account for record in records} - {event.cluster.account}
    return {
        "move": "publish",
        "accounts": sorted(accounts),
        "bootstrap_brokers": brokers.strings,
    }


def _brokers(event: Inspection, record: ClusterRecord) -> PublishedBrokers:
    """The brokers to publish, which are remembered before anybody is told of them."""
    msk = msk_clusters.client()
    found = msk_clusters.bootstrap_brokers(msk, event.cluster_arn)
    ids = msk_clusters.broker_ids(msk, event.cluster_arn) if record.brokers.strings else None
    brokers = choose_brokers(record.brokers, found, event.facts.brokers, ids)
    if brokers != record.brokers:
        dynamodb.record_brokers(event.cluster_arn, brokers)
        logger.info("brokers chosen", of=brokers.broker_count, brokers=brokers.strings)
    return brokers
