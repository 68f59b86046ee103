"""A call as IAM sees it, and the checks that AWS makes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Check:
    action: str  # with its prefix: ec2:CreateTags
    resource: str
    context: Mapping[str, Any] = field(default_factory=dict)
    refusal: str = ""  # the text of a denial, where AWS does not name the action
    named: str = ""  # what a denial calls the resource, where it is not the ARN


@dataclass(frozen=True)
class Request:
    service: str
    action: str
    path: str  # decoded
    query: Mapping[str, Any]
    body: bytes
    region: str
    account: str

    @property
    def operation(self) -> str:
        return self.action.partition(":")[2]

    def parameter(self, name: str) -> str:
        value = self.query.get(name, "")
        return str(value[0] if isinstance(value, list) and value else value or "")

    def numbered(self, prefix: str) -> list[str]:
        """Return the values of `prefix.1`, `prefix.2`, …, the lists of the EC2 query protocol."""
        found: list[str] = []
        while value := self.parameter(f"{prefix}.{len(found) + 1}"):
            found.append(value)
        return found

    def json(self) -> dict[str, Any]:
        try:
            parsed = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return parsed if isinstance(parsed, dict) else {}


def request_tags(tags: Mapping[str, str]) -> dict[str, Any]:
    """Return the condition keys of a request that sets *tags*."""
    if not tags:
        return {}
    named = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    return named | {"aws:TagKeys": list(tags)}
