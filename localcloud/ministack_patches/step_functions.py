"""Step Functions: check the machine's role, apply its timeout and payload limit, test a state."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from contextvars import ContextVar
from functools import partial
from typing import Any

from ministack.core.iam_actions import extract_resource_arn
from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import stepfunctions as states

from localcloud.clock import SimulatedClock
from localcloud.iam.authorization import authorize_role
from localcloud.iam.checks import Check
from localcloud.single_state import TestStateError, run_state

# Quotas of a standard workflow (Step Functions guide, service quotas).
PAYLOAD_LIMIT = 262_144

_role: ContextVar[str] = ContextVar("localcloud_state_machine_role", default="")


def install(clock: SimulatedClock) -> None:
    states._start_execution = _idempotent(states._start_execution)
    states._run_execution = _with_role_and_timeout(states._run_execution, clock)
    states._invoke_resource = _authorized(states._invoke_resource)
    states._add_event = _limited(states._add_event)
    states._fail_execution = _unless_over(states._fail_execution)
    states._test_state = _test_state
    states._error_matches = _with_uncatchable_errors(states._error_matches)


def _test_state(request: dict[str, Any]) -> Any:
    """Answer TestState for JSONata and Map states, which MiniStack's own does not have."""
    try:
        return states.json_response(run_state(request))
    except TestStateError as error:
        return states.error_response_json(error.code, error.message, 400)


def _idempotent(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return a running execution with the same name and input (StartExecution API reference).

    MiniStack always returns ExecutionAlreadyExists."""

    def start(data: dict[str, Any]) -> Any:
        machine = str(data.get("stateMachineArn", ""))
        arn = f"{machine.replace(':stateMachine:', ':execution:')}:{data.get('name')}"
        running = states._executions.get(arn)
        if running and running["status"] == "RUNNING" and running["input"] == data.get("input"):
            return states.json_response({"executionArn": arn, "startDate": running["startDate"]})
        return original(data)

    return start


def _with_role_and_timeout(
    original: Callable[..., None], clock: SimulatedClock
) -> Callable[..., None]:
    """End an execution after the machine's TimeoutSeconds as TIMED_OUT, which MiniStack lacks."""

    def run(execution_arn: str) -> None:
        execution = states._executions.get(execution_arn)
        machine = states._state_machines.get(execution["stateMachineArn"]) if execution else None
        if not machine:
            original(execution_arn)
            return
        _role.set(machine["roleArn"])
        seconds = json.loads(machine["definition"]).get("TimeoutSeconds")
        with ExitStack() as stack:
            if seconds:
                stack.enter_context(clock.timer(seconds, partial(_time_out, execution)))
            original(execution_arn)

    return run


def _time_out(execution: dict[str, Any]) -> None:
    if execution["status"] != "RUNNING":
        return
    execution["status"] = "TIMED_OUT"
    execution["stopDate"] = states.now_iso()
    arn = execution["executionArn"].split(":")
    with request_scope(arn[4], arn[3]):
        _add_event_unlimited(execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {}})
        states._emit_execution_status_event(execution)


_add_event_unlimited = states._add_event


def _unless_over(original: Callable[..., None]) -> Callable[..., None]:
    """Keep the status of an execution that was stopped or timed out, when its last task fails."""

    def fail(execution: dict[str, Any], error: str, cause: str) -> None:
        if execution["status"] == "RUNNING":
            original(execution, error, cause)

    return fail


def _with_uncatchable_errors(original: Callable[..., bool]) -> Callable[..., bool]:
    """Exclude States.DataLimitExceeded and States.Runtime from States.ALL and States.TaskFailed
    (Step Functions guide, error names)."""

    def matches(error_equals: list[str], error: str) -> bool:
        if error in ("States.DataLimitExceeded", "States.Runtime"):
            return error in error_equals
        return original(error_equals, error)

    return matches


def _limited(original: Callable[..., None]) -> Callable[..., None]:
    def add(execution: Any, event_type: str, details: Any = None) -> None:
        for value in (details or {}).values():
            text = value.get("output") or value.get("input") if isinstance(value, dict) else None
            if isinstance(text, str) and len(text.encode()) > PAYLOAD_LIMIT:
                raise states._ExecutionError(
                    "States.DataLimitExceeded",
                    f"The state/task returned a result with a size exceeding the maximum number "
                    f"of bytes service limit ({PAYLOAD_LIMIT}): {event_type}",
                )
        original(execution, event_type, details)

    return add


def _authorized(original: Callable[..., Any]) -> Callable[..., Any]:
    """Check each task against the role of the machine, which MiniStack does not."""

    def invoke(resource: str, arguments: Any) -> Any:
        if _role.get():
            for service, check in _checks(resource, arguments):
                denied = authorize_role(_role.get(), "states.amazonaws.com", get_region(), check)
                if denied:
                    raise states._ExecutionError(_access_denied(service), str(denied))
        return original(resource, arguments)

    return invoke


def _access_denied(service: str) -> str:
    if service == "lambda":
        return "Lambda.AWSLambdaException"
    name = {"dynamodb": "DynamoDB", "events": "EventBridge", "ssm": "Ssm"}.get(
        service, service.capitalize()
    )
    return f"{name}.AccessDeniedException"


def _checks(resource: str, arguments: Any) -> list[tuple[str, Check]]:
    """Return the service and check of a task's resource: `arn:aws:states:::lambda:invoke`,
    `…:::aws-sdk:ssm:putParameter`, or the ARN of a function."""
    place = f"{get_region()}:{get_account_id()}"
    parts = resource.split(":")
    given = arguments if isinstance(arguments, dict) else {}
    if parts[2] == "lambda":
        return [("lambda", Check("lambda:InvokeFunction", resource))]
    if parts[2] != "states" or ":activity:" in resource:
        return []
    service, operation = (parts[6], parts[7]) if parts[5] == "aws-sdk" else (parts[5], parts[6])
    operation = operation.partition(".")[0]
    action = f"{service}:{operation[:1].upper()}{operation[1:]}"
    if service == "lambda":
        name = str(given.get("FunctionName", ""))
        function = name if name.startswith("arn:") else f"arn:aws:lambda:{place}:function:{name}"
        return [("lambda", Check("lambda:InvokeFunction", function))]
    if service == "events":
        buses = {str(entry.get("EventBusName", "default")) for entry in given.get("Entries", [])}
        return [
            (
                service,
                Check(
                    "events:PutEvents",
                    bus if bus.startswith("arn:") else f"arn:aws:events:{place}:event-bus/{bus}",
                ),
            )
            for bus in sorted(buses)
        ]
    body = json.dumps(given).encode()
    arn = extract_resource_arn(service, "POST", "/", {}, body, {}, get_region(), get_account_id())
    return [(service, Check(action, arn))]
