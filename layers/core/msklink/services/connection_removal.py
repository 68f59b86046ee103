"""Remove what a client account should no longer have: parameters, connections, groups."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from msklink import clock
from msklink.aws import (
    dynamodb,
    ec2,
    ec2_security_groups,
    msk_clusters,
    msk_vpc_connections,
    run_state,
)
from msklink.aws.session import client_refusals, client_session
from msklink.aws.ssm import ParameterSet
from msklink.connections import offboarding
from msklink.connections.record import ConnectionRecord, State
from msklink.errors import Refused
from msklink.parameters import status
from msklink.refusals import Code, refuse
from msklink.runs.task_input import ClientTask
from msklink.services import notifications, succession
from msklink.services.connection_changes import report_and_record
from msklink.settings import settings
from msklink.tags import client_key

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

Records = list[ConnectionRecord]

logger = Logger(child=True)


def disconnect_account(task: ClientTask) -> list[ConnectionRecord]:
    """
    Remove what is due in one client account, and return the records that are not gone yet.

    Where the account cannot be reached, the records become ABANDONED; RevokeAccess then rejects
    their connections from the owner's side.
    """
    now = clock.now()
    known = dynamodb.connections(task.cluster_arn, task.account)
    due = [record for record in known if record.is_due(now)]
    staying = [one for one in known if one.scheme and not one.is_due(now)]
    try:
        # Nothing is due where a run failed at the end of this step and is redriven.
        return _disconnect(task, due, staying, now) if due else []
    except Refused as error:
        failed = {"state": State.ABANDONED, "failure": error.refusal.message}
        report_and_record(due, [record.with_(**failed) for record in due], task.run, now)
        return []


def _disconnect(task: ClientTask, due: Records, staying: Records, now: datetime) -> Records:
    """
    Return those of *due* that are not gone yet.

    The order suits applications: first the parameters, then the connection, then the group.
    """
    account = task.client(settings().namespace)
    session = client_session(account, account.disconnecting(task.cluster.name), task.run)
    closing = [record.with_(state=State.CLOSING, refusal=None, failure=None) for record in due]
    with client_refusals(account):
        # PublishSummary writes the owner's own parameters, a summary of all clients.
        parameters = ParameterSet(session, task.cluster.name)
        replaced = any(offboarding.is_replaced(record) for record in due)
        is_owner = task.account == task.cluster.account
        ours = not (is_owner or replaced or parameters.name_refusal(task.cluster))
        if ours:
            kept = {record.scheme for record in staying if record.is_live}
            parameters.withdraw({one.scheme for one in due if one.scheme} - kept)
            parameters.write_status(status.describe(task.cluster_arn, [*staying, *closing]), now)
        msk = msk_clusters.client(session)
        listed = msk_vpc_connections.list_connections(msk)
        name = settings().stack_name
        closing = [
            msk_vpc_connections.close_connection(msk, record, listed, name) for record in closing
        ]
        in_use = _delete_groups(task, ec2.client(session), closing, staying, now)
        # The successor claims the name; without a successor the next run withdraws it.
        is_claimed = not replaced or parameters.cluster_arn != task.cluster_arn
        gone = [one for one in closing if _is_gone(one, in_use, now, is_claimed=is_claimed)]
        pending = [one for one in closing if one not in gone]
        report_and_record(due, pending, task.run, now)
        if gone and ours:
            _write_final_status(task, parameters, gone, [*staying, *pending], now)
    if ours:
        run_state.record_withdrawn(task.cluster_arn, task.account, parameters.digests)
    for record in gone:
        _report_gone(task, record, in_use)
    return pending


def _delete_groups(
    task: ClientTask, ec2_client: "EC2Client", closing: Records, staying: Records, now: datetime
) -> dict[str, str]:
    """
    Delete the managed groups that no connection uses; return those still in use, by VPC.

    A group that another cluster of the same name uses belongs to that cluster.
    """
    vpc_ids = {one.vpc_id for one in closing if one.vpc_id}
    vpc_ids -= {one.vpc_id for one in staying if one.may_exist}
    vpc_ids -= {one.vpc_id for one in closing if one.connection_state}
    if vpc_ids:
        vpc_ids -= succession.vpcs_in_use(task.cluster, task.account, now)
    if not vpc_ids:
        return {}
    key = client_key(settings().namespace, task.cluster.name)
    groups = ec2_security_groups.managed_group_ids(ec2_client, key, settings().stack_name)
    if groups is None:
        return dict.fromkeys(vpc_ids, "(not known: AWS did not list the groups)")
    return {
        vpc_id: group
        for vpc_id, group in groups.items()
        if vpc_id in vpc_ids and not ec2_security_groups.delete_group(ec2_client, group)
    }


def _is_gone(
    record: ConnectionRecord, in_use: dict[str, str], now: datetime, *, is_claimed: bool
) -> bool:
    is_free = record.vpc_id not in in_use and is_claimed
    is_free = is_free or offboarding.is_overdue(record, now)
    return not record.connection_state and is_free


def _write_final_status(
    task: ClientTask,
    parameters: ParameterSet,
    gone: Records,
    remaining: Sequence[ConnectionRecord],
    now: datetime,
) -> None:
    """Write the reason into the status; withdraw everything where the cluster is gone."""
    reasons = [record.removal_reason for record in gone if record.removal_reason]
    if not remaining and any(one.code is Code.CLUSTER_NOT_FOUND for one in reasons):
        parameters.withdraw_all()
    else:
        parameters.write_status(status.offboarded(task.cluster_arn, remaining, reasons[0]), now)


def _report_gone(task: ClientTask, record: ConnectionRecord, in_use: dict[str, str]) -> None:
    refusal = record.removal_reason
    if group := in_use.get(record.vpc_id):
        refusal = refuse(Code.SECURITY_GROUP_IN_USE, group=group, vpc_id=record.vpc_id)
    if record.scheme:
        notifications.client_offboarded(record, task.run, refusal)
    dynamodb.delete_record(record)
