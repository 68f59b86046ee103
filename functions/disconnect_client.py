"""Task state DisconnectClient: take away what one client account is not to have any more."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from msklink import clock, offboarding, status, succession, telling
from msklink.aws import ec2, kafka, memories, security_groups, table, vpc_connections
from msklink.aws.session import in_client, in_the_name_of
from msklink.aws.ssm import ParameterSet
from msklink.errors import Refused
from msklink.recording import record_changes
from msklink.records import Connection, State
from msklink.refusals import Code, refuse
from msklink.settings import settings
from msklink.tags import client_key
from msklink.task_state import task
from msklink.tasks import ClientTask

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

logger = Logger()

Records = list[Connection]


@task
def handler(event: ClientTask) -> dict[str, object]:
    now = clock.now()
    known = table.connections(event.cluster_arn, event.account)
    due = [record for record in known if record.is_due(now)]
    staying = [one for one in known if one.scheme and not one.is_due(now)]
    try:
        # Where a run is redriven that died at the end of this step, nothing is due any more.
        pending = _disconnect(event, due, staying, now) if due else []
    except Refused as error:
        pending = []
        failed = {"state": State.ABANDONED, "failure": error.refusal.message}
        record_changes(due, [record.with_(**failed) for record in due], event.run, now)
    logger.info("client disconnected", account=event.account, pending=[one.item for one in pending])
    return {"account": event.account, "pending": bool(pending)}


def _disconnect(event: ClientTask, due: Records, staying: Records, now: datetime) -> Records:
    """
    Those of *due* that are not gone yet.

    In the order in which an application should notice: parameters, connection, security group.
    """
    account = event.client(settings().namespace)
    session = in_client(account, account.disconnecting(event.cluster.name), event.run)
    closing = [record.with_(state=State.CLOSING, refusal=None, failure=None) for record in due]
    with in_the_name_of(account):
        # The owner's own set is a summary of all clients, which PublishSummary writes.
        parameters = ParameterSet(session, event.cluster.name)
        replaced = any(offboarding.is_replaced(record) for record in due)
        is_owner = event.account == event.cluster.account
        ours = not (is_owner or replaced or parameters.taken(event.cluster))
        if ours:
            kept = {record.scheme for record in staying if record.live}
            parameters.withdraw({one.scheme for one in due if one.scheme} - kept)
            parameters.show(status.describe(event.cluster_arn, [*staying, *closing]), now)
        msk = kafka.client(session)
        listed = vpc_connections.list_connections(msk)
        name = settings().stack_name
        closing = [
            vpc_connections.close_connection(msk, record, listed, name) for record in closing
        ]
        in_use = _delete_groups(event, ec2.client(session), closing, staying, now)
        # The successor claims the name; if there is none after all, the next run withdraws it.
        is_claimed = not replaced or parameters.owner != event.cluster_arn
        gone = [one for one in closing if _is_gone(one, in_use, now, is_claimed=is_claimed)]
        pending = [one for one in closing if one not in gone]
        record_changes(due, pending, event.run, now)
        if gone and ours:
            _show_gone(event, parameters, gone, [*staying, *pending], now)
    if ours:
        memories.note_withdrawn(event.cluster_arn, event.account, parameters.digests)
    for record in gone:
        _tell_gone(event, record, in_use)
    return pending


def _delete_groups(
    event: ClientTask, vpcs: "EC2Client", closing: Records, staying: Records, now: datetime
) -> dict[str, str]:
    """
    Delete the managed groups that serve nobody any more; those in use still, by VPC.

    One that another cluster of the name uses is that cluster's now.
    """
    leaving = {one.vpc_id for one in closing if one.vpc_id}
    leaving -= {one.vpc_id for one in staying if one.may_exist}
    leaving -= {one.vpc_id for one in closing if one.connection_state}
    if leaving:
        leaving -= succession.vpcs_in_use(event.cluster, event.account, now)
    if not leaving:
        return {}
    key = client_key(settings().namespace, event.cluster.name)
    groups = security_groups.managed_groups(vpcs, key, settings().stack_name)
    if groups is None:
        return dict.fromkeys(leaving, "which nobody could look for")
    return {
        vpc_id: group
        for vpc_id, group in groups.items()
        if vpc_id in leaving and not security_groups.delete_group(vpcs, group)
    }


def _is_gone(
    record: Connection, in_use: dict[str, str], now: datetime, *, is_claimed: bool
) -> bool:
    is_free = record.vpc_id not in in_use and is_claimed
    is_free = is_free or offboarding.may_give_up(record, now)
    return not record.connection_state and is_free


def _show_gone(
    event: ClientTask,
    parameters: ParameterSet,
    gone: Records,
    remaining: Sequence[Connection],
    now: datetime,
) -> None:
    """Leave the reason in the status; of a cluster that is gone nothing is to stay."""
    reasons = [record.reason_to_leave for record in gone if record.reason_to_leave]
    if not remaining and any(one.code is Code.CLUSTER_NOT_FOUND for one in reasons):
        parameters.withdraw_all()
    else:
        parameters.show(status.offboarded(event.cluster_arn, remaining, reasons[0]), now)


def _tell_gone(event: ClientTask, record: Connection, in_use: dict[str, str]) -> None:
    refusal = record.reason_to_leave
    if group := in_use.get(record.vpc_id):
        refusal = refuse(Code.SECURITY_GROUP_IN_USE, group=group, vpc_id=record.vpc_id)
    if record.scheme:
        telling.client_offboarded(record, event.run, refusal)
    table.forget(record)
