"""Record all calls through MiniStack's dispatcher, also those that fail."""

import json
from http import HTTPStatus
from typing import Any

from ministack import app
from ministack.core.iam_actions import extract_iam_action
from ministack.core.iam_evaluator import caller_arn
from ministack.core.responses import get_account_id
from ministack.core.router import detect_service

from localcloud.call_log import CallLog


def install(log: CallLog) -> None:
    dispatch = app._dispatch_service_request

    async def recorded(  # noqa: PLR0913, PLR0917 MiniStack's signature
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: dict[str, Any],
        request_id: str,
    ) -> Any:
        answer = await dispatch(method, path, headers, body, query_params, request_id)
        parameters = app._routing_params(method, path, headers, body, query_params)
        service = detect_service(method, path, headers, parameters)
        action = extract_iam_action(service, method, path, headers, body, parameters) or ""
        error = "" if answer[0] < HTTPStatus.BAD_REQUEST else _error_code(answer[1], answer[2])
        operation = action.partition(":")[2] or method
        log.record(get_account_id(), caller_arn(), service, operation, answer[0], error)
        return answer

    app._dispatch_service_request = recorded


def _error_code(headers: dict[str, str], body: Any) -> str:
    for name, value in headers.items():
        if name.lower() == "x-amzn-errortype":
            return value.partition(":")[0]
    if isinstance(body, bytes) and b"<Code>" in body:
        return body.partition(b"<Code>")[2].partition(b"</Code>")[0].decode()
    try:
        return str(json.loads(body)["__type"]).rpartition("#")[2]
    except (ValueError, TypeError, KeyError):
        return "unknown"
