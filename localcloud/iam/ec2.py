"""The checks of the EC2 calls used here (Service Authorization Reference, Amazon EC2)."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from localcloud.iam.checks import Check, Request, request_tags

TagsOf = Callable[[str], Mapping[str, str]]

_TYPES = {
    "vpc": "vpc",
    "subnet": "subnet",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "vpce": "vpc-endpoint",
    "rtb": "route-table",
    "igw": "internet-gateway",
    "eni": "network-interface",
    "i": "instance",
}
_ON_SECURITY_GROUPS = {
    "DeleteSecurityGroup",
    "AuthorizeSecurityGroupIngress",
    "AuthorizeSecurityGroupEgress",
    "RevokeSecurityGroupIngress",
    "RevokeSecurityGroupEgress",
}


class Ec2Checks:
    """Other calls are left to MiniStack."""

    def __init__(self, tags_of: TagsOf) -> None:
        self._tags_of = tags_of

    def __call__(self, request: Request) -> list[Check]:
        match request.operation:
            case "CreateTags" | "DeleteTags":
                checks = self._tags(request)
            case "CreateSecurityGroup":
                vpc = self._each(request, [request.parameter("VpcId")])
                checks = self._creation(request, "security-group", vpc)
            case "CreateVpcEndpoint":
                parts = [request.parameter("VpcId"), *request.numbered("SubnetId")]
                parts += request.numbered("SecurityGroupId") + request.numbered("RouteTableId")
                checks = self._creation(request, "vpc-endpoint", self._each(request, parts))
            case "DeleteVpcEndpoints" | "ModifyVpcEndpoint":
                ids = [*request.numbered("VpcEndpointId"), request.parameter("VpcEndpointId")]
                checks = self._each(request, ids)
            case operation if operation in _ON_SECURITY_GROUPS:
                checks = self._each(request, [request.parameter("GroupId")])
                if tags := tag_specifications(request, "security-group-rule"):
                    checks += self._tagged(request, "security-group-rule", tags)
            case "DescribeVpcAttribute":
                checks = self._each(request, [request.parameter("VpcId")])
            case operation if operation.startswith("Describe"):
                checks = [Check(request.action, "*")]
            case _:
                checks = []
        return checks

    def _each(self, request: Request, resource_ids: Sequence[str]) -> list[Check]:
        return [self.check(request, resource_id) for resource_id in resource_ids if resource_id]

    def check(self, request: Request, resource_id: str) -> Check:
        return Check(request.action, self.arn(request, resource_id), self.keys(resource_id))

    def arn(self, request: Request, resource_id: str) -> str:
        kind = resource_type(resource_id)
        return f"arn:aws:ec2:{request.region}:{request.account}:{kind}/{resource_id}"

    def keys(self, resource_id: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in self._tags_of(resource_id).items():
            found |= {f"aws:ResourceTag/{key}": value, f"ec2:ResourceTag/{key}": value}
        return found

    def _tags(self, request: Request) -> list[Check]:
        tags: dict[str, str] = {}
        while key := request.parameter(f"Tag.{len(tags) + 1}.Key"):
            tags[key] = request.parameter(f"Tag.{len(tags) + 1}.Value")
        keys = request_tags(tags)
        if request.operation == "DeleteTags":
            keys = {"aws:TagKeys": list(tags)} if tags else {}
        return [
            Check(request.action, self.arn(request, each), self.keys(each) | keys)
            for each in request.numbered("ResourceId")
        ]

    def _creation(self, request: Request, kind: str, parts: list[Check]) -> list[Check]:
        """Return the checks of a creation: on its parts and its result, tags at creation also
        as ec2:CreateTags with the key ec2:CreateAction (EC2 User Guide, supported resources for
        tagging on creation)."""
        tags = tag_specifications(request, kind)
        created = f"arn:aws:ec2:{request.region}:{request.account}:{kind}/*"
        made = Check(request.action, created, request_tags(tags))
        return [made, *parts, *(self._tagged(request, kind, tags) if tags else [])]

    def _tagged(self, request: Request, kind: str, tags: Mapping[str, str]) -> list[Check]:
        created = f"arn:aws:ec2:{request.region}:{request.account}:{kind}/*"
        keys = request_tags(tags) | {"ec2:CreateAction": request.operation}
        return [Check("ec2:CreateTags", created, keys)]


def resource_type(resource_id: str) -> str:
    """Return the resource type of ARNs, `security-group` for `sg-…`; `*` if not used here."""
    return _TYPES.get(resource_id.partition("-")[0], "*")


def tag_specifications(request: Request, kind: str) -> dict[str, str]:
    """Return the tags that *request* sets on resources of type *kind*."""
    found: dict[str, str] = {}
    for name in request.query:
        if not (match := re.fullmatch(r"TagSpecification\.(\d+)\.Tag\.(\d+)\.Key", name)):
            continue
        spec, tag = match.groups()
        if request.parameter(f"TagSpecification.{spec}.ResourceType") == kind:
            value = request.parameter(f"TagSpecification.{spec}.Tag.{tag}.Value")
            found[request.parameter(name)] = value
    return found
