"""Answer what shows once MSKLink has connected the client VPC."""

from contextlib import suppress
from typing import Any

from tools.smoke.accounts import attempt
from tools.smoke.kinds import installation, msk
from tools.smoke.kinds.observers import observed
from tools.smoke.smoke import NotInTime, Smoke
from tools.smoke.steps import install, while_enabling

EVENT_MINUTES = 15
BY_TRAIL = "CloudTrail of the cluster"
TOO_OLD = '"boto3 of the Lambda runtime is too old"'
"""Filter for the message of InspectCluster (docs/decisions/0029-boto3-of-the-runtime.md)."""

Json = dict[str, Any]


def judge(smoke: Smoke, vpc_id: str) -> None:
    while_enabling.judge(smoke)
    _judge_parameters(smoke)
    _judge_connection(smoke, vpc_id)
    _judge_group(smoke, vpc_id)
    _judge_events(smoke)
    _judge_runtime(smoke)


def _judge_parameters(smoke: Smoke) -> None:
    path = f"/{installation.vpc_tag(smoke)}/iam"
    found = smoke.client.client("ssm").get_parameters_by_path(Path=path)["Parameters"]
    names = sorted(one["Name"].rpartition("/")[2] for one in found)
    smoke.judge(
        "published",
        confirmed="bootstrap.servers" in names,
        reason=f"{len(names)} properties",
        evidence={"call": "ssm:GetParametersByPath", "names": names},
    )


def _judge_connection(smoke: Smoke, vpc_id: str) -> None:
    found = msk.connections(smoke, "client", vpc_id)
    made = [one for one in found if one["State"] == "AVAILABLE"]
    tags: Json = {}
    if made:
        arn = made[0]["VpcConnectionArn"]
        described = smoke.client.client("kafka").describe_vpc_connection(Arn=arn)
        tags = described.get("Tags", {})
    for key in ("C5", "connection_tags"):
        smoke.judge(
            key,
            confirmed="msklink/managed-by" in tags,
            reason=f"MSKLink's connection is made with the tags {sorted(tags)}",
            evidence={"call": "kafka:DescribeVpcConnection", "tags": sorted(tags)},
        )


def _judge_group(smoke: Smoke, vpc_id: str) -> None:
    groups = smoke.client.client("ec2").describe_security_groups(
        Filters=[{"Name": "vpc-id", "Values": [vpc_id]}]
    )["SecurityGroups"]
    managed = [one for one in groups if one["GroupName"] != "default"]
    rules = [rule for group in managed for rule in group.get("IpPermissionsEgress", [])]
    open_rules = [
        one["CidrIpv6"]
        for rule in rules
        for one in rule.get("Ipv6Ranges", [])
        if one["CidrIpv6"] == "::/0"
    ]
    smoke.judge(
        "A2",
        confirmed=bool(managed) and not open_rules,
        reason=f"{len(managed)} group, with {len(open_rules)} rules out to ::/0",
        evidence={"call": "ec2:DescribeSecurityGroups", "egress": rules},
    )


def _judge_events(smoke: Smoke) -> None:
    """Answer which events came about the tags; a trail's come last, after some minutes."""
    namespace = smoke.options.namespace
    observer = "client" if smoke.has_two_accounts else "owner"

    def seen() -> dict[str, bool]:
        owner, client = observed(smoke, "owner"), observed(smoke, observer)
        return {
            "aws.tag of the cluster": any(_is_tag(one, "kafka", namespace) for one in owner),
            BY_TRAIL: any(one.get("eventName") == "TagResource" for one in owner),
            "aws.tag of the VPC": any(_is_tag(one, "ec2", f"{namespace}/") for one in client),
        }

    wanted = seen().keys() - (set() if smoke.state.fact("has_trail") else {BY_TRAIL})
    with suppress(NotInTime):
        smoke.until(
            lambda: all(seen()[one] for one in wanted), "the events have come", EVENT_MINUTES
        )
    found = seen()
    missing = [name for name in sorted(wanted) if not found[name]]
    reason = f"missing: {', '.join(missing)}" if missing else "all have come"
    smoke.judge("tag_events", confirmed=not missing, reason=reason, evidence=found)


def _is_tag(event: Json, service: str, prefix: str) -> bool:
    keys = event.get("changed-tag-keys", [])
    is_about = event["source"] == "aws.tag" and event.get("service") == service
    return is_about and any(key.startswith(prefix) for key in keys)


def _judge_runtime(smoke: Smoke) -> None:
    group = install.resource(smoke, "owner", smoke.state.fact("stack"), "FunctionLogs")
    logs = smoke.owner.client("logs")
    some = attempt(logs.filter_log_events, logGroupName=group, limit=1)
    if not (some.answer or {}).get("events"):
        smoke.leave_open("C6", f"There are no logs of functions: {some.code or 'none'}.")
        return
    old = attempt(logs.filter_log_events, logGroupName=group, filterPattern=TOO_OLD)
    messages = [one["message"] for one in (old.answer or {}).get("events", [])]
    smoke.judge(
        "C6",
        confirmed=not messages,
        reason="it is too old" if messages else "InspectCluster has written no warning",
        evidence={"call": "logs:FilterLogEvents", "messages": messages[:1]},
    )
