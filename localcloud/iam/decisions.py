"""
The log of IAM's decisions about roles, served at GET /_localcloud/decisions.

A call may need several: one for each resource that it names, and for its dependent actions. Equal
decisions about a session are kept once.
"""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Decision:
    principal: str  # ARN of the role session
    scope: str  # the session policy as passed, or ""
    action: str
    resource: str
    allowed: bool


_decisions: dict[Decision, None] = {}


def record(principal: str, scope: str, action: str, resource: str, *, allowed: bool) -> None:
    if ":assumed-role/" in principal:
        _decisions[Decision(principal, scope, action, resource, allowed)] = None


def answer() -> bytes:
    return json.dumps([asdict(decision) for decision in list(_decisions)]).encode()
