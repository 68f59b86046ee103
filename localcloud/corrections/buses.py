"""
Policies of event buses: AWS::Events::EventBusPolicy, which MiniStack does not know, and
PutPermission, after which it holds an account id that its own judgement does not recognise.
"""

import json
from typing import Any

from ministack.services import eventbridge
from ministack.services.cloudformation import provisioners


def install() -> None:
    provisioners._RESOURCE_HANDLERS["AWS::Events::EventBusPolicy"] = {
        "create": _create,
        "update": _update,
        "delete": _delete,
    }
    original = eventbridge._put_permission

    def put_permission(data: dict[str, Any]) -> Any:
        principal = data.get("Principal", "*")
        return original(data | {"Principal": principal if principal == "*" else {"AWS": principal}})

    eventbridge._put_permission = put_permission


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
    eventbridge._event_bus_policies[bus] = {
        **document,
        "Statement": [*others, {"Sid": sid, **statement}],
    }
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
