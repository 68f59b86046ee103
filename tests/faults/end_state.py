"""The end state as a value, with generated ids and times replaced by stable names."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from msklink.aws import cluster_item, msk_clusters
from msklink.aws.eventbridge import DetailType
from msklink.services import connectivity
from tests.faults import users
from tests.faults.environment import Environment
from tests.support.aws import Accounts
from tests.support.change_control import scheduled
from tests.support.functions import NAMESPACE, OWNER

MANAGED_BY = f"{NAMESPACE}/managed-by"
OPTIONAL_EVENTS = {"Run Failed"}
"""Events that may be lost: a new request first forgets the failed run, without an event."""

_GENERATED = re.compile(
    r"arn:aws:kafka:[\w:-]+:vpc-connection/[\w/-]+|\b(?:vpc|subnet|sg)-[0-9a-f]+"
)
_SECRET = re.compile(r"(:secret:\w+)-\w{6}\b")
_HOST = re.compile(r"\.orders\.\w+\.c3\.")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(\+00:00|Z)?")
_VOLATILE = {"item", "updated", "requested_at", "connection_state", "last_reported_refusal"}


def end_state(environment: Environment) -> dict[str, Any]:
    """Return everything that a run can change, in a form that can be compared."""
    accounts = environment.accounts
    found = {
        "holder": cluster_item.read_cluster(environment.cluster).holder,
        "cluster is unchanged": _is_unchanged(environment),
        "running": len(environment.executions("RUNNING")),
        "policy": _statements(environment),
        "table": _table(environment),
        "parameters": {one: _parameters(accounts, one) for one in [OWNER, *accounts.clients]},
        "connections": {one: _connections(accounts, one) for one in accounts.clients},
        "topics": sorted(
            f"{topic.name} {topic.partitions} {topic.replicas}"
            for topic in accounts.msk.topics_of(environment.cluster)
        ),
        "secrets": users.secrets_of(environment),
        "associated": users.associated(environment),
        "groups": {one: _groups(accounts, one) for one in accounts.clients},
        "holds": _holds(environment),
    }
    named: dict[str, Any] = _with_sorted_lists(_normalized(environment, found))
    return named


def _holds(environment: Environment) -> list[dict[str, Any]]:
    """Return what is recorded to wait, and whether a sweep is scheduled for when it ends."""
    schedules = [at - timedelta(seconds=1) for at in scheduled(environment.accounts)]
    return [
        {
            "reason": one.hold.reason.model_dump(mode="json"),
            "schemes": list(one.schemes),
            "sweep": one.hold.until in schedules,
        }
        for one in cluster_item.read_cluster(environment.cluster).holds
    ]


def _is_unchanged(environment: Environment) -> bool:
    """Return whether the last successful run read the cluster as it is now."""
    cluster = msk_clusters.describe_cluster(
        environment.accounts.client("kafka"), environment.cluster
    )
    read = cluster_item.read_cluster(environment.cluster).cluster_fingerprint
    return read == connectivity.fingerprint(cluster)


def _normalized(environment: Environment, found: Any) -> Any:
    """Return *found* with names in place of generated ids."""
    names = _names(environment.accounts)
    text = _GENERATED.sub(lambda match: names.get(match[0], match[0]), json.dumps(found))
    text = _SECRET.sub(r"\1", text.replace(environment.cluster.split("/")[2], "UUID"))
    return json.loads(_TIME.sub("TIME", _HOST.sub(".orders.HOST.", text)))


def _with_sorted_lists(node: Any) -> Any:
    """Return *node* with its lists sorted, which needs the stable names."""
    if isinstance(node, dict):
        return {key: _with_sorted_lists(node[key]) for key in sorted(node)}
    if isinstance(node, list):
        return sorted(map(_with_sorted_lists, node), key=json.dumps)
    return node


def published_events(environment: Environment) -> set[str]:
    """Return the events so far, each once: delivery is at least once."""
    environment.events += environment.accounts.take_events()
    required = [one for one in environment.events if one["detail_type"] not in OPTIONAL_EVENTS]
    return {_event_name(one) for one in _normalized(environment, required)}


def _event_name(event: dict[str, Any]) -> str:
    """Return what identifies *event*; a hold is one for each reason and its schemes."""
    facts = [event["detail_type"]]
    if event["detail_type"] == DetailType.CONNECTIVITY_HELD:
        facts += [
            event["refusal"]["code"],
            *event.get("schemes", ()),
            "for",
            *event.get("accounts", ()),
        ]
    facts += [event[fact] for fact in ("account", "vpc_id", "scheme") if fact in event]
    return " ".join(facts)


def operations(environment: Environment) -> Counter[str]:
    """Count the operations of the cluster by type, such as UPDATE_CONNECTIVITY."""
    listed = environment.accounts.client("kafka").list_cluster_operations_v2(
        ClusterArn=environment.cluster
    )
    return Counter(operation["OperationType"] for operation in listed["ClusterOperationInfoList"])


def foreign_resources(environment: Environment) -> dict[str, Any]:
    """Return what MSKLink must not change: foreign statements, groups, parameters and tags."""
    accounts = environment.accounts
    return {
        "policy": [
            statement
            for statement in _statements(environment)
            if not statement["Sid"].lower().startswith(NAMESPACE)
        ],
        "accounts": {
            account: _foreign_in_account(accounts, account) for account in accounts.clients
        },
    }


def differences(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """Yield each difference between *before* and *after*, as one line."""
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            yield from differences(before.get(key), after.get(key), f"{path} > {key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from differences(one, other, f"{path} > {number}")
    else:
        yield f"{path.removeprefix(' > ')}: should be {before}, is {after}"


def _statements(environment: Environment) -> list[dict[str, Any]]:
    """Return the statements of the cluster policy; MSKLink deletes a policy that has none left."""
    try:
        statements: list[dict[str, Any]] = environment.accounts.policy(environment.cluster)[
            "Statement"
        ]
    except environment.accounts.client("kafka").exceptions.NotFoundException:
        return []
    return statements


def _foreign_in_account(accounts: Accounts, account: str) -> dict[str, Any]:
    ec2, ssm = accounts.client("ec2", account), accounts.client("ssm", account)
    described = ssm.describe_parameters()["Parameters"]
    return {
        "groups": [
            group
            for group in ec2.describe_security_groups()["SecurityGroups"]
            if MANAGED_BY not in _tags(group)
        ],
        "parameters": [
            {name: str(fact) for name, fact in parameter.items()}
            for parameter in described
            if parameter.get("Description") != "Written by MSKLink"
        ],
        "tags": [
            [one["ResourceId"], one["Key"], one["Value"]]
            for one in ec2.describe_tags()["Tags"]
            if one["ResourceType"] in {"vpc", "subnet"}
        ],
    }


def _table(environment: Environment) -> dict[str, Any]:
    """Return the items without times and counts, and without records of ended connections."""
    items: dict[str, Any] = json.loads(
        json.dumps(environment.accounts.items(environment.cluster), default=str)
    )
    cluster = items.pop("cluster", {})
    kept = {
        key: {name: fact for name, fact in item.items() if name not in _VOLATILE}
        for key, item in items.items()
        if item.get("wanted", True) or item["state"] not in {"refused", "failed"}
    }
    for item in kept.values():
        if "users" in item.get("digests", {}):  # of an ARN that ends with random letters
            item["digests"]["users"] = "there"
    return kept | {"cluster": {key: cluster.get(key) or [] for key in ("enabling", "refusals")}}


def _parameters(accounts: Accounts, account: str) -> dict[str, Any]:
    found: dict[str, Any] = dict(accounts.parameters(account, "/"))
    return {
        name: _status(json.loads(text)) if name.endswith("/status") else text
        for name, text in found.items()
    }


def _status(status: dict[str, Any]) -> dict[str, Any]:
    """Keep only the code of an offboarding: its message names the scheme that was removed last."""
    status.pop("updated")
    if status["state"] == "offboarded":
        status["refusal"] = status["refusal"]["code"]
    return status


def _connections(accounts: Accounts, account: str) -> list[dict[str, Any]]:
    kafka = accounts.client("kafka", account)
    facts = ("Authentication", "VpcId", "State", "Subnets", "SecurityGroups", "Tags")
    described = [
        kafka.describe_vpc_connection(Arn=one["VpcConnectionArn"])
        for one in accounts.connections(account)
    ]
    return [{fact: one[fact] for fact in facts} for one in described]


def _groups(accounts: Accounts, account: str) -> list[dict[str, Any]]:
    groups = accounts.client("ec2", account).describe_security_groups()["SecurityGroups"]
    facts = ("GroupId", "VpcId", "Description", "IpPermissions", "IpPermissionsEgress")
    return [{fact: group[fact] for fact in facts} | {"Tags": _tags(group)} for group in groups]


def _names(accounts: Accounts) -> dict[str, str]:
    """Return a stable name for each generated id."""
    names: dict[str, str] = {}
    for account in accounts.clients:
        ec2 = accounts.client("ec2", account)
        for vpc in ec2.describe_vpcs()["Vpcs"]:
            names[vpc["VpcId"]] = f"{_tags(vpc).get('Name', 'default VPC')} of {account}"
        for subnet in ec2.describe_subnets()["Subnets"]:
            place = f"{subnet['AvailabilityZone']} {subnet['CidrBlock']}"
            names[subnet["SubnetId"]] = f"subnet {place} of {names[subnet['VpcId']]}"
        for group in ec2.describe_security_groups()["SecurityGroups"]:
            names[group["GroupId"]] = f"group {group['GroupName']} of {names[group['VpcId']]}"
        for one in accounts.connections(account):
            connected = f"{one['Authentication']} of {names[one['VpcId']]}"
            names[one["VpcConnectionArn"]] = f"connection {connected}"
    return names


def _tags(thing: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in thing.get("Tags", [])}
