"""Which subnets and security groups of a client VPC serve a connection.

Zones are compared by id: a zone name means another zone in each account (MSK page on multi-VPC
connectivity: "the zone IDs ... must match"; EC2 user guide, Availability Zone IDs).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from msklink import drift
from msklink.drift import Drift, Kind
from msklink.firewall import Rule, lets_somebody_in, spell, wanted_rules
from msklink.refusals import Code, Refusal, refuse


@dataclass(frozen=True)
class Subnet:
    id: str
    zone_id: str
    zone_name: str
    free_addresses: int
    tagged: bool = False


@dataclass(frozen=True)
class SecurityGroup:
    id: str
    tagged: bool = False
    """Tagged by people for this cluster."""
    managed: bool = False
    """Made by MSKLink for this cluster."""
    ingress: frozenset[Rule] = frozenset()
    egress: frozenset[Rule] = frozenset()


@dataclass(frozen=True)
class Vpc:
    """One reading of a client VPC, with its subnets and security groups."""

    id: str
    account: str
    cidrs: tuple[str, ...]
    dns_support: bool
    dns_hostnames: bool
    subnets: tuple[Subnet, ...]
    security_groups: tuple[SecurityGroup, ...]
    tags: Mapping[str, str]
    zone_names: Mapping[str, str] = field(default_factory=dict)
    """What this account calls each zone id."""

    @property
    def managed_group(self) -> SecurityGroup | None:
        return next((group for group in self.security_groups if group.managed), None)


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
    return drift.memory_of(Kind.SECURITY_GROUP, vpc.account, vpc.id)


@dataclass(frozen=True)
class Placement:
    """Where a connection goes. Without security groups, the managed one is made or used."""

    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]
    warnings: tuple[Refusal, ...] = ()


def place(
    vpc: Vpc,
    zone_ids: Collection[str],
    subnet_ids: Sequence[str] = (),
    security_group_ids: Sequence[str] = (),
) -> Placement | Refusal:
    """
    Where a connection of *vpc* to a cluster in *zone_ids* goes, or why it cannot.

    What the request names counts first, then what is tagged, then the choice of MSKLink.
    """
    if off := dns_attributes_off(vpc):
        return refuse(Code.VPC_DNS_OFF, vpc_id=vpc.id, attributes=" and ".join(off))
    chosen = choose_subnets(vpc, zone_ids, subnet_ids)
    if isinstance(chosen, Refusal):
        return chosen
    known = {group.id for group in vpc.security_groups}
    if unknown := sorted(set(security_group_ids) - known):
        return refuse(Code.SECURITY_GROUP_INVALID, vpc_id=vpc.id, groups=", ".join(unknown))
    tagged = (group.id for group in vpc.security_groups if group.tagged)
    groups = tuple(sorted(set(security_group_ids or tagged)))
    return Placement(chosen, groups, _group_warnings(vpc, groups))


def _group_warnings(vpc: Vpc, groups: Collection[str]) -> tuple[Refusal, ...]:
    """Groups that people name are used as they are; that they let nobody in is only told."""
    rules = [rule for group in vpc.security_groups if group.id in groups for rule in group.ingress]
    if not groups or lets_somebody_in(rules):
        return ()
    return (refuse(Code.NOBODY_LET_IN, groups=", ".join(groups)),)


def dns_attributes_off(vpc: Vpc) -> list[str]:
    """The DNS attributes that an interface endpoint with private names needs, and *vpc* lacks."""
    attributes = {
        "DNS resolution (enableDnsSupport)": vpc.dns_support,
        "DNS hostnames (enableDnsHostnames)": vpc.dns_hostnames,
    }
    return [name for name, on in attributes.items() if not on]


def choose_subnets(
    vpc: Vpc, zone_ids: Collection[str], subnet_ids: Sequence[str] = ()
) -> tuple[str, ...] | Refusal:
    """
    One subnet in each of *zone_ids*, in the order of the zones.

    MSK wants as many client subnets as the cluster has, in the same zones (developer guide,
    "Amazon MSK multi-VPC private connectivity: requirements"). Each needs a free address for the
    endpoint. Among several the one with most free addresses is taken, then the least id, so that
    the choice is stable.
    """
    zones = sorted(zone_ids)
    picked = [
        subnet
        for subnet in vpc.subnets
        if (subnet.id in subnet_ids if subnet_ids else subnet.tagged)
    ]
    if subnet_ids or picked:
        by_zone = {subnet.zone_id: subnet.id for subnet in picked}
        asked = set(subnet_ids) or {subnet.id for subnet in picked}
        if sorted(by_zone) != zones or asked != set(by_zone.values()):
            return refuse(
                Code.SUBNET_CHOICE_INVALID,
                vpc_id=vpc.id,
                subnets=", ".join(sorted(asked)),
                zones=", ".join(zones),
            )
        return tuple(by_zone[zone] for zone in zones)
    best = {
        subnet.zone_id: subnet.id
        for subnet in sorted(sorted(vpc.subnets, key=_id, reverse=True), key=_free_addresses)
        if subnet.free_addresses > 0
    }
    if missing := [zone for zone in zones if zone not in best]:
        return refuse(
            Code.SUBNET_MISSING_IN_ZONE,
            vpc_id=vpc.id,
            account=vpc.account,
            zones=", ".join(missing),
            names=", ".join(
                vpc.zone_names.get(zone, "a zone it does not have") for zone in missing
            ),
        )
    return tuple(best[zone] for zone in zones)


def _id(subnet: Subnet) -> str:
    return subnet.id


def _free_addresses(subnet: Subnet) -> int:
    return subnet.free_addresses
