"""
What IAM said to roles, readable at GET /_localcloud/decisions.

A call may be judged several times: on each resource it names, and on the actions it implies. What
was said before to the same session is kept once.
"""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Decision:
    principal: str  # ARN of the session of the role
    scope: str  # the session policy as it was passed, or ""
    action: str
    resource: str
    allowed: bool


_given: dict[Decision, None] = {}


def record(principal: str, scope: str, action: str, resource: str, *, allowed: bool) -> None:
    if ":assumed-role/" in principal:
        _given[Decision(principal, scope, action, resource, allowed)] = None


def answer() -> bytes:
    return json.dumps([asdict(decision) for decision in list(_given)]).encode()
