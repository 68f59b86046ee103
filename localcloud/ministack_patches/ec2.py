"""EC2: filter endpoints, protect security groups in use, map zone names by account."""

from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import ec2

from localcloud.settings import CLIENTS

# On AWS a zone name is another zone in each account (EC2 User Guide, Availability Zone IDs).
_SHIFTED = CLIENTS[-1]


def install() -> None:
    ec2._az_id_for_zone_name = _zone_id(ec2._az_id_for_zone_name)
    actions = ec2._ACTION_MAP
    actions["DescribeVpcEndpoints"] = _describe_vpc_endpoints
    actions["CreateVpcEndpoint"] = _with_security_groups(actions["CreateVpcEndpoint"])
    actions["DescribeSecurityGroups"] = _with_group_ids(actions["DescribeSecurityGroups"])
    actions["DeleteSecurityGroup"] = _unless_in_use(actions["DeleteSecurityGroup"])


def tags_of(resource_id: str) -> Mapping[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in ec2._tags.get(resource_id, [])}


def _zone_id(original: Callable[[str], str]) -> Callable[[str], str]:
    shifted = {"a": "b", "b": "c", "c": "a"}

    def zone_id(zone_name: str) -> str:
        letter = zone_name[-1]
        if get_account_id() == _SHIFTED and letter in shifted:
            return original(zone_name[:-1] + shifted[letter])
        return original(zone_name)

    return zone_id


def _describe_vpc_endpoints(parameters: dict[str, Any]) -> Any:
    """Apply filters, which MiniStack ignores."""
    wanted = ec2._parse_member_list(parameters, "VpcEndpointId")
    filters = ec2._parse_filters(parameters)
    found = "".join(
        ec2._vpce_fields_xml(endpoint)
        for endpoint in ec2._vpc_endpoints.values()
        if (not wanted or endpoint["VpcEndpointId"] in wanted) and _matches(endpoint, filters)
    )
    return ec2._xml(
        200, "DescribeVpcEndpointsResponse", f"<vpcEndpointSet>{found}</vpcEndpointSet>"
    )


_FILTERS = {
    "vpc-id": "VpcId",
    "vpc-endpoint-id": "VpcEndpointId",
    "vpc-endpoint-state": "State",
    "vpc-endpoint-type": "VpcEndpointType",
    "service-name": "ServiceName",
}


def _matches(endpoint: dict[str, Any], filters: dict[str, list[str]]) -> bool:
    if not ec2._resource_matches_tag_filters(endpoint["VpcEndpointId"], filters):
        return False
    return all(
        endpoint[_FILTERS[name]] in values for name, values in filters.items() if name in _FILTERS
    )


def _with_security_groups(original: Callable[..., Any]) -> Callable[..., Any]:
    def create(parameters: dict[str, Any]) -> Any:
        before = set(ec2._vpc_endpoints)
        answer = original(parameters)
        for endpoint_id in set(ec2._vpc_endpoints) - before:
            groups = ec2._parse_member_list(parameters, "SecurityGroupId")
            ec2._vpc_endpoints[endpoint_id]["SecurityGroupIds"] = groups
        return answer

    return create


def _with_group_ids(original: Callable[..., Any]) -> Callable[..., Any]:
    """Apply the filter group-id, which MiniStack ignores; no match is not an error."""

    def describe(parameters: dict[str, Any]) -> Any:
        wanted = ec2._parse_filters(parameters).get("group-id")
        if wanted is None:
            return original(parameters)
        there = [group_id for group_id in wanted if group_id in ec2._security_groups]
        if not there:
            empty = "<securityGroupInfo></securityGroupInfo>"
            return ec2._xml(200, "DescribeSecurityGroupsResponse", empty)
        named = {f"GroupId.{number}": [one] for number, one in enumerate(there, start=1)}
        return original({**parameters, **named})

    return describe


def _unless_in_use(original: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse to delete a group that the network interfaces of an endpoint use."""

    def delete(parameters: dict[str, Any]) -> Any:
        group = ec2._p(parameters, "GroupId")
        used = [e for e in ec2._vpc_endpoints.values() if group in e.get("SecurityGroupIds", [])]
        if used:
            return ec2._error(
                "DependencyViolation", f"resource {group} has a dependent object", 400
            )
        return original(parameters)

    return delete
