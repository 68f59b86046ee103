"""
Event bus policies: add AWS::Events::EventBusPolicy, which MiniStack lacks; limit the size of a
policy (EventBridge quotas); and let PutPermission store the account in a form that MiniStack's own
evaluation recognises.
"""

import json
import re
from copy import deepcopy
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import eventbridge
from ministack.services.cloudformation import provisioners

SIZE_LIMIT = 10_240


def install() -> None:
    provisioners._RESOURCE_HANDLERS["AWS::Events::EventBusPolicy"] = {
        "create": _create,
        "update": _update,
        "delete": _delete,
    }
    original = eventbridge._put_permission

    def put_permission(data: dict[str, Any]) -> Any:
        bus, principal = data.get("EventBusName", "default"), data.get("Principal", "*")
        before = deepcopy(eventbridge._event_bus_policies.get(bus))
        answer = original(
            data | {"Principal": principal if principal == "*" else {"AWS": principal}}
        )
        try:
            _must_fit(eventbridge._event_bus_policies[bus])
        except PolicyTooLong as refused:
            eventbridge._event_bus_policies[bus] = before
            return error_response_json("PolicyLengthExceededException", str(refused))
        return answer

    eventbridge._put_permission = put_permission


class PolicyTooLong(Exception):
    """The policy of a bus has more than SIZE_LIMIT characters."""


def _must_fit(document: Any) -> None:
    """Check the size of a policy, in which EventBridge writes an account as its root ARN."""
    text = json.dumps(document, separators=(",", ":"))
    size = len(re.sub(r'"(\d{12})"', r'"arn:aws:iam::\1:root"', text))
    if size > SIZE_LIMIT:
        raise PolicyTooLong(f"The event bus policy is too long: {size} characters.")


def _create(logical_id: str, properties: dict[str, Any], stack_name: str) -> tuple[str, Any]:
    bus = properties.get("EventBusName", "default")
    sid = properties["StatementId"]
    statement = properties["Statement"]
    statement = json.loads(statement) if isinstance(statement, str) else dict(statement)
    document = eventbridge._event_bus_policies.get(bus) or {
        "Version": "2012-10-17",
        "Statement": [],
    }
    others = [each for each in document["Statement"] if each.get("Sid") != sid]
    changed = {**document, "Statement": [*others, {"Sid": sid, **statement}]}
    _must_fit(changed)
    eventbridge._event_bus_policies[bus] = changed
    return f"{stack_name}-{logical_id}-{sid}", {}


def _update(
    physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str
) -> tuple[str, Any]:
    _delete(physical_id, old)
    _create(physical_id, new, stack_name)
    return physical_id, {}


def _delete(physical_id: str, properties: dict[str, Any]) -> None:  # noqa: ARG001 MiniStack's signature
    eventbridge._remove_permission(
        {
            "EventBusName": properties.get("EventBusName", "default"),
            "StatementId": properties["StatementId"],
        }
    )
