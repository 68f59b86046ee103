"""docs/permissions.md, made from the templates and our code; `make docs` writes it."""

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

What each role may do, and whether the end-to-end tests saw it do so, on an embedded AWS that
enforces IAM. They fail on a permission that was not used and has no reason here, on a reason that
is not needed, and on a call of ours that was denied (`tests/e2e/test_permissions.py`). A role has
`*` only where the service authorization reference has no resource type for the action.
"""

SESSIONS = """\
## Sessions of the client role

Nobody uses the client role as a whole: each step assumes it with a session policy, and may do what
both allow ([decision 14](decisions/0014-scoped-sessions.md)). Here `*` leaves the role's own
resources and conditions as they are.
"""

MANAGED_POLICIES = """\
## Policies of AWS

SAM gives these to the roles that it makes. They are on all resources, and the embedded AWS has
neither logs nor traces of its own.

| policy | for | roles |
|---|---|---|
"""

COLUMNS = "| action | on | condition | used |\n|---|---|---|---|\n"


def page() -> str:
    """The whole page."""
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
