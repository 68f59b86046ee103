"""Read the VPCs of a client account, with their subnets and endpoints."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import batched
from typing import TYPE_CHECKING, Final

import boto3

from msklink.aws.ec2_security_groups import read_group, read_groups
from msklink.aws.session import CONFIG, own_session
from msklink.tags import MANAGED_BY
from msklink.vpc.description import SecurityGroup, Subnet, Vpc

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import (
        AvailabilityZoneTypeDef,
        FilterTypeDef,
        SecurityGroupTypeDef,
        TagTypeDef,
        VpcTypeDef,
    )


MOST_FILTER_VALUES: Final = 200
"""EC2 refuses filters with more values (EC2 API reference, FilterLimitExceeded)."""


GONE: Final = frozenset({"deleted", "Deleted"})
"""States of an endpoint; the API reference spells them both ways."""


def client(session: boto3.Session | None = None) -> "EC2Client":
    return session.client("ec2", config=CONFIG) if session else _own_client()


@cache
def _own_client() -> "EC2Client":
    return own_session().client("ec2", config=CONFIG)


def vpc_tags(ec2: "EC2Client", namespace: str) -> dict[str, dict[str, str]]:
    """Return the tags of every VPC that has a tag of our namespace, by VPC id."""
    return {
        vpc["VpcId"]: _tags(vpc.get("Tags")) for vpc in _select(ec2, "tag-key", [f"{namespace}/*"])
    }


def managed_vpcs(
    ec2: "EC2Client", account: str, namespace: str, stack_name: str
) -> dict[str, list[Vpc]]:
    """Return the VPCs with managed groups, by cluster key; each VPC with that group only."""
    filters: list[FilterTypeDef] = [{"Name": f"tag:{MANAGED_BY}", "Values": [stack_name]}]
    pages = ec2.get_paginator("describe_security_groups").paginate(Filters=filters)
    groups = [group for page in pages for group in page["SecurityGroups"]]
    vpcs = {vpc["VpcId"]: vpc for vpc in _select(ec2, "vpc-id", _vpc_ids(groups))}
    found: dict[str, list[Vpc]] = {}
    for group in groups:
        vpc, tags = vpcs.get(group["VpcId"]), _tags(group.get("Tags"))
        for key in tags:
            if vpc and key.startswith(f"{namespace}/") and key != MANAGED_BY:
                managed = read_group(group, key, stack_name)
                found.setdefault(key, []).append(_bare(vpc, account, managed))
    return found


def _vpc_ids(groups: Iterable["SecurityGroupTypeDef"]) -> list[str]:
    return sorted({group["VpcId"] for group in groups})


def _bare(vpc: "VpcTypeDef", account: str, group: SecurityGroup) -> Vpc:
    """Return *vpc* with only what the rules of its managed *group* depend on."""
    return Vpc(
        id=vpc["VpcId"],
        account=account,
        owner=vpc["OwnerId"],
        cidrs=_cidrs(vpc),
        dns_support=True,
        dns_hostnames=True,
        subnets=(),
        security_groups=(group,),
        tags={},
    )


def endpoints_of_msk(ec2: "EC2Client") -> Counter[tuple[str, str]]:
    """Return how many endpoints have MSK's management tags, by cluster ARN and VPC id."""
    pages = ec2.get_paginator("describe_vpc_endpoints").paginate(
        Filters=[{"Name": "tag:AWSMSKManaged", "Values": ["true"]}]
    )
    return Counter(
        (_tags(endpoint.get("Tags")).get("ClusterArn", ""), endpoint["VpcId"])
        for page in pages
        for endpoint in page["VpcEndpoints"]
        if endpoint.get("State") not in GONE
    )


def read_vpcs(
    ec2: "EC2Client", account: str, vpc_ids: Iterable[str], key: str, stack_name: str
) -> dict[str, Vpc]:
    """Return the existing VPCs among *vpc_ids* by id, with subnets and security groups."""
    found = _select(ec2, "vpc-id", sorted(vpc_ids))
    zones = ec2.describe_availability_zones()["AvailabilityZones"] if found else []
    read = (_read(ec2, vpc, zones, key, stack_name) for vpc in found)
    return {vpc.id: _with_dns(ec2, replace(vpc, account=account)) for vpc in read}


