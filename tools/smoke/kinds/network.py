"""VPCs and subnets; a VPC of the smoke test goes with all that is in it."""

from typing import Any

from botocore.exceptions import ClientError

from tools.smoke.accounts import attempt
from tools.smoke.kinds import msk
from tools.smoke.resources import Kind
from tools.smoke.smoke import Smoke
from tools.smoke.state import Json

MINUTES = 15
"""MSK takes some to release the network interfaces of a deleted cluster or connection."""


def tags(smoke: Smoke, kind: str, name: str) -> list[dict[str, Any]]:
    """Return the parameter TagSpecifications of EC2."""
    named = [*smoke.tag_list, {"Key": "Name", "Value": f"{smoke.name}-{name}"}]
    return [{"ResourceType": kind, "Tags": named}]


def _filters(smoke: Smoke, entry: Json) -> list[dict[str, Any]]:
    name = f"{smoke.name}-{entry['name']}"
    return [{"Name": "tag:Name", "Values": [name]}]


def _ec2(smoke: Smoke, entry: Json) -> Any:
    return smoke.account(entry["account"]).client("ec2")


def _find_vpc(smoke: Smoke, entry: Json) -> str | None:
    found = _ec2(smoke, entry).describe_vpcs(Filters=_filters(smoke, entry))["Vpcs"]
    return found[0]["VpcId"] if found else None


def _find_subnet(smoke: Smoke, entry: Json) -> str | None:
    found = _ec2(smoke, entry).describe_subnets(Filters=_filters(smoke, entry))["Subnets"]
    return found[0]["SubnetId"] if found else None


def _delete_subnet(smoke: Smoke, entry: Json) -> None:
    ec2 = _ec2(smoke, entry)
    _retry(
        smoke,
        lambda: ec2.delete_subnet(SubnetId=entry["id"]),
        f"subnet {entry['id']} is no longer used",
    )


def _delete_vpc(smoke: Smoke, entry: Json) -> None:
    ec2, vpc_id = _ec2(smoke, entry), entry["id"]
    for one in msk.connections(smoke, entry["account"], vpc_id):
        msk.delete_connection(smoke, entry["account"], one["VpcConnectionArn"])
    here = [{"Name": "vpc-id", "Values": [vpc_id]}]
    endpoints = ec2.describe_vpc_endpoints(Filters=here)["VpcEndpoints"]
    left = [one["VpcEndpointId"] for one in endpoints if one.get("State") != "deleted"]
    if left:  # of a connection that was deleted otherwise than by MSK
        ec2.delete_vpc_endpoints(VpcEndpointIds=left)
    for group in ec2.describe_security_groups(Filters=here)["SecurityGroups"]:
        if group["GroupName"] != "default":  # MSKLink's own
            group_id = group["GroupId"]
            _retry(
                smoke,
                lambda group_id=group_id: ec2.delete_security_group(GroupId=group_id),
                f"security group {group_id} is no longer used",
            )
    _retry(smoke, lambda: ec2.delete_vpc(VpcId=vpc_id), f"VPC {vpc_id} is empty")


def _retry(smoke: Smoke, call: Any, what: str) -> None:
    """Repeat a call of EC2 while something still uses the resource."""

    def is_done() -> bool:
        try:
            call()
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code.endswith(".NotFound"):
                return True
            if code != "DependencyViolation":
                raise
            return False
        return True

    smoke.until(is_done, what, MINUTES)


def default_group(smoke: Smoke, role: str, vpc_id: str) -> str:
    """Return the id of the default security group of a VPC."""
    groups = (
        smoke.account(role)
        .client("ec2")
        .describe_security_groups(
            Filters=[
                {"Name": "vpc-id", "Values": [vpc_id]},
                {"Name": "group-name", "Values": ["default"]},
            ]
        )
    )
    return str(groups["SecurityGroups"][0]["GroupId"])


def vpc_exists(smoke: Smoke, role: str, vpc_id: str) -> bool:
    return attempt(smoke.account(role).client("ec2").describe_vpcs, VpcIds=[vpc_id]).accepted


KINDS = {
    "vpc": Kind(_find_vpc, _delete_vpc, "ec2 delete-vpc --vpc-id {id}"),
    "subnet": Kind(_find_subnet, _delete_subnet, "ec2 delete-subnet --subnet-id {id}"),
}
