"""The security groups of a client VPC, and the managed group of a cluster in it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from msklink.aws.errors import error_code, is_denied
from msklink.errors import TransientError
from msklink.tags import MANAGED_BY, client_key
from msklink.vpc.description import SecurityGroup, Vpc
from msklink.vpc.security_groups import Rule, rule_change, wanted_rules

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import (
        IpPermissionOutputTypeDef,
        IpPermissionTypeDef,
        IpRangeTypeDef,
        SecurityGroupTypeDef,
        TagTypeDef,
    )

IN: Final = "Kafka clients of this VPC"
OUT: Final = "Kafka brokers of MSK"


def create_or_repair_group(
    ec2: "EC2Client", vpc: Vpc, namespace: str, cluster_name: str, stack_name: str
) -> str:
    """
    Return the id of the managed group of *vpc* for a cluster, after creating or repairing it.

    A new group allows all outbound traffic, also over IPv6 where the VPC has such a block (EC2 user
    guide, default rules; Terraform's provider revokes both). The managed group allows the brokers'
    ports in both directions, for every IPv4 block of the VPC. Raises TransientError where a new
    group cannot be read yet; the next attempt finds it.
    """
    group = vpc.managed_group
    if group is None:
        group_id = _create_group(ec2, vpc, namespace, cluster_name, stack_name)
        group = _read_new(ec2, group_id, client_key(namespace, cluster_name), stack_name)
    wanted = wanted_rules(vpc.cidrs)
    inwards, outwards = rule_change(group.ingress, wanted), rule_change(group.egress, wanted)
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


def _read_new(ec2: "EC2Client", group_id: str, key: str, stack_name: str) -> SecurityGroup:
    """Read a group that was just created; EC2 may not list it yet."""
    found = ec2.describe_security_groups(Filters=[{"Name": "group-id", "Values": [group_id]}])
    for group in found["SecurityGroups"]:
        return read_group(group, key, stack_name)
    raise TransientError(f"security group {group_id} is not listed yet")


def managed_group_ids(ec2: "EC2Client", key: str, stack_name: str) -> dict[str, str] | None:
    """Return the managed groups of the cluster of *key*, by VPC; None where the call is denied."""
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


def delete_group(ec2: "EC2Client", group_id: str) -> bool:
    """Delete the group; return False where it is in use or the call is denied."""
    try:
        ec2.delete_security_group(GroupId=group_id)
    except ClientError as error:
        code = error_code(error)
        if code in {"DependencyViolation", "InvalidGroup.InUse"} or is_denied(error):
            return False
        if code != "InvalidGroup.NotFound":
            raise
    return True


def read_groups(
    ec2: "EC2Client", vpc_id: str, key: str, stack_name: str
) -> tuple[SecurityGroup, ...]:
    """Read the groups of a VPC that *ec2* sees: in a shared VPC those of its own account."""
    pages = ec2.get_paginator("describe_security_groups").paginate(
        Filters=[{"Name": "vpc-id", "Values": [vpc_id]}]
    )
    return tuple(
        read_group(group, key, stack_name) for page in pages for group in page["SecurityGroups"]
    )


def read_group(group: "SecurityGroupTypeDef", key: str, stack_name: str) -> SecurityGroup:
    """Return the *group* that EC2 lists; *key* is the tag for the cluster."""
    tags = {tag["Key"]: tag["Value"] for tag in group.get("Tags") or []}
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
    """Return *rules* in EC2's form; only rules to authorize have a description."""
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
