"""
Publish "Parameter Store Change" events of `aws.ssm` on the default bus of the account.

The shape is that of the Systems Manager user guide, "EventBridge event patterns and examples for
Systems Manager": operation, name, type and, where there is one, description.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from ministack.core.responses import get_account_id, get_region

from localcloud.cloudtrail import publish
from localcloud.tag_events import Handler


def publishing_parameter_changes(handler: Handler) -> Handler:
    """Return the SSM *handler*, extended to publish the changes of parameters."""

    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> tuple[int, dict[str, str], bytes]:
        answer = await handler(method, path, headers, body, query)
        if answer[0] < HTTPStatus.BAD_REQUEST:
            operation = headers.get("x-amz-target", "").rpartition(".")[2]
            _publish_changes(operation, json.loads(body or b"{}"), json.loads(answer[2] or b"{}"))
        return answer

    return handle


def _publish_changes(operation: str, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    match operation:
        case "PutParameter":
            kind = "Create" if answer.get("Version") == 1 else "Update"
            _publish(kind, request["Name"], request)
        case "DeleteParameter":
            _publish("Delete", request["Name"])
        case "DeleteParameters":
            for name in answer.get("DeletedParameters", []):
                _publish("Delete", name)


def _publish(operation: str, name: str, request: Mapping[str, Any] | None = None) -> None:
    account, region = get_account_id(), get_region()
    detail = {"operation": operation, "name": name, "type": (request or {}).get("Type", "String")}
    if request and request.get("Description"):
        detail["description"] = request["Description"]
    arn = f"arn:aws:ssm:{region}:{account}:parameter/{name.removeprefix('/')}"
    publish(account, region, "aws.ssm", "Parameter Store Change", detail, [arn])
