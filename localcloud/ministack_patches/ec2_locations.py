"""EC2: add dual-stack VPCs, and subnets on Outposts, in Local Zones, or with IPv6 only.

MiniStack has none of them. It has no AWS RAM either: a shared VPC would be one in the account of
the participant with the OwnerId of another, which `localcloud.ec2_network` checks.
"""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_region
from ministack.services import ec2

from localcloud.settings import REGION

ZONE_TYPES = {f"{REGION}-dub-1a": "local-zone", f"{REGION}-wl1-dub-wlz-1": "wavelength-zone"}
"""Zones besides those of the Region; every account here has opted in to them."""

_ZONE_IDS = dict(zip(ZONE_TYPES, ("euw1-dub1-az1", "euw1-wl1-dub-wlz1"), strict=True))
_ALL_IPV6_EGRESS = {
    "IpProtocol": "-1",
    "IpRanges": [],
    "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
    "PrefixListIds": [],
    "UserIdGroupPairs": [],
}


def install() -> None:
    actions = ec2._ACTION_MAP
    actions["CreateVpc"] = _with_ipv6(actions["CreateVpc"])
    actions["CreateSubnet"] = _with_location(actions["CreateSubnet"])
    actions["CreateSecurityGroup"] = _with_ipv6_egress(actions["CreateSecurityGroup"])
    actions["DescribeAvailabilityZones"] = _with_more_zones(actions["DescribeAvailabilityZones"])
    ec2._az_id_for_zone_name = _with_more_ids(ec2._az_id_for_zone_name)
    ec2._vpc_fields_xml = _vpc_with_ipv6(ec2._vpc_fields_xml)
    ec2._subnet_fields_xml = _subnet_with_location(ec2._subnet_fields_xml)


def unsupported_location(subnet: dict[str, Any]) -> str:
    """Return why a subnet can hold no interface endpoint for IPv4, or "" if it can."""
    if subnet.get("OutpostArn"):
        return "an Outpost"
    if kind := ZONE_TYPES.get(subnet["AvailabilityZone"]):
        return f"a {kind}"
    return "an IPv6-only subnet" if subnet.get("Ipv6Native") else ""


def _with_ipv6(original: Callable[..., Any]) -> Callable[..., Any]:
    def create(parameters: dict[str, Any]) -> Any:
        before = set(ec2._vpcs)
        answer = original(parameters)
        if ec2._p(parameters, "AmazonProvidedIpv6CidrBlock") == "true":
            for number, vpc_id in enumerate(set(ec2._vpcs) - before, len(before)):
                ec2._vpcs[vpc_id]["Ipv6CidrBlock"] = f"2a05:d018:{number:x}::/56"
        return answer

    return create


def _with_location(original: Callable[..., Any]) -> Callable[..., Any]:
    def create(parameters: dict[str, Any]) -> Any:
        before = set(ec2._subnets)
        answer = original(parameters)
        for subnet_id in set(ec2._subnets) - before:
            subnet = ec2._subnets[subnet_id]
            subnet["OutpostArn"] = ec2._p(parameters, "OutpostArn")
            subnet["Ipv6Native"] = ec2._p(parameters, "Ipv6Native") == "true"
            if subnet["Ipv6Native"]:
                subnet["AvailableIpAddressCount"] = 0  # counts IPv4 only (EC2 API, Subnet)
        return answer

    return create


def _with_ipv6_egress(original: Callable[..., Any]) -> Callable[..., Any]:
    """Add the second egress rule of a group in a dual-stack VPC (EC2 user guide, default rules)."""

    def create(parameters: dict[str, Any]) -> Any:
        before = set(ec2._security_groups)
        answer = original(parameters)
        for group_id in set(ec2._security_groups) - before:
            group = ec2._security_groups[group_id]
            if ec2._vpcs.get(group["VpcId"], {}).get("Ipv6CidrBlock"):
                group["IpPermissionsEgress"].append(_ALL_IPV6_EGRESS)
        return answer

    return create


def _with_more_zones(original: Callable[..., Any]) -> Callable[..., Any]:
    def describe(parameters: dict[str, Any]) -> Any:
        status, headers, body = original(parameters)
        more = "".join(
            f"<item><zoneName>{name}</zoneName><zoneState>available</zoneState>"
            f"<regionName>{REGION}</regionName><zoneId>{_ZONE_IDS[name]}</zoneId>"
            f"<optInStatus>opted-in</optInStatus><zoneType>{kind}</zoneType></item>"
            for name, kind in ZONE_TYPES.items()
            if get_region() == REGION
        )
        end = b"</availabilityZoneInfo>"
        return status, headers, body.replace(end, more.encode() + end)

    return describe


def _with_more_ids(original: Callable[[str], str]) -> Callable[[str], str]:
    return lambda zone_name: _ZONE_IDS.get(zone_name) or original(zone_name)


def _vpc_with_ipv6(original: Callable[..., str]) -> Callable[..., str]:
    def fields(vpc: dict[str, Any], tag: str = "item") -> str:
        text = original(vpc, tag)
        if not (block := vpc.get("Ipv6CidrBlock")):
            return text
        association = (
            f"<ipv6CidrBlockAssociationSet><item><ipv6CidrBlock>{block}</ipv6CidrBlock>"
            "<ipv6CidrBlockState><state>associated</state></ipv6CidrBlockState>"
            "</item></ipv6CidrBlockAssociationSet>"
        )
        return text.replace("<dhcpOptionsId>", f"{association}<dhcpOptionsId>")

    return fields


def _subnet_with_location(original: Callable[..., str]) -> Callable[..., str]:
    def fields(subnet: dict[str, Any], tag: str = "item") -> str:
        text = original(subnet, tag)
        if subnet.get("Ipv6Native"):
            text = text.replace("<ipv6Native>false", "<ipv6Native>true")
        if outpost := subnet.get("OutpostArn"):
            text = text.replace("<state>", f"<outpostArn>{outpost}</outpostArn><state>", 1)
        return text

    return fields
