"""Generate docs/permissions.md from the templates and the code; `make docs` writes it."""

from collections.abc import Iterable
from itertools import groupby

from tests.support.cloudformation import ROOT
from tests.support.permissions import (
    TEMPLATES,
    Permission,
    managed_policies,
    permissions_of,
    roles,
    sessions,
)
from tests.support.unused_permissions import MANAGED, UNUSED

PAGE = ROOT / "docs/permissions.md"

HEAD = """\
# Permissions

The permissions of each role, and whether the end-to-end tests used them, on an embedded AWS that
enforces IAM. The tests fail if a permission is unused without a reason here, if a reason is not
needed, or if a call of MSKLink is denied (`tests/e2e/test_permissions.py`). A resource is `*` only
where the service authorization reference has no resource type for the action.
"""

SESSIONS = """\
## Sessions of the client role

Each step assumes the client role with a session policy, and may do only what both allow
([decision 14](decisions/0014-scoped-sessions.md)). Here `*` keeps the resources and conditions of
the role.
"""

MANAGED_POLICIES = """\
## AWS managed policies

SAM attaches these to the roles that it creates. They apply to all resources. The embedded AWS has
no logs and no traces.

| policy | for | roles |
|---|---|---|
"""

COLUMNS = "| action | on | condition | used |\n|---|---|---|---|\n"


def page() -> str:
    """Return the page."""
    parts = [HEAD]
    for name, title in TEMPLATES.items():
        parts.append(f"## {title}\n")
        parts += [_entry(role, permissions_of(name, role)) for role in roles(name)]
    parts.append(SESSIONS)
    parts += [_entry(session, found) for session, found in sessions().items()]
    parts.append(MANAGED_POLICIES + "".join(map(_managed, MANAGED)))
    return "\n".join(parts)


def _entry(role: str, found: Iterable[Permission]) -> str:
    by_action = groupby(found, key=lambda each: (each.action, each.conditional))
    rows = [_row(role, *key, [each.resource for each in group]) for key, group in by_action]
    return f"### {role}\n\n" + (COLUMNS + "".join(rows) if rows else "Nothing.\n")


def _row(role: str, action: str, conditional: bool, resources: list[str]) -> str:
    on = "<br>".join(f"`{resource}`" for resource in resources)
    used = "yes" if (role, action) not in UNUSED else f"no: {UNUSED[role, action]}"
    return f"| {action} | {on} | {'yes' if conditional else ''} | {used} |\n"


def _managed(policy: str) -> str:
    holders = [
        role for name in TEMPLATES for role in roles(name) if policy in managed_policies(name, role)
    ]
    return f"| {policy} | {MANAGED[policy]} | {', '.join(holders)} |\n"


if __name__ == "__main__":
    PAGE.write_text(page())
