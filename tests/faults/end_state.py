"""The end state, in which generated ids and times are replaced by what they stand for."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from msklink.aws import dynamodb, msk_clusters
from msklink.cluster.description import GONE
from tests.faults.environment import Environment
from tests.support.aws import Accounts
from tests.support.functions import NAMESPACE, OWNER

MANAGED_BY = f"{NAMESPACE}/managed-by"
OPTIONAL_EVENTS = {"Run Failed"}
"""Events out that may never come: who asks again first has the failed run forgotten."""

_GENERATED = re.compile(
    r"arn:aws:kafka:[\w:-]+:vpc-connection/[\w/-]+|\b(?:vpc|subnet|sg)-[0-9a-f]+"
)
_HOST = re.compile(r"\.orders\.\w+\.c3\.")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(\+00:00|Z)?")
_VOLATILE = {"item", "updated", "requested_at", "connection_state", "last_reported_refusal"}


def end_state(environment: Environment) -> dict[str, Any]:
    """All that a run leaves behind."""
    accounts = environment.accounts
    seen = {
        "holder": dynamodb.read_cluster(environment.cluster).holder,
        "seen": _is_seen(environment),
        "running": len(environment.executions("RUNNING")),
        "policy": _statements(environment),
        "table": _table(environment),
        "parameters": {one: _parameters(accounts, one) for one in [OWNER, *accounts.clients]},
        "connections": {one: _connections(accounts, one) for one in accounts.clients},
        "groups": {one: _groups(accounts, one) for one in accounts.clients},
    }
    named: dict[str, Any] = _with_sorted_lists(_normalized(environment, seen))
    return named


def _is_seen(environment: Environment) -> bool:
    """Whether the last run that came to its end saw the cluster as it is."""
    cluster = msk_clusters.describe_cluster(
        environment.accounts.client("kafka"), environment.cluster
    )
    now = cluster.fingerprint(NAMESPACE) if cluster else GONE
    return dynamodb.read_cluster(environment.cluster).cluster_fingerprint == now


def _normalized(environment: Environment, seen: Any) -> Any:
    """*seen* with names in the place of what is generated."""
    names = _names(environment.accounts)
    text = _GENERATED.sub(lambda match: names.get(match[0], match[0]), json.dumps(seen))
    text = text.replace(environment.cluster.split("/")[2], "UUID")
    return json.loads(_TIME.sub("TIME", _HOST.sub(".orders.HOST.", text)))


def _with_sorted_lists(node: Any) -> Any:
    """*node* with its lists sorted, which only now can be done the same way each time."""
    if isinstance(node, dict):
        return {key: _with_sorted_lists(node[key]) for key in sorted(node)}
    if isinstance(node, list):
        return sorted(map(_with_sorted_lists, node), key=json.dumps)
    return node


def published_events(environment: Environment) -> set[str]:
    """What others were told so far, each once: it may be told again, by another run."""
    environment.events += environment.accounts.take_events()
    facts = ("detail_type", "account", "vpc_id", "scheme")
    promised = [one for one in environment.events if one["detail_type"] not in OPTIONAL_EVENTS]
    return {
        " ".join(one[fact] for fact in facts if fact in one)
        for one in _normalized(environment, promised)
    }


def operations(environment: Environment) -> Counter[str]:
    """How often MSK did what, brokers rolled and connections made."""
    listed = environment.accounts.client("kafka").list_cluster_operations_v2(
        ClusterArn=environment.cluster
    )
    return Counter(operation["OperationType"] for operation in listed["ClusterOperationInfoList"])


def foreign_resources(environment: Environment) -> dict[str, Any]:
    """What belongs to others, as it is."""
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
    """Where *after* is not as *before*, one line each."""
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
    """Those of the cluster policy, which MSKLink deletes with its last statement."""
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
    """The items but for times and counts; nobody looks at a record that is over."""
    items: dict[str, Any] = json.loads(
        json.dumps(environment.accounts.items(environment.cluster), default=str)
    )
    cluster = items.pop("cluster", {})
    kept = {
        key: {name: fact for name, fact in item.items() if name not in _VOLATILE}
        for key, item in items.items()
        if item.get("wanted", True) or item["state"] not in {"refused", "failed"}
    }
    return kept | {"cluster": {key: cluster.get(key) or [] for key in ("enabling", "refusals")}}


def _parameters(accounts: Accounts, account: str) -> dict[str, Any]:
    found: dict[str, Any] = dict(accounts.parameters(account, "/"))
    return {
        name: _status(json.loads(text)) if name.endswith("/status") else text
        for name, text in found.items()
    }


def _status(said: dict[str, Any]) -> dict[str, Any]:
    """Of why a client left it gives the words for what went last, which may be another scheme."""
    said.pop("updated")
    if said["state"] == "offboarded":
        said["refusal"] = said["refusal"]["code"]
    return said


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
    """What each generated id stands for."""
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
