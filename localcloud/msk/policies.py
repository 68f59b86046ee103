"""The cluster policy: one document per cluster, replaced as a whole, with a version."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from localcloud.msk.authorization import as_list, find_cluster
from localcloud.msk.errors import (
    DUPLICATE_SID,
    INVALID_CLUSTER_ARN,
    POLICY_VERSION_NEEDED,
    PRINCIPAL_NOT_FOUND,
    STALE_POLICY_VERSION,
    MskError,
    bad_request,
    not_found,
)
from localcloud.msk.model import Cluster, ClusterPolicy, Json
from localcloud.msk.store import Call, Store

LONGEST_POLICY: Final = 20480
_SID: Final = re.compile(r"[0-9A-Za-z]*")
_ORPHAN: Final = re.compile(r"A[A-Z]{2}A[A-Z0-9]{12,}")
_CLUSTER: Final = re.compile(r"arn:[\w-]+:kafka:[\w-]+:\d+:cluster/[^*?]+")
_AWS_PRINCIPAL: Final = re.compile(
    r"\*|\d{12}|arn:[\w-]+:(iam|sts)::\d{12}:(root|(role|user|assumed-role)/.+)|" + _ORPHAN.pattern
)


def get_cluster_policy(call: Call) -> Json:
    policy = _policy(find_cluster(call))
    return {"CurrentVersion": policy.version, "Policy": policy.text}


def put_cluster_policy(call: Call) -> Json:
    cluster = find_cluster(call)
    text: str = call.params["Policy"]
    document = checked(text)
    _check_principals(document, call.store)
    _check_resources(document, cluster)
    given = call.params.get("CurrentVersion")
    if cluster.policy and call.fault.stale:
        cluster.policy = replace(cluster.policy, version=call.store.version())
    if cluster.policy and given is None:
        raise bad_request(POLICY_VERSION_NEEDED, "currentVersion")
    if given is not None and (cluster.policy is None or given != cluster.policy.version):
        raise bad_request(STALE_POLICY_VERSION, "currentVersion")
    if call.store.assumptions.policy_is_normalised:
        text = json.dumps(_normalised(document))
    put = ClusterPolicy(text, call.store.version())
    _replace(call.store, cluster, put)
    return {"CurrentVersion": put.version}


def delete_cluster_policy(call: Call) -> Json:
    cluster = find_cluster(call)
    _policy(cluster)
    _replace(call.store, cluster, None)
    return {}


def _replace(store: Store, cluster: Cluster, policy: ClusterPolicy | None) -> None:
    cluster.policy = policy

    def take_effect() -> None:
        cluster.policy_in_force = policy

    if delay := store.assumptions.policy_delay_seconds:
        store.after(delay, take_effect)
    else:
        take_effect()


def _policy(cluster: Cluster) -> ClusterPolicy:
    if cluster.policy is None:
        raise not_found(f"The cluster {cluster.arn} has no cluster policy.", "clusterArn")
    return cluster.policy


def checked(text: str) -> Json:
    """Return the parsed document, or raise the error of PutClusterPolicy."""
    if not 1 <= len(text) <= LONGEST_POLICY:
        raise bad_request(
            f"The policy must have from 1 to {LONGEST_POLICY} characters, this has {len(text)}.",
            "policy",
        )
    try:
        document = json.loads(text)
    except ValueError as error:
        raise _malformed("it is not JSON") from error
    if not isinstance(document, dict) or not document.get("Statement"):
        raise _malformed("it has no Statement")
    statements = as_list(document["Statement"])
    for statement in statements:
        _check_statement(statement)
    sids = [statement["Sid"] for statement in statements if "Sid" in statement]
    if len(sids) != len(set(sids)):
        raise bad_request(DUPLICATE_SID, "policy")
    return document


def _check_statement(statement: Any) -> None:
    if not isinstance(statement, dict):
        raise _malformed("a statement is not an object")
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise _malformed("Effect must be Allow or Deny")
    sid = statement.get("Sid", "")
    if not isinstance(sid, str) or not _SID.fullmatch(sid):
        raise _malformed("a Sid has only letters and digits")
    for element in ("Action", "Resource"):
        if (element in statement) is (f"Not{element}" in statement):
            raise _malformed(f"a statement needs one of {element} and Not{element}")
        values = as_list(statement.get(element, statement.get(f"Not{element}")))
        if not values or not all(isinstance(value, str) for value in values):
            raise _malformed(f"{element} must be one or more strings")
    _check_principal(statement.get("Principal"))


def _check_principal(principal: Any) -> None:
    if principal == "*":
        return
    if not isinstance(principal, dict) or not principal:
        raise _malformed("a statement needs a Principal")
    for kind, names in principal.items():
        for name in as_list(names):
            known = kind == "Service" or (kind == "AWS" and _is_aws_principal(name))
            if not known:
                raise _invalid_principal(kind, name)


def _is_aws_principal(name: Any) -> bool:
    return isinstance(name, str) and bool(_AWS_PRINCIPAL.fullmatch(name))


def _check_principals(document: Json, store: Store) -> None:
    """Refuse principals of closed accounts and deleted roles, which IAM cannot resolve."""
    for name in _aws_principals(document):
        account = name if name.isdigit() else name.split(":")[4] if ":" in name else None
        if account in store.closed_accounts or _ORPHAN.fullmatch(name):
            if store.assumptions.bad_principal_is_named:
                raise _invalid_principal("AWS", name)
            raise bad_request(PRINCIPAL_NOT_FOUND, "policy")


def _aws_principals(document: Json) -> Iterator[str]:
    for statement in as_list(document["Statement"]):
        principal = statement["Principal"]
        yield from as_list(principal.get("AWS", [])) if isinstance(principal, dict) else []


def _check_resources(document: Json, cluster: Cluster) -> None:
    for statement in as_list(document["Statement"]):
        for resource in as_list(statement.get("Resource", [])):
            if _CLUSTER.fullmatch(resource) and resource != cluster.arn:
                raise bad_request(INVALID_CLUSTER_ARN + resource, "policy")


def _invalid_principal(kind: str, name: Any) -> MskError:
    return bad_request(f"Invalid principal in policy: {kind} {name}", "policy")


def _malformed(why: str) -> MskError:
    return bad_request(f"The policy is not valid: {why}.", "policy")


def _normalised(document: Json) -> Json:
    """Return the document with account ids as root ARNs, and lists of one as scalars."""

    def scalar(value: Any) -> Any:
        return value[0] if isinstance(value, list) and len(value) == 1 else value

    def arn(name: str) -> str:
        return f"arn:aws:iam::{name}:root" if re.fullmatch(r"\d{12}", name) else name

    statements = []
    for statement in as_list(document["Statement"]):
        principal = statement["Principal"]
        if isinstance(principal, dict):
            principal = {
                kind: scalar([arn(name) for name in as_list(names)])
                for kind, names in principal.items()
            }
        tidied = {key: scalar(value) for key, value in statement.items()}
        statements.append(tidied | {"Principal": principal})
    return {**document, "Statement": statements}