def with_endpoints(ec2: "EC2Client", vpcs: Mapping[str, Vpc], cluster_arn: str) -> dict[str, Vpc]:
    """Return *vpcs* with the number of the cluster's endpoints in each."""
    found = endpoints_of_msk(ec2) if vpcs else Counter()
    return {
        vpc_id: replace(vpc, endpoints=found[cluster_arn, vpc_id]) for vpc_id, vpc in vpcs.items()
    }


def vpc_of(ec2: "EC2Client", subnet_ids: Sequence[str]) -> str:
    """Return the VPC of the subnets; empty where there are none."""
    if not subnet_ids:
        return ""
    found = ec2.describe_subnets(SubnetIds=[subnet_ids[0]])["Subnets"]
    return found[0]["VpcId"] if found else ""


def _select(ec2: "EC2Client", name: str, values: Sequence[str]) -> list["VpcTypeDef"]:
    paginator = ec2.get_paginator("describe_vpcs")
    return [
        vpc
        for some in batched(values, MOST_FILTER_VALUES, strict=False)
        for page in paginator.paginate(Filters=[{"Name": name, "Values": some}])
        for vpc in page["Vpcs"]
    ]


def _read(
    ec2: "EC2Client",
    vpc: "VpcTypeDef",
    zones: "Sequence[AvailabilityZoneTypeDef]",
    key: str,
    stack_name: str,
) -> Vpc:
    """Read *vpc* as its owner sees it, without its DNS attributes."""
    types = {zone["ZoneId"]: zone["ZoneType"] for zone in zones if zone.get("ZoneType")}
    return Vpc(
        id=vpc["VpcId"],
        account=vpc["OwnerId"],
        owner=vpc["OwnerId"],
        cidrs=_cidrs(vpc),
        dns_support=False,
        dns_hostnames=False,
        subnets=_subnets(ec2, vpc["VpcId"], key, types),
        security_groups=read_groups(ec2, vpc["VpcId"], key, stack_name),
        tags=_tags(vpc.get("Tags")),
        zone_names={zone["ZoneId"]: zone["ZoneName"] for zone in zones},
    )


def _with_dns(ec2: "EC2Client", vpc: Vpc) -> Vpc:
    """
    Read the DNS attributes of *vpc*, unless another account owns it.

    EC2 authorizes the call by the ARN of the VPC, and the client role allows its own account only.
    """
    if vpc.is_shared:
        return vpc
    support = ec2.describe_vpc_attribute(VpcId=vpc.id, Attribute="enableDnsSupport")
    hostnames = ec2.describe_vpc_attribute(VpcId=vpc.id, Attribute="enableDnsHostnames")
    return replace(
        vpc,
        dns_support=support["EnableDnsSupport"].get("Value", False),
        dns_hostnames=hostnames["EnableDnsHostnames"].get("Value", False),
    )


def _cidrs(vpc: "VpcTypeDef") -> tuple[str, ...]:
    blocks = {
        block["CidrBlock"]
        for block in vpc.get("CidrBlockAssociationSet", [])
        if block.get("CidrBlockState", {}).get("State") == "associated"
    }
    return tuple(sorted(blocks or {vpc["CidrBlock"]}))


def _subnets(
    ec2: "EC2Client", vpc_id: str, key: str, zone_types: Mapping[str, str]
) -> tuple[Subnet, ...]:
    pages = ec2.get_paginator("describe_subnets").paginate(
        Filters=[{"Name": "vpc-id", "Values": [vpc_id]}]
    )
    return tuple(
        Subnet(
            id=subnet["SubnetId"],
            zone_id=subnet["AvailabilityZoneId"],
            zone_name=subnet["AvailabilityZone"],
            free_addresses=subnet["AvailableIpAddressCount"],
            tagged=key in _tags(subnet.get("Tags")),
            zone_type=zone_types.get(subnet["AvailabilityZoneId"], ""),
            outpost=subnet.get("OutpostArn", ""),
            ipv6_only=subnet.get("Ipv6Native", False),
        )
        for page in pages
        for subnet in page["Subnets"]
    )


def _tags(tags: "list[TagTypeDef] | None") -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags or []}
