"""What others did to the security group that MSKLink manages in a client VPC."""

from msklink.drift import kinds
from msklink.drift.kinds import Drift, Kind
from msklink.vpc.description import Vpc
from msklink.vpc.security_groups import spell, wanted_rules


def drifted(vpc: Vpc) -> Drift | None:
    """How the rules of the managed group differ from what they should be, if they do."""
    group, wanted = vpc.managed_group, wanted_rules(vpc.cidrs)
    if group is None or group.ingress == group.egress == wanted or has_grown(vpc):
        return None
    return Drift(
        Kind.SECURITY_GROUP,
        before=f"in {spell(group.ingress)}, out {spell(group.egress)}",
        after=f"in and out {spell(wanted)}",
        account=vpc.account,
        vpc_id=vpc.id,
    )


def has_grown(vpc: Vpc) -> bool:
    """
    Whether the managed group lacks no more than rules for blocks that *vpc* has got since.

    Nobody changed it then. Rules are added inwards first, of which a run may have died in between.
    """
    group, wanted = vpc.managed_group, wanted_rules(vpc.cidrs)
    if group is None or not group.egress or group.egress == wanted:
        return False
    return group.egress <= group.ingress <= wanted


def memory_of(vpc: Vpc) -> str:
    """The item of what was done about drifts of its managed group."""
    return kinds.memory_of(Kind.SECURITY_GROUP, vpc.account, vpc.id)
