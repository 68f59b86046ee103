"""
MiniStack's EC2 as the network of the MSK emulator.

MSK creates and deletes the interface endpoint of a connection with the permissions of its caller,
which are checked here (Service Authorization Reference of MSK, dependent actions; the conditions
are those that the managed policy AmazonMSKFullAccess relies on).
"""

from collections.abc import Sequence
from ipaddress import ip_network
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import ec2, iam

from localcloud.iam.authorization import authorize_caller
from localcloud.iam.checks import Check, request_tags
from localcloud.ministack_adapter import access_key
from localcloud.ministack_patches.ec2 import tags_of
from localcloud.ministack_patches.ec2_locations import unsupported_location
from localcloud.msk import Caller, Endpoint, SecurityGroup, Subnet, Vpc
from localcloud.msk.network import NOT_IN_SHARED_VPCS

RESERVED_ADDRESSES = 5  # of each subnet (VPC guide, subnet CIDR blocks)
SERVICE_LINKED_ROLE = "AWSServiceRoleForKafka"
_READS = ("DescribeVpcs", "DescribeSubnets", "DescribeSecurityGroups", "DescribeVpcEndpoints")


class Ec2Network:
    def vpc(self, account: str, region: str, vpc_id: str) -> Vpc | None:
        with request_scope(account, region):
            found = ec2._vpcs.get(vpc_id)
        if not found:
            return None
        return Vpc(
            vpc_id,
            dns_support=found.get("EnableDnsSupport", True),
            dns_hostnames=found.get("EnableDnsHostnames", False),
            cidrs=(found["CidrBlock"],),
        )

    def subnets(self, account: str, region: str, subnet_ids: Sequence[str]) -> list[Subnet]:
        with request_scope(account, region):
            found = [ec2._subnets[name] for name in subnet_ids if name in ec2._subnets]
            endpoints = list(ec2._vpc_endpoints.values())
        return [
            Subnet(
                subnet["SubnetId"],
                subnet["VpcId"],
                subnet["AvailabilityZoneId"],
                0 if subnet.get("Ipv6Native") else _free_addresses(subnet, endpoints),
                unsupported_location(subnet),
            )
            for subnet in found
        ]

    def security_groups(
        self, account: str, region: str, group_ids: Sequence[str]
    ) -> list[SecurityGroup]:
        with request_scope(account, region):
            groups = [ec2._security_groups[i] for i in group_ids if i in ec2._security_groups]
        return [SecurityGroup(group["GroupId"], group["VpcId"]) for group in groups]

    def create_endpoint(self, caller: Caller, endpoint: Endpoint) -> str:
        _authorize(caller, _creation_checks(caller, endpoint))
        with request_scope(caller.account, caller.region):
            if ec2._vpcs[endpoint.vpc_id]["OwnerId"] != caller.account:
                raise PermissionError(NOT_IN_SHARED_VPCS)
            _make_service_linked_role(caller)
            before = set(ec2._vpc_endpoints)
            ec2._ACTION_MAP["CreateVpcEndpoint"](_parameters(endpoint))
            (made,) = set(ec2._vpc_endpoints) - before
        return str(made)

    def delete_endpoint(self, caller: Caller, endpoint_id: str) -> None:
        with request_scope(caller.account, caller.region):
            keys = {f"aws:ResourceTag/{k}": v for k, v in tags_of(endpoint_id).items()}
            keys |= {f"ec2:ResourceTag/{k}": v for k, v in tags_of(endpoint_id).items()}
            arn = f"{_arn_prefix(caller)}:vpc-endpoint/{endpoint_id}"
            _authorize(
                caller,
                [
                    Check("ec2:DescribeVpcEndpoints", "*"),
                    Check("ec2:DeleteVpcEndpoints", arn, keys),
                ],
            )
            ec2._ACTION_MAP["DeleteVpcEndpoints"]({"VpcEndpointId.1": [endpoint_id]})


def _creation_checks(caller: Caller, endpoint: Endpoint) -> list[Check]:
    prefix = _arn_prefix(caller)
    parts = [
        f"{prefix}:vpc/{endpoint.vpc_id}",
        *(f"{prefix}:subnet/{each}" for each in endpoint.subnet_ids),
        *(f"{prefix}:security-group/{each}" for each in endpoint.security_group_ids),
    ]
    tags = request_tags(endpoint.tags)
    tagging = tags | {"ec2:CreateAction": "CreateVpcEndpoint"}
    return [
        *(Check(f"ec2:{read}", "*") for read in _READS),
        Check("ec2:DescribeVpcAttribute", f"{prefix}:vpc/{endpoint.vpc_id}"),
        *(Check("ec2:CreateVpcEndpoint", part, _tag_keys(part)) for part in parts),
        Check("ec2:CreateVpcEndpoint", f"{prefix}:vpc-endpoint/*", tags),
        Check("ec2:CreateTags", f"{prefix}:vpc-endpoint/*", tagging),
    ]


def _tag_keys(arn: str) -> dict[str, Any]:
    return {f"aws:ResourceTag/{k}": v for k, v in tags_of(arn.rpartition("/")[2]).items()}


def _arn_prefix(caller: Caller) -> str:
    return f"arn:aws:ec2:{caller.region}:{caller.account}"


def _authorize(caller: Caller, checks: Sequence[Check]) -> None:
    for check in checks:
        service = check.action.partition(":")[0]
        if denied := authorize_caller(access_key.get(), service, caller.region, check):
            raise PermissionError(str(denied))


def _make_service_linked_role(caller: Caller) -> None:
    """Create MSK's service-linked role, with the permissions of the caller, unless it exists."""
    if iam._roles.get(SERVICE_LINKED_ROLE):
        return
    path = "aws-service-role/kafka.amazonaws.com"
    arn = f"arn:aws:iam::{caller.account}:role/{path}/{SERVICE_LINKED_ROLE}"
    keys = {"iam:AWSServiceName": "kafka.amazonaws.com"}
    _authorize(caller, [Check("iam:CreateServiceLinkedRole", arn, keys)])
    iam._create_service_linked_role({"AWSServiceName": ["kafka.amazonaws.com"]})


def _parameters(endpoint: Endpoint) -> dict[str, list[str]]:
    """Return the parameters of CreateVpcEndpoint in EC2's query protocol."""
    parameters = {
        "VpcId": [endpoint.vpc_id],
        "ServiceName": [endpoint.service_name],
        "VpcEndpointType": ["Interface"],
        "TagSpecification.1.ResourceType": ["vpc-endpoint"],
    }
    for number, subnet in enumerate(endpoint.subnet_ids, 1):
        parameters[f"SubnetId.{number}"] = [subnet]
    for number, group in enumerate(endpoint.security_group_ids, 1):
        parameters[f"SecurityGroupId.{number}"] = [group]
    for number, (key, value) in enumerate(endpoint.tags.items(), 1):
        parameters[f"TagSpecification.1.Tag.{number}.Key"] = [key]
        parameters[f"TagSpecification.1.Tag.{number}.Value"] = [value]
    return parameters


def _free_addresses(subnet: dict[str, Any], endpoints: Sequence[dict[str, Any]]) -> int:
    """Count free addresses: an interface endpoint uses one, which MiniStack does not count."""
    used = sum(subnet["SubnetId"] in endpoint["SubnetIds"] for endpoint in endpoints)
    return ip_network(subnet["CidrBlock"]).num_addresses - RESERVED_ADDRESSES - used
