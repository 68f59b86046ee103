"""Create the managed security group of each client VPC where needed, and repair it."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from msklink.aws import ec2, ec2_security_groups
from msklink.aws.errors import aws_refusals
from msklink.connections.record import ConnectionRecord, State
from msklink.errors import Refused
from msklink.refusals import Code, Refusal
from msklink.runs.task_input import ClientTask
from msklink.services import repair_decisions
from msklink.settings import settings
from msklink.tags import client_key
from msklink.vpc import group_drift

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

Groups = Mapping[str, str | Refusal]
"""By VPC, the id of the group, or why AWS refuses to create or change it."""


def create_or_repair_groups(
    task: ClientTask, ec2_client: "EC2Client", wanted: Iterable[ConnectionRecord]
) -> Groups:
    """
    Create or repair the managed security groups of VPCs that need or have one; return them by VPC.

    One group serves all schemes of a VPC, as long as a connection uses it. Where AWS refuses a call
    for a VPC, for example beyond a quota, the refusal is returned in place of the group.
    """
    namespace, stack_name = settings().namespace, settings().stack_name
    name = task.cluster.name
    key = client_key(namespace, name)
    vpcs = ec2.read_vpcs(ec2_client, task.account, {one.vpc_id for one in wanted}, key, stack_name)
    bare = {one.vpc_id for one in wanted if not one.security_group_ids}
    groups: dict[str, str | Refusal] = {}
    resolved = []
    for vpc_id, vpc in vpcs.items():
        group = vpc.managed_group
        is_used = any(record.can_drift for record in wanted if record.vpc_id == vpc_id)
        # A group that no connection uses yet may be incomplete.
        found = group_drift.security_group_drift(vpc) if is_used else None
        if group and found:
            repair = repair_decisions.decide_repair(task.cluster_arn, found)
            if repair.refusal:
                repair.report_unrepaired(task.run, repair.refusal)
                groups[vpc_id] = group.id
                continue
            repair.record_attempt(task.run)
        if group or vpc_id in bare:
            try:
                with aws_refusals():
                    ours = ec2_security_groups.create_or_repair_group(
                        ec2_client, vpc, namespace, name, stack_name
                    )
                groups[vpc_id] = ours
            except Refused as error:
                groups[vpc_id] = error.refusal
                continue
            resolved.append(group_drift.security_group_history_item(vpc))
    repair_decisions.mark_resolved(task.cluster_arn, resolved)
    return groups


def assign_group(record: ConnectionRecord, groups: Groups) -> ConnectionRecord:
    """
    Return *record* with the managed group of its VPC, unless the client named its own groups.

    Where AWS refuses to change the group, an existing connection continues with it.
    """
    group = groups.get(record.vpc_id)
    if isinstance(group, Refusal):
        state = record.state if record.connection_arn else State.REFUSED
        return record.with_(state=state, refusal=group)
    if record.refusal and record.refusal.code is Code.REFUSED_BY_AWS:
        record = record.with_(refusal=None)
    if record.security_group_ids or group is None:
        return record
    return record.with_(security_group_ids=(group,))
