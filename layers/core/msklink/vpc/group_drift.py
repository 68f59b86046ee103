"""The drift of the security group that MSKLink manages in a client VPC."""

from msklink.drift import kinds
from msklink.drift.kinds import Drift, DriftKind
from msklink.vpc.description import Vpc
from msklink.vpc.security_groups import describe_rules, wanted_rules


def security_group_drift(vpc: Vpc) -> Drift | None:
    """Return how the rules of the managed group differ from the wanted ones, if they do."""
    group, wanted = vpc.managed_group, wanted_rules(vpc.cidrs)
    if group is None or group.ingress == group.egress == wanted or lacks_new_blocks(vpc):
        return None
    return Drift(
        DriftKind.SECURITY_GROUP,
        before=f"in {describe_rules(group.ingress)}, out {describe_rules(group.egress)}",
        after=f"in and out {describe_rules(wanted)}",
        account=vpc.account,
        vpc_id=vpc.id,
    )


def lacks_new_blocks(vpc: Vpc) -> bool:
    """
    Return whether the managed group lacks only rules for CIDR blocks that *vpc* got since.

    Then nobody changed the group. Inbound rules are added first, and a run may have failed after
    that.
    """
    group, wanted = vpc.managed_group, wanted_rules(vpc.cidrs)
    if group is None or not group.egress or group.egress == wanted:
        return False
    return group.egress <= group.ingress <= wanted


def security_group_history_item(vpc: Vpc) -> str:
    """Return the sort key of the repair history of the managed group."""
    return kinds.history_item(DriftKind.SECURITY_GROUP, vpc.account, vpc.id)
