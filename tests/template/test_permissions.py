"""The permissions of the templates, checked with AWS's service authorization reference."""

import json
import re
from importlib.resources import files
from typing import Any

from tests.support.permission_page import PAGE, page
from tests.support.permissions import (
    TEMPLATES,
    Permission,
    managed_policies,
    permissions,
    permissions_of,
    roles,
)
from tests.support.unused_permissions import MANAGED, UNUSED

REFERENCE: dict[str, dict[str, Any]] = json.loads(
    (files("cfnlint") / "data/AdditionalSpecs/Policies.json").read_text()
)
"""As cfn-lint ships it; the names of actions are in lower case."""


def arns(action: str) -> list[str]:
    """Return the ARN formats on which *action* can be granted; none if only on `*`."""
    service, _, operation = action.partition(":")
    known = REFERENCE[service]
    types = known["Actions"][operation.lower()].get("Resources", [])
    formats = {name.lower(): one["ARNFormats"] for name, one in known["Resources"].items()}
    return [form for one in types for form in formats[one.lower()]]


def test_the_page_of_permissions_is_that_of_the_templates() -> None:
    assert PAGE.read_text() == page(), "run `make docs`"


def test_a_star_resource_is_used_only_for_actions_without_resource_types() -> None:
    assert [one for one in granted() if (one.resource == "*") == bool(arns(one.action))] == []


def test_an_action_is_granted_on_resource_types_that_it_supports() -> None:
    by_arn = [one for one in granted() if one.resource.startswith("arn:")]

    assert [one for one in by_arn if not knows(one)] == []


def test_resources_are_named_by_the_namespace_and_not_by_the_stack() -> None:
    assert [one for one in granted() if "AWS::StackName" in one.resource] == []


def granted() -> list[Permission]:
    """Return the permissions of the templates, without session policies."""
    return [one for name in TEMPLATES for role in roles(name) for one in permissions_of(name, role)]


def knows(permission: Permission) -> bool:
    """Return whether the action of *permission* supports the type of its resource."""
    kind = re.sub(r"\$\{.*?\}", "$", permission.resource).split(":", 5)[5]
    forms = (form.split(":", 5)[5] for form in arns(permission.action))
    return any(kind.startswith(re.split(r"[.*$]", form)[0]) for form in forms)


def test_an_action_is_granted_once_to_a_role_and_named_in_full() -> None:
    found = permissions()

    assert len({(one.role, one.action, one.resource) for one in found}) == len(found)
    assert not [one for one in found if "*" in one.action]


def test_every_reason_for_an_unused_permission_is_for_a_granted_one() -> None:
    assert UNUSED.keys() <= {(one.role, one.action) for one in permissions()}
    assert set(MANAGED) == {
        policy
        for name in TEMPLATES
        for role in roles(name)
        for policy in managed_policies(name, role)
    }
