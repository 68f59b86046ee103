"""
Least privilege in both directions: no call was denied, and each permission was used.

Runs last (conftest.py), because it evaluates the calls of all other tests here.
"""

import json
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest

from localcloud.cloud import Cloud
from localcloud.iam.decisions import Decision
from msklink.aws.dry_run.call import READS
from tests.support.permissions import (
    TEMPLATES,
    Permission,
    allowed,
    managed_policies,
    permissions,
    permissions_of,
    roles,
    sessions,
)
from tests.support.unused_permissions import UNUSED

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]


@pytest.fixture(scope="module")
def names(cloud: Cloud) -> dict[str, list[tuple[str, str]]]:
    """Return the deployed roles as (account, name), by logical id."""
    stacks = [(cloud.owner, "msklink"), *((client, "msklink-client") for client in cloud.clients)]
    found: dict[str, list[tuple[str, str]]] = {}
    for account, stack in stacks:
        formation = cloud.client("cloudformation", account)
        for one in formation.describe_stack_resources(StackName=stack)["StackResources"]:
            if one["ResourceType"] == "AWS::IAM::Role":
                role = (account, one["PhysicalResourceId"])
                found.setdefault(one["LogicalResourceId"], []).append(role)
    return found


def ours(cloud: Cloud) -> list[Decision]:
    """Return the decisions on roles of the stacks; tests name their own sessions `test`."""
    return [
        decision
        for decision in cloud.decisions()
        if ":assumed-role/msklink-" in decision.principal
        and not decision.principal.endswith("/test")
    ]


def used(found: Iterable[Decision], wanted: Permission) -> bool:
    """Return whether one of the decisions *found* allowed the action on such a resource."""
    return any(
        decision.allowed
        and decision.action == wanted.action
        and fnmatchcase(decision.resource, wanted.resource)
        for decision in found
    )


def used_by_roles(
    cloud: Cloud, names: dict[str, list[tuple[str, str]]], found: list[Decision]
) -> Iterator[Permission]:
    for template in TEMPLATES:
        for logical_id in roles(template):
            written = permissions_of(template, logical_id)
            for account, name in names[logical_id]:
                session = f":{account}:assumed-role/{name}/"
                of_role = [decision for decision in found if session in decision.principal]
                deployed = deployed_permissions(cloud, account, name)
                for one, real in zip(written, deployed, strict=True):
                    assert (one.action, one.conditional) == (real.action, real.conditional)
                    if used(of_role, real):
                        yield one


def deployed_permissions(cloud: Cloud, account: str, role: str) -> list[Permission]:
    iam = cloud.client("iam", account)
    policies = sorted(iam.list_role_policies(RoleName=role)["PolicyNames"])
    documents = [
        iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        for policy in policies
    ]
    documents += [document_of(iam, arn) for arn in attached(iam, role) if ":aws:policy/" not in arn]
    return [one for document in documents for one in allowed(role, document)]


def attached(iam: Any, role: str) -> list[str]:
    """The ARNs of the managed policies of *role*."""
    found = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    return [one["PolicyArn"] for one in found]


def document_of(iam: Any, arn: str) -> Any:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]


def used_in_sessions(found: list[Decision]) -> Iterator[Permission]:
    """Yield the permissions used in sessions, whose policies are recognised by their actions."""
    whole = [*sessions().values()]
    # Those of dry runs have the reads only.
    reads = [
        [one for one in each if one.action.partition(":")[2].startswith(READS)] for each in whole
    ]
    kinds = {frozenset(one.action for one in each): each for each in [*reads, *whole]}
    for scope in {decision.scope for decision in found if decision.scope}:
        passed = list(allowed("", json.loads(scope)))
        written = kinds[frozenset(one.action for one in passed)]
        in_scope = [decision for decision in found if decision.scope == scope]
        for one, real in zip(written, passed, strict=True):
            if used(in_scope, real):
                yield one


def unused(cloud: Cloud, names: dict[str, list[tuple[str, str]]]) -> list[Permission]:
    found = ours(cloud)
    seen = {*used_by_roles(cloud, names, found), *used_in_sessions(found)}
    return [permission for permission in permissions() if permission not in seen]


def test_no_call_of_ours_was_denied(cloud: Cloud) -> None:
    denied = [decision for decision in cloud.decisions() if not decision.allowed]

    assert {decision.principal.rpartition("/")[2] for decision in denied} == {"test"}


def test_every_permission_was_used_or_has_a_reason(
    cloud: Cloud, names: dict[str, list[tuple[str, str]]]
) -> None:
    left = unused(cloud, names)
    without_reason = [one for one in left if (one.role, one.action) not in UNUSED]
    without_need = UNUSED.keys() - {(one.role, one.action) for one in left}

    assert not without_reason, "\n".join(" ".join(one[:3]) for one in without_reason)
    assert not without_need


def test_the_roles_have_the_managed_policies_of_the_page(
    cloud: Cloud, names: dict[str, list[tuple[str, str]]]
) -> None:
    for template in TEMPLATES:
        for logical_id in roles(template):
            for account, name in names[logical_id]:
                arns = attached(cloud.client("iam", account), name)
                of_aws = {arn.rpartition("/")[2] for arn in arns if ":aws:policy/" in arn}
                assert of_aws == managed_policies(template, logical_id)
