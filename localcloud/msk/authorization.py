"""
Evaluate the cluster policy for callers of other accounts.

Callers of the owner's account are allowed here; the adapter checks identity policies.
"""

import json
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any, Final

from localcloud.msk.errors import forbidden, not_found
from localcloud.msk.model import Caller, Cluster, Json
from localcloud.msk.store import Call
from localcloud.msk.topic_permissions import Permission

CROSS_ACCOUNT_OPERATIONS: Final = {
    "CreateVpcConnection",
    "GetBootstrapBrokers",
    "DescribeCluster",
    "DescribeClusterV2",
}
CLUSTER_ARN: Final = re.compile(r"arn:[\w-]+:kafka:([\w-]+):(\d{12}):cluster/[^/]+/[^/]+")


def find_cluster(
    call: Call, parameter: str = "ClusterArn", permissions: Sequence[Permission] = ()
) -> Cluster:
    """
    Return the cluster that the call names, if the policy allows the call.

    Accounts that its policy does not admit cannot tell whether a cluster exists. What they need is
    *permissions*, or else the action of the operation, if other accounts may call it at all.
    """
    arn: str = call.params[parameter]
    match = CLUSTER_ARN.fullmatch(arn)
    wire_name = parameter[0].lower() + parameter[1:]
    if match is None or match[1] != call.caller.region:
        raise not_found(f"The cluster {arn} does not exist in {call.caller.region}.", wire_name)
    cluster = call.store.clusters.get(arn)
    needed = permissions or [(f"kafka:{call.operation}", arn)]
    may_ask = bool(permissions) or call.operation in CROSS_ACCOUNT_OPERATIONS
    if match[2] != call.caller.account:
        for action, resource in needed:
            if not (cluster and may_ask and is_admitted(cluster, call.caller, action, resource)):
                raise forbidden(
                    f"User: {call.caller.arn} is not authorized to perform: {action} "
                    f"on resource: {resource}"
                )
    if cluster is None:
        raise not_found(f"The cluster {arn} does not exist.", wire_name)
    return cluster


def is_admitted(cluster: Cluster, caller: Caller, action: str, resource: str) -> bool:
    """Return whether the cluster policy allows *action* to *caller*, and does not deny it."""
    return policy_effects(cluster, caller, action, resource) == {"Allow"}


def policy_effects(cluster: Cluster, caller: Caller, action: str, resource: str) -> set[str]:
    """Return the effects of the statements of the cluster policy that apply."""
    if cluster.policy_in_force is None:
        return set()
    return {
        statement["Effect"]
        for statement in as_list(json.loads(cluster.policy_in_force.text)["Statement"])
        if _applies(statement, caller, action, resource)
    }


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _applies(statement: Json, caller: Caller, action: str, resource: str) -> bool:
    return (
        _names_principal(statement["Principal"], caller)
        and _matches(statement, "Action", action.lower(), lower=True)
        and _matches(statement, "Resource", resource)
        and _conditions_hold(statement, caller)
    )


def _matches(statement: Json, element: str, value: str, *, lower: bool = False) -> bool:
    negated = f"Not{element}" in statement
    patterns = as_list(statement[f"Not{element}" if negated else element])
    hit = any(_like(value, pattern.lower() if lower else pattern) for pattern in patterns)
    return hit is not negated


def _like(value: str, pattern: str) -> bool:
    return fnmatchcase(value, pattern.replace("[", "[[]"))


def _names_principal(principal: Any, caller: Caller) -> bool:
    if principal == "*":
        return True
    partition = caller.arn.split(":")[1]
    names = {
        "*",
        caller.account,
        f"arn:{partition}:iam::{caller.account}:root",
        caller.arn,
        principal_arn(caller),
    }
    return not names.isdisjoint(as_list(principal.get("AWS", [])))


def principal_arn(caller: Caller) -> str:
    """Return the role's own ARN for a role session, any other caller's ARN as it is."""
    match = re.fullmatch(r"arn:([\w-]+):sts::(\d+):assumed-role/([^/]+)/.+", caller.arn)
    return f"arn:{match[1]}:iam::{match[2]}:role/{match[3]}" if match else caller.arn


def _conditions_hold(statement: Json, caller: Caller) -> bool:
    """
    Evaluate the conditions that are supported.

    An unsupported condition never matches an Allow and always matches a Deny.
    """
    facts = {"aws:principalarn": principal_arn(caller), "aws:principalaccount": caller.account}
    for operator, wanted in statement.get("Condition", {}).items():
        for key, patterns in wanted.items():
            if key.lower() not in facts or operator not in _OPERATORS:
                return bool(statement["Effect"] == "Deny")
            fact = facts[key.lower()]
            positive = not operator.endswith(("NotEquals", "NotLike"))
            wildcards = "Equals" not in operator or operator.startswith("Arn")
            hit = any(
                _like(fact, pattern) if wildcards else fact == pattern
                for pattern in as_list(patterns)
            )
            if hit is not positive:
                return False
    return True


_OPERATORS: Final = {
    f"{kind}{test}"
    for kind in ("String", "Arn")
    for test in ("Equals", "NotEquals", "Like", "NotLike")
}
