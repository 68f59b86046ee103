"""What a dry run would have changed in the networks of client accounts."""

from collections.abc import Mapping, Sequence
from typing import Any

from msklink.aws.dry_run.call import Answer, Call, PlannedError, is_last_page

Group = dict[str, Any]

_SOURCES = ("IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds")
_RULES = {"Ingress": "IpPermissions", "Egress": "IpPermissionsEgress"}


class NetworkOverlay:
    """The security groups and the tags of VPCs, as a dry run would leave them."""

    def __init__(self, vpc_tags: Mapping[tuple[str, str], Mapping[str, str | None]]) -> None:
        """Keep *vpc_tags* that are assumed, by account and VPC id; None for one that is removed."""
        self._vpc_tags = vpc_tags
        self._groups: dict[str, Group] = {}
        """Planned groups by id."""
        self._changes: list[tuple[str, str, Mapping[str, Any]]] = []
        """Changes to the rules of groups: verb, direction, parameters."""
        self._deleted: set[str] = set()
        self._with_ipv6: set[str] = set()
        """VPCs with an IPv6 block."""
        self.vpc_ids: dict[str, set[str]] = {}
        """Ids of the VPCs that were read, by account."""
        self.zone_ids: dict[str, str] = {}
        """Availability Zone ids of the subnets that were read."""

    def answer(self, call: Call) -> Answer | None:
        asked = call.parameters
        match call.operation:
            case "CreateSecurityGroup":
                return {"GroupId": self._create(call)}
            case "DeleteSecurityGroup":
                if asked["GroupId"] in self._deleted:
                    raise PlannedError("InvalidGroup.NotFound", "the group is deleted by then")
                self._deleted.add(asked["GroupId"])
                return {"Return": True}
            case (
                "AuthorizeSecurityGroupIngress"
                | "AuthorizeSecurityGroupEgress"
                | "RevokeSecurityGroupIngress"
                | "RevokeSecurityGroupEgress"
            ):
                verb, _, direction = call.operation.partition("SecurityGroup")
                self._changes.append((verb, direction, asked))
                return {"Return": True}
        return None

    def amend(self, call: Call, answer: Answer) -> None:
        match call.operation:
            case "DescribeSecurityGroups":
                self._amend_groups(call, answer)
            case "DescribeVpcs":
                self._amend_vpcs(call, answer)
            case "DescribeSubnets":
                for subnet in answer["Subnets"]:
                    self.zone_ids[subnet["SubnetId"]] = subnet["AvailabilityZoneId"]

    def _create(self, call: Call) -> str:
        """Add a group as EC2 creates one: it allows all outbound traffic (EC2 user guide)."""
        asked, group_id = call.parameters, f"sg-planned{len(self._groups) + 1}"
        everything: Group = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        if asked["VpcId"] in self._with_ipv6:
            everything["Ipv6Ranges"] = [{"CidrIpv6": "::/0"}]
        self._groups[group_id] = {
            "GroupId": group_id,
            "GroupName": asked["GroupName"],
            "VpcId": asked["VpcId"],
            "OwnerId": call.account,
            "Tags": asked["TagSpecifications"][0]["Tags"],
            "IpPermissions": [],
            "IpPermissionsEgress": [everything],
        }
        return group_id

    def _amend_groups(self, call: Call, answer: Answer) -> None:
        filters = call.parameters.get("Filters", [])
        found = list(answer["SecurityGroups"])
        if is_last_page(answer):
            of_account = [one for one in self._groups.values() if one["OwnerId"] == call.account]
            found += [{**one} for one in of_account if all(_matches(one, each) for each in filters)]
        answer["SecurityGroups"] = [
            self._with_changes(group) for group in found if group["GroupId"] not in self._deleted
        ]

    def _with_changes(self, group: Group) -> Group:
        changed = {**group}
        for verb, direction, asked in self._changes:
            if asked["GroupId"] == group["GroupId"]:
                name, permissions = _RULES[direction], asked["IpPermissions"]
                before = changed.get(name, [])
                revoke, authorize = verb == "Revoke", [*before, *permissions]
                changed[name] = _without(before, permissions) if revoke else authorize
        return changed

    def _amend_vpcs(self, call: Call, answer: Answer) -> None:
        read = self.vpc_ids.setdefault(call.account, set())
        read |= {vpc["VpcId"] for vpc in answer["Vpcs"]}
        for vpc in answer["Vpcs"]:
            if vpc.get("Ipv6CidrBlockAssociationSet"):
                self._with_ipv6.add(vpc["VpcId"])
            vpc["Tags"] = self._tags(call.account, vpc)
        by_tag = any(one["Name"] == "tag-key" for one in call.parameters.get("Filters", []))
        listed = {vpc["VpcId"] for vpc in answer["Vpcs"]}
        for account, vpc_id in self._vpc_tags if by_tag and is_last_page(answer) else ():
            if account == call.account and vpc_id not in listed:
                # Only its tags are read of a VPC that is found by a tag.
                answer["Vpcs"].append(
                    {"VpcId": vpc_id, "Tags": self._tags(account, {"VpcId": vpc_id})}
                )

    def _tags(self, account: str, vpc: Mapping[str, Any]) -> list[dict[str, str]]:
        tags = {tag["Key"]: tag["Value"] for tag in vpc.get("Tags") or []}
        assumed = {**tags, **self._vpc_tags.get((account, vpc["VpcId"]), {})}
        return [{"Key": key, "Value": value} for key, value in assumed.items() if value is not None]


def _matches(group: Group, wanted: Mapping[str, Any]) -> bool:
    """Return whether a planned *group* matches a filter of DescribeSecurityGroups."""
    tags = {tag["Key"]: tag["Value"] for tag in group["Tags"]}
    match wanted["Name"]:
        case "vpc-id":
            return group["VpcId"] in wanted["Values"]
        case "group-id":
            return group["GroupId"] in wanted["Values"]
        case "tag-key":
            return any(key in tags for key in wanted["Values"])
        case name:
            return tags.get(name.removeprefix("tag:")) in wanted["Values"]


def _without(permissions: Sequence[Group], revoked: Sequence[Group]) -> list[Group]:
    """Return *permissions* without the sources that are *revoked* from the same ports."""
    gone = [(_ports(one), source) for one in revoked for source in _sources(one)]
    return [
        {
            **one,
            **{
                kind: [
                    entry for entry in one.get(kind, []) if (_ports(one), _name(entry)) not in gone
                ]
                for kind in _SOURCES
            },
        }
        for one in permissions
    ]


def _ports(permission: Group) -> tuple[object, ...]:
    return permission["IpProtocol"], permission.get("FromPort"), permission.get("ToPort")


def _sources(permission: Group) -> list[str]:
    return [_name(entry) for kind in _SOURCES for entry in permission.get(kind, [])]


def _name(entry: Mapping[str, str]) -> str:
    names = ("CidrIp", "CidrIpv6", "GroupId", "PrefixListId")
    return next(entry[name] for name in names if name in entry)
