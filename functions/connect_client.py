"""Task state ConnectClient: create the connections that one client account lacks."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink import clock, network, repairing, survey
from msklink import connections as rules
from msklink.aws import ec2, kafka, security_groups, table, vpc_connections
from msklink.aws.session import in_client, in_the_name_of
from msklink.connection_creation import create
from msklink.connections import VpcConnection
from msklink.errors import Refused
from msklink.recording import record_changes
from msklink.records import Connection, State
from msklink.settings import settings
from msklink.tags import client_key
from msklink.tasks import ClientTask

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_kafka import KafkaClient

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="run")
@event_parser
def handler(event: ClientTask, context: LambdaContext) -> dict[str, int]:
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
        groups = _managed_groups(event, ec2.client(session), wanted)
        placed = (_place(record, groups) for record in wanted)
        return [_bring(event, msk, record, found[record.item]) for record in placed]


def _place(record: Connection, groups: Mapping[str, str]) -> Connection:
    """*record* with the managed group of its VPC, where people have named none."""
    if record.security_group_ids or record.vpc_id not in groups:
        return record
    return record.with_(security_group_ids=(groups[record.vpc_id],))


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


def _managed_groups(
    event: ClientTask, vpcs: "EC2Client", wanted: Iterable[Connection]
) -> dict[str, str]:
    """
    The managed security group of each VPC that needs one or has one, by VPC, put in shape.

    One serves all schemes of a VPC, and is there as long as a connection uses it.
    """
    namespace, stack_name = settings().namespace, settings().stack_name
    key = client_key(namespace, event.cluster.name)
    read = ec2.read_vpcs(vpcs, event.account, {one.vpc_id for one in wanted}, key, stack_name)
    bare = {one.vpc_id for one in wanted if not one.security_group_ids}
    groups, well = {}, []
    for vpc_id, vpc in read.items():
        group = vpc.managed_group
        is_used = any(record.was_there for record in wanted if record.vpc_id == vpc_id)
        found = network.drifted(vpc) if is_used else None  # a new one may be half made
        refusal = repairing.why_not(event.cluster_arn, found) if found else None
        if group and found and refusal:
            repairing.leave_alone(event.cluster_arn, event.run, found, refusal)
            groups[vpc_id] = group.id
            continue
        if found:
            repairing.begin(event.cluster_arn, event.run, found)
        if group or vpc_id in bare:
            groups[vpc_id] = security_groups.ensure_group(
                vpcs, vpc, namespace, event.cluster.name, stack_name
            )
            well.append(network.memory_of(vpc))
    repairing.settle(event.cluster_arn, well)
    return groups
