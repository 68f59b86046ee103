"""Choose where a connection goes in a client VPC, or decide why it cannot.

A tag, a request or MSKLink chooses subnets and groups; the same rules apply to all, before anything
is created. Zones are compared by id, because a zone name means another zone in each account (MSK
page on multi-VPC connectivity: "the zone IDs ... must match"; EC2 user guide, Availability Zone
IDs).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from msklink.refusals import Code, Refusal, refuse
from msklink.vpc.description import Subnet, Vpc
from msklink.vpc.security_groups import describe_ports, unopened_ports


@dataclass(frozen=True)
class Placement:
    """The subnets and groups of a connection; without groups, the managed group is used."""

    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]
    warnings: tuple[Refusal, ...] = ()


def place(
    vpc: Vpc,
    zone_ids: Collection[str],
    subnet_ids: Sequence[str] = (),
    security_group_ids: Sequence[str] = (),
    endpoints: int = 1,
) -> Placement | Refusal:
    """
    Return where connections of *vpc* to a cluster in *zone_ids* go, or why they cannot.

    A request overrides tags, and tags override MSKLink's choice. Each of the *endpoints* still to
    be created takes one address in each subnet.
    """
    if vpc.is_shared:
        return refuse(Code.VPC_SHARED, vpc_id=vpc.id, account=vpc.account, owner=vpc.owner)
    if off := _dns_attributes_off(vpc):
        return refuse(Code.VPC_DNS_OFF, vpc_id=vpc.id, attributes=" and ".join(off))
    chosen = choose_subnets(vpc, zone_ids, subnet_ids, endpoints)
    if isinstance(chosen, Refusal):
        return chosen
    known = {group.id for group in vpc.security_groups}
    if unknown := sorted(set(security_group_ids) - known):
        return refuse(Code.SECURITY_GROUP_INVALID, vpc_id=vpc.id, groups=", ".join(unknown))
    tagged = (group.id for group in vpc.security_groups if group.tagged)
    groups = tuple(sorted(set(security_group_ids or tagged)))
    return Placement(chosen, groups, _group_warnings(vpc, groups))


def _dns_attributes_off(vpc: Vpc) -> list[str]:
    """Return the DNS attributes that *vpc* lacks and that private names of endpoints need."""
    attributes = {
        "DNS resolution (enableDnsSupport)": vpc.dns_support,
        "DNS hostnames (enableDnsHostnames)": vpc.dns_hostnames,
    }
    return [name for name, on in attributes.items() if not on]


def _group_warnings(vpc: Vpc, groups: Collection[str]) -> tuple[Refusal, ...]:
    """
    Return warnings about *groups*, which people chose and which MSKLink does not change.

    Only inbound rules matter: an endpoint starts no connections.
    """
    rules = [rule for group in vpc.security_groups if group.id in groups for rule in group.ingress]
    missing = unopened_ports(rules)
    if not groups or not missing:
        return ()
    names, ports = ", ".join(groups), describe_ports(missing)
    if missing == unopened_ports(()):
        return (refuse(Code.NOBODY_LET_IN, groups=names),)
    return (refuse(Code.PORTS_PARTLY_OPEN, groups=names, ports=ports),)


def choose_subnets(
    vpc: Vpc, zone_ids: Collection[str], subnet_ids: Sequence[str] = (), endpoints: int = 1
) -> tuple[str, ...] | Refusal:
    """
    Return one subnet in each of *zone_ids*, in the order of the zones.

    MSK requires as many client subnets as the cluster has, in the same zones (developer guide,
    "Amazon MSK multi-VPC private connectivity: requirements").
    """
    zones = sorted(zone_ids)
    named = [one for one in vpc.subnets if (one.id in subnet_ids if subnet_ids else one.tagged)]
    if subnet_ids or named:
        asked = set(subnet_ids) or {subnet.id for subnet in named}
        return _check_named(vpc, zones, named, asked, endpoints)
    return _choose_freest(vpc, zones, endpoints)


def _check_named(
    vpc: Vpc, zones: Sequence[str], named: Sequence[Subnet], asked: set[str], endpoints: int
) -> tuple[str, ...] | Refusal:
    """Return the *named* subnets, those of *asked* that *vpc* has, if all of them fit."""
    if unfit := [subnet for subnet in named if subnet.obstacle]:
        return refuse(Code.SUBNET_UNFIT, vpc_id=vpc.id, subnets=_describe_obstacles(unfit))
    by_zone = {subnet.zone_id: subnet.id for subnet in named}
    if sorted(by_zone) != zones or asked != set(by_zone.values()):
        return refuse(
            Code.SUBNET_CHOICE_INVALID,
            vpc_id=vpc.id,
            subnets=", ".join(sorted(asked)),
            zones=", ".join(zones),
        )
    if full := [subnet for subnet in named if subnet.free_addresses < endpoints]:
        return refuse(
            Code.SUBNET_FULL,
            vpc_id=vpc.id,
            subnets=_describe_free_addresses(full),
            endpoints=endpoints,
        )
    return tuple(by_zone[zone] for zone in zones)


def _choose_freest(vpc: Vpc, zones: Sequence[str], endpoints: int) -> tuple[str, ...] | Refusal:
    """
    Pick the subnet with the most free addresses in each zone; among equals the lowest id.

    The choice must not depend on the order in which EC2 lists subnets.
    """
    in_zones = [subnet for subnet in vpc.subnets if subnet.zone_id in zones]
    fit = [one for one in in_zones if not one.obstacle and one.free_addresses >= endpoints]
    best = {
        subnet.zone_id: subnet.id
        for subnet in sorted(sorted(fit, key=_id, reverse=True), key=_free_addresses)
    }
    missing = [zone for zone in zones if zone not in best]
    if not missing:
        return tuple(best[zone] for zone in zones)
    passed_over = [subnet for subnet in in_zones if subnet.zone_id in missing]
    unfit = [subnet for subnet in passed_over if subnet.obstacle]
    full = [subnet for subnet in passed_over if not subnet.obstacle]
    reasons = [*filter(None, (_describe_obstacles(unfit), _describe_free_addresses(full)))]
    return refuse(
        Code.SUBNET_MISSING_IN_ZONE,
        vpc_id=vpc.id,
        account=vpc.account,
        addresses=_count_addresses(endpoints),
        zones=", ".join(missing),
        passed_over=f" Passed over: {', '.join(reasons)}." if reasons else "",
        names=", ".join(vpc.zone_names.get(zone, "a zone it does not have") for zone in missing),
    )


def _describe_obstacles(subnets: Sequence[Subnet]) -> str:
    return ", ".join(f"{one.id} ({one.obstacle})" for one in sorted(subnets, key=_id))


def _describe_free_addresses(subnets: Sequence[Subnet]) -> str:
    return ", ".join(
        f"{one.id} ({_count_addresses(one.free_addresses)})" for one in sorted(subnets, key=_id)
    )


def _count_addresses(count: int) -> str:
    return f"{count} free IPv4 {'address' if count == 1 else 'addresses'}"


def _id(subnet: Subnet) -> str:
    return subnet.id


def _free_addresses(subnet: Subnet) -> int:
    return subnet.free_addresses
