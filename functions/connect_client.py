"""Task state ConnectClient: create the connections that one client account lacks."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from msklink import clock, managed_groups, repairing, survey
from msklink import connections as rules
from msklink.aws import ec2, kafka, table, vpc_connections
from msklink.aws.session import in_client, in_the_name_of
from msklink.connection_creation import create
from msklink.connections import VpcConnection
from msklink.errors import Refused
from msklink.recording import record_changes
from msklink.records import Connection, State
from msklink.settings import settings
from msklink.task_state import task
from msklink.tasks import ClientTask

if TYPE_CHECKING:
    from mypy_boto3_kafka import KafkaClient

logger = Logger()


@task
def handler(event: ClientTask) -> dict[str, int]:
    now = clock.now()
    known = table.connections(event.cluster_arn, event.account)
    wanted = [record for record in known if record.pursued]
    well: list[str] = []
    try:
        records: Iterable[Connection] = _connect(event, wanted)
        well = [rules.memory_of(record) for record in records if record.live]
    except Refused as error:
        records = survey.account_refused(
            event.cluster_arn, event.account, error.refusal, known, now
        )
    changed = record_changes(known, records, event.run, now)
    repairing.settle(event.cluster_arn, well)
    return {"changed": len(changed)}


def _connect(event: ClientTask, wanted: list[Connection]) -> list[Connection]:
    """Each of *wanted* with its connection: found, or created, or refused by MSK."""
    account = event.client(settings().namespace)
    session = in_client(account, account.connecting(event.cluster.name), event.run)
    with in_the_name_of(account):
        msk = kafka.client(session)
        listed = vpc_connections.list_connections(msk)
        found = {record.item: rules.find(record, listed) for record in wanted}
        groups = managed_groups.keep(event, ec2.client(session), wanted)
        placed = [managed_groups.place(record, groups) for record in wanted]
        refused = [one for one in placed if one.state is State.REFUSED and not one.connection_arn]
        fit = (record for record in placed if record not in refused)
        return refused + [_bring(event, msk, record, found[record.item]) for record in fit]


def _bring(
    event: ClientTask,
    msk: "KafkaClient",
    record: Connection,
    connection: VpcConnection | None,
) -> Connection:
    """*record* with its connection, which is made anew where others have changed it."""
    if connection and connection.state == rules.REJECTED and record.state is not State.PLANNED:
        return rules.adopt(record, connection)
    found = rules.drifted(record, connection)
    if found and (refusal := repairing.why_not(event.cluster_arn, found)):
        return record.with_(state=State.FAILED, refusal=refusal)
    if found:
        repairing.begin(event.cluster_arn, event.run, found)
    return _take(msk, record, connection) if connection else create(msk, record)


def _take(msk: "KafkaClient", record: Connection, connection: VpcConnection) -> Connection:
    """*record* with the connection that is there; a dead one of ours is deleted first."""
    if connection.state in rules.DEAD and vpc_connections.is_ours(
        msk, connection.arn, settings().stack_name
    ):
        vpc_connections.delete_connection(msk, connection.arn)
        logger.info("dead connection deleted", connection=connection.arn, state=connection.state)
        connection = replace(connection, state=rules.GOING)
    return rules.adopt(record, connection)
