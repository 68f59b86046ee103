"""What others did to the security group that MSKLink manages in a client VPC."""

from msklink.drift import kinds
from msklink.drift.kinds import Drift, DriftKind
from msklink.vpc.description import Vpc
from msklink.vpc.security_groups import describe_rules, wanted_rules


def security_group_drift(vpc: Vpc) -> Drift | None:
    """How the rules of the managed group differ from what they should be, if they do."""
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
    Whether the managed group lacks no more than rules for blocks that *vpc* has got since.

    Nobody changed it then. Rules are added inwards first, of which a run may have died in between.
    """
    group, wanted = vpc.managed_group, wanted_rules(vpc.cidrs)
    if group is None or not group.egress or group.egress == wanted:
        return False
    return group.egress <= group.ingress <= wanted


def security_group_history_item(vpc: Vpc) -> str:
    """The item of what was done about drifts of its managed group."""
    return kinds.history_item(DriftKind.SECURITY_GROUP, vpc.account, vpc.id)
