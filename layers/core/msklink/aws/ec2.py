"""The VPCs of a client account."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import batched
from typing import TYPE_CHECKING, Final

import boto3
from botocore.exceptions import ClientError

from msklink.aws.session import CONFIG, error_code, is_denied, own
from msklink.firewall import Rule, change, wanted_rules
from msklink.network import SecurityGroup, Subnet, Vpc
from msklink.tags import MANAGED_BY, client_key

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import (
        FilterTypeDef,
        IpPermissionOutputTypeDef,
        IpPermissionTypeDef,
        IpRangeTypeDef,
        SecurityGroupTypeDef,
        TagTypeDef,
        VpcTypeDef,
    )


MOST_FILTER_VALUES: Final = 200
"""EC2 refuses filters with more (EC2 API reference, FilterLimitExceeded)."""


GONE: Final = frozenset({"deleted", "Deleted"})
"""States of an endpoint; the API reference writes them in both ways."""

IN: Final = "Kafka clients of this VPC"
OUT: Final = "Kafka brokers of MSK"

LETS_ALL_OUT: Final = Rule("-1", None, None, "0.0.0.0/0")


def client(session: boto3.Session | None = None) -> "EC2Client":
    return (session or own()).client("ec2", config=CONFIG)


def vpc_tags(ec2: "EC2Client", namespace: str) -> dict[str, dict[str, str]]:
    """The tags of every VPC that has a tag of ours, by its id."""
    return {
        vpc["VpcId"]: _tags(vpc.get("Tags")) for vpc in _select(ec2, "tag-key", [f"{namespace}/*"])
    }


def managed_vpcs(
    ec2: "EC2Client", account: str, namespace: str, stack_name: str
) -> dict[str, list[Vpc]]:
    """VPCs with managed groups, by the key of the cluster; each with that group only."""
    filters: list[FilterTypeDef] = [{"Name": f"tag:{MANAGED_BY}", "Values": [stack_name]}]
    pages = ec2.get_paginator("describe_security_groups").paginate(Filters=filters)
    groups = [group for page in pages for group in page["SecurityGroups"]]
    vpcs = {vpc["VpcId"]: vpc for vpc in _select(ec2, "vpc-id", _vpc_ids(groups))}
    found: dict[str, list[Vpc]] = {}
    for group in groups:
        vpc, tags = vpcs.get(group["VpcId"]), _tags(group.get("Tags"))
        for key in tags:
            if vpc and key.startswith(f"{namespace}/") and key != MANAGED_BY:
                managed = _read_group(group, key, stack_name)
                found.setdefault(key, []).append(_bare(vpc, account, managed))
    return found


def _vpc_ids(groups: Iterable["SecurityGroupTypeDef"]) -> list[str]:
    return sorted({group["VpcId"] for group in groups})


def _bare(vpc: "VpcTypeDef", account: str, group: SecurityGroup) -> Vpc:
    """*vpc* as far as the rules of its managed *group* are concerned."""
    return Vpc(
        id=vpc["VpcId"],
        account=account,
        cidrs=_cidrs(vpc),
        dns_support=True,
        dns_hostnames=True,
        subnets=(),
        security_groups=(group,),
        tags={},
    )


def endpoints_of_msk(ec2: "EC2Client") -> Counter[tuple[str, str]]:
    """How many endpoints have the tags by which MSK manages them, by cluster ARN and VPC."""
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
    """The VPCs of *vpc_ids* that exist, by id, each with its subnets and security groups."""
    found = _select(ec2, "vpc-id", sorted(vpc_ids))
    names = _zone_names(ec2) if found else {}
    return {
        vpc["VpcId"]: replace(_read(ec2, vpc, key, stack_name), account=account, zone_names=names)
        for vpc in found
    }


def vpc_of(ec2: "EC2Client", subnet_ids: Sequence[str]) -> str:
    """The VPC of the subnets; empty when there are none."""
    if not subnet_ids:
        return ""
    found = ec2.describe_subnets(SubnetIds=[subnet_ids[0]])["Subnets"]
    return found[0]["VpcId"] if found else ""


def _zone_names(ec2: "EC2Client") -> dict[str, str]:
    """What this account calls each zone id; no two accounts need agree (EC2 user guide, AZ ids)."""
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    return {zone["ZoneId"]: zone["ZoneName"] for zone in zones}


def _select(ec2: "EC2Client", name: str, values: Sequence[str]) -> list["VpcTypeDef"]:
    paginator = ec2.get_paginator("describe_vpcs")
    return [
        vpc
        for some in batched(values, MOST_FILTER_VALUES, strict=False)
        for page in paginator.paginate(Filters=[{"Name": name, "Values": some}])
        for vpc in page["Vpcs"]
    ]


def _read(ec2: "EC2Client", vpc: "VpcTypeDef", key: str, stack_name: str) -> Vpc:
    vpc_id = vpc["VpcId"]
    support = ec2.describe_vpc_attribute(VpcId=vpc_id, Attribute="enableDnsSupport")
    hostnames = ec2.describe_vpc_attribute(VpcId=vpc_id, Attribute="enableDnsHostnames")
    return Vpc(
        id=vpc_id,
        account=vpc["OwnerId"],
        cidrs=_cidrs(vpc),
        dns_support=support["EnableDnsSupport"].get("Value", False),
        dns_hostnames=hostnames["EnableDnsHostnames"].get("Value", False),
        subnets=_subnets(ec2, vpc_id, key),
        security_groups=_security_groups(ec2, vpc_id, key, stack_name),
        tags=_tags(vpc.get("Tags")),
    )


def _cidrs(vpc: "VpcTypeDef") -> tuple[str, ...]:
    blocks = {
        block["CidrBlock"]
        for block in vpc.get("CidrBlockAssociationSet", [])
        if block.get("CidrBlockState", {}).get("State") == "associated"
    }
    return tuple(sorted(blocks or {vpc["CidrBlock"]}))


def _subnets(ec2: "EC2Client", vpc_id: str, key: str) -> tuple[Subnet, ...]:
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
        )
        for page in pages
        for subnet in page["Subnets"]
    )


def _security_groups(
    ec2: "EC2Client", vpc_id: str, key: str, stack_name: str
) -> tuple[SecurityGroup, ...]:
    pages = ec2.get_paginator("describe_security_groups").paginate(
        Filters=[{"Name": "vpc-id", "Values": [vpc_id]}]
    )
    return tuple(
        _read_group(group, key, stack_name) for page in pages for group in page["SecurityGroups"]
    )


def _read_group(group: "SecurityGroupTypeDef", key: str, stack_name: str) -> SecurityGroup:
    tags = _tags(group.get("Tags"))
    return SecurityGroup(
        id=group["GroupId"],
        tagged=key in tags and MANAGED_BY not in tags,
        managed=key in tags and tags.get(MANAGED_BY) == stack_name,
        ingress=_rules(group.get("IpPermissions", [])),
        egress=_rules(group.get("IpPermissionsEgress", [])),
    )


def _rules(permissions: Iterable["IpPermissionOutputTypeDef"]) -> frozenset[Rule]:
    return frozenset(
        Rule(permission["IpProtocol"], permission.get("FromPort"), permission.get("ToPort"), source)
        for permission in permissions
        for source in _sources(permission)
    )


def _sources(permission: "IpPermissionOutputTypeDef") -> list[str]:
    return [
        *(block["CidrIp"] for block in permission.get("IpRanges", [])),
        *(block["CidrIpv6"] for block in permission.get("Ipv6Ranges", [])),
        *(group["GroupId"] for group in permission.get("UserIdGroupPairs", [])),
        *(prefixes["PrefixListId"] for prefixes in permission.get("PrefixListIds", [])),
    ]


def ensure_security_group(
    ec2: "EC2Client", vpc: Vpc, namespace: str, cluster_name: str, stack_name: str
) -> str:
    """
    Id of the managed group of *vpc* for a cluster, made where there is none, and put in shape.

    A new group lets everything out (EC2 user guide, default rules); ours ends up with the
    brokers' ports in both directions, for every IPv4 block of the VPC.
    """
    group = next((group for group in vpc.security_groups if group.managed), None)
    if group is None:
        group_id = _create_group(ec2, vpc, namespace, cluster_name, stack_name)
        group = SecurityGroup(group_id, managed=True, egress=frozenset({LETS_ALL_OUT}))
    wanted = wanted_rules(vpc.cidrs)
    inwards, outwards = change(group.ingress, wanted), change(group.egress, wanted)
    if inwards.missing:
        ec2.authorize_security_group_ingress(
            GroupId=group.id, IpPermissions=_permissions(inwards.missing, IN)
        )
    if outwards.missing:
        ec2.authorize_security_group_egress(
            GroupId=group.id, IpPermissions=_permissions(outwards.missing, OUT)
        )
    if inwards.surplus:
        ec2.revoke_security_group_ingress(
            GroupId=group.id, IpPermissions=_permissions(inwards.surplus)
        )
    if outwards.surplus:
        ec2.revoke_security_group_egress(
            GroupId=group.id, IpPermissions=_permissions(outwards.surplus)
        )
    return group.id


def managed_groups(ec2: "EC2Client", key: str, stack_name: str) -> dict[str, str] | None:
    """The managed groups of the cluster of *key*, by VPC; None where we may not look."""
    pages = ec2.get_paginator("describe_security_groups").paginate(
        Filters=[
            {"Name": "tag-key", "Values": [key]},
            {"Name": f"tag:{MANAGED_BY}", "Values": [stack_name]},
        ]
    )
    try:
        return {
            group["VpcId"]: group["GroupId"] for page in pages for group in page["SecurityGroups"]
        }
    except ClientError as error:
        if is_denied(error):
            return None
        raise


def delete_security_group(ec2: "EC2Client", group_id: str) -> bool:
    """Whether the group is gone; it stays while any interface uses it, or we may not delete it."""
    try:
        ec2.delete_security_group(GroupId=group_id)
    except ClientError as error:
        code = error_code(error)
        if code in {"DependencyViolation", "InvalidGroup.InUse"} or is_denied(error):
            return False
        if code != "InvalidGroup.NotFound":
            raise
    return True


def _create_group(
    ec2: "EC2Client", vpc: Vpc, namespace: str, cluster_name: str, stack_name: str
) -> str:
    tags: list[TagTypeDef] = [
        {"Key": MANAGED_BY, "Value": stack_name},
        {"Key": client_key(namespace, cluster_name), "Value": "managed"},
        {"Key": "Name", "Value": f"{namespace}-{cluster_name}"},
    ]
    return ec2.create_security_group(
        GroupName=f"{namespace}-{cluster_name}",
        Description=f"Kafka clients of this VPC to MSK cluster {cluster_name}, made by MSKLink",
        VpcId=vpc.id,
        TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}],
    )["GroupId"]


def _permissions(rules: Iterable[Rule], description: str = "") -> list["IpPermissionTypeDef"]:
    """*rules* as EC2 takes them; only what is authorized carries a description."""
    return [_permission(rule, description) for rule in rules]


def _permission(rule: Rule, description: str) -> "IpPermissionTypeDef":
    permission: IpPermissionTypeDef = {"IpProtocol": rule.protocol}
    if rule.first_port is not None and rule.last_port is not None:
        permission |= {"FromPort": rule.first_port, "ToPort": rule.last_port}
    if rule.source.startswith("sg-"):
        permission["UserIdGroupPairs"] = [{"GroupId": rule.source}]
    elif rule.source.startswith("pl-"):
        permission["PrefixListIds"] = [{"PrefixListId": rule.source}]
    elif ":" in rule.source:
        permission["Ipv6Ranges"] = [{"CidrIpv6": rule.source}]
    else:
        described: IpRangeTypeDef = {"Description": description} if description else {}
        permission["IpRanges"] = [{"CidrIp": rule.source, **described}]
    return permission


def _tags(tags: "list[TagTypeDef] | None") -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags or []}
