"""Task state InspectConnections: read the states of all connections of the cluster in one call."""

from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger

from msklink import clock, endpoints, strangers, telling
from msklink import connections as rules
from msklink.aws import kafka, table
from msklink.aws.errors import refusals_of_aws
from msklink.cluster import Move
from msklink.errors import Refused
from msklink.recording import record_changes
from msklink.records import Brokers, Connection, State
from msklink.records import Cluster as Record
from msklink.survey import ClusterFacts
from msklink.task_state import task
from msklink.tasks import Survey, Task

logger = Logger()


class Inspection(Task):
    waited_seconds: int
    surveys: tuple[Survey, ...]
    facts: ClusterFacts


@task
def handler(event: Inspection) -> dict[str, Any]:
    known, now = table.connections(event.cluster_arn), clock.now()
    try:
        with refusals_of_aws():
            return _inspect(event, known, now)
    except Refused as error:
        telling.cluster_refused(event.cluster_arn, event.run, error.refusal)
        records = [rules.refuse_unready(record, error.refusal) for record in known]
        record_changes(known, records, event.run, now)
        brokers = table.read_cluster(event.cluster_arn).brokers
        return _publish(event, known, brokers)


def _inspect(event: Inspection, known: list[Connection], now: datetime) -> dict[str, Any]:
    listed = kafka.client_connections(kafka.client(), event.cluster_arn)
    states = {connection.arn: connection.state for connection in listed}
    records = rules.observe_all(known, states, event.waited_seconds, now)
    changed = record_changes(known, records, event.run, now)
    again = rules.to_connect_again(known, records)
    pending = [record for record in records if record.state is State.CONNECTING]
    logger.info("connections inspected", pending=len(pending), changed=len(changed))
    if any(record.hold and record.hold.is_cluster for record in pending):
        return {"move": Move.INSPECT, "bootstrap_brokers": {}}
    if again:
        return {"move": Move.CONNECT, "accounts": again, "bootstrap_brokers": {}}
    if pending:
        return {"move": Move.WAIT, "wait_seconds": rules.WAIT_SECONDS, "bootstrap_brokers": {}}
    accounts = {survey.account for survey in event.surveys} | {one.account for one in known}
    cluster = table.read_cluster(event.cluster_arn)
    accounts |= cluster.vendors.keys()
    strangers.look(event.cluster_arn, event.run, rules.strange(listed, accounts), cluster)
    return _publish(event, records, _brokers(event, cluster))


def _publish(event: Inspection, records: list[Connection], brokers: Brokers) -> dict[str, Any]:
    accounts = {record.account for record in records} - {event.cluster.account}
    return {
        "move": Move.PUBLISH,
        "accounts": sorted(accounts),
        "bootstrap_brokers": brokers.strings,
    }


def _brokers(event: Inspection, record: Record) -> Brokers:
    """The brokers to publish, which are remembered before anybody is told of them."""
    msk = kafka.client()
    found = kafka.bootstrap_brokers(msk, event.cluster_arn)
    ids = kafka.broker_ids(msk, event.cluster_arn) if record.brokers.strings else None
    brokers = endpoints.lasting(record.brokers, found, event.facts.brokers, ids)
    if brokers != record.brokers:
        table.note_brokers(event.cluster_arn, brokers)
        logger.info("brokers chosen", of=brokers.of, brokers=brokers.strings)
    return brokers
