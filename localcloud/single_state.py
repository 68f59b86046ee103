"""
TestState of Step Functions: one state of a JSONata state machine, with a mocked result.

`run_state` takes and returns what the API does (Step Functions API reference, TestState; model of
2025-11-19). Texts of errors are those that AWS has answered, as LocalStack's snapshots record them.

What it does not check or have: JSONPath, tasks without a mock, HTTP tasks and TRACE, Parallel,
distributed Maps, roles, a mocked result against the API of its service (fieldValidationMode),
the names of fields of `context`, tolerated failures, and backoff with jitter. A Wait does not wait.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import jsonata

Json = dict[str, Any]

PLACE: Final = "arn:aws:states:eu-west-1:111111111111"
CONTEXT: Final[Json] = {
    "Execution": {"Id": f"{PLACE}:execution:TestState:test", "Name": "test", "Input": {}},
    "State": {"Name": "TestState", "RetryCount": 0},
    "StateMachine": {"Id": f"{PLACE}:stateMachine:TestState", "Name": "TestState"},
}
MOCKED: Final = frozenset({"Task", "Map", "Parallel"})
QUERY_FAILED: Final = "States.QueryEvaluationError"
UNCATCHABLE: Final = frozenset({"States.DataLimitExceeded", "States.Runtime"})
"""Errors that States.ALL does not match (Step Functions guide, error names)."""


class TestStateError(Exception):
    """An error of the API; *code* is its name."""

    __test__ = False

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class StateFailed(Exception):
    """An error of the state itself."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(cause)
        self.error, self.cause = error, cause


def run_state(request: Mapping[str, Any]) -> Json:
    """Return the answer of TestState to *request*, which has the names of boto3."""
    definition = _json(request.get("definition", ""), "InvalidDefinition")
    given = _json(request.get("input", "{}"), "InvalidExecutionInput")
    variables = _json(request.get("variables", "{}"), "ValidationException")
    state = _find(definition, request.get("stateName"))
    mock = request.get("mock")
    if mock and state["Type"] not in MOCKED:
        raise TestStateError(
            "ValidationException",
            f"State type '{state['Type']}' is not supported when a mock is specified",
        )
    if state["Type"] in MOCKED and not mock:
        raise TestStateError("ValidationException", "This emulator needs a mock for this state.")
    if request.get("context") and not mock:
        raise TestStateError("ValidationException", "A context needs a mock.")
    context = CONTEXT | _json(request.get("context", "{}"), "ValidationException")
    run = _Run(state, given, variables, context)
    retried = request.get("stateConfiguration", {}).get("retrierRetryCount", 0)
    try:
        answer = run.mocked(mock, retried) if mock else run.unmocked()
    except StateFailed as error:
        answer = {"status": "FAILED", "error": error.error, "cause": error.cause}
    if request.get("inspectionLevel", "INFO") == "INFO":
        return answer
    return answer | {"inspectionData": run.inspected()}


def _json(text: str, code: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise TestStateError(code, f"Invalid JSON: {error}") from error


def _find(definition: Any, name: str | None) -> Json:
    """Return the state called *name*, also within a Map, or a definition of one state."""
    if not isinstance(definition, dict):
        raise TestStateError("InvalidDefinition", "The definition is not an object.")
    if name is None:
        if "Type" not in definition:
            raise TestStateError("InvalidDefinition", "A state machine needs a stateName.")
        return definition
    for key, state in _states(definition):
        if key == name:
            language = state.get("QueryLanguage", definition.get("QueryLanguage"))
            if language != "JSONata":
                raise TestStateError("InvalidDefinition", "This emulator has JSONata only.")
            return state
    raise TestStateError("ValidationException", "State not found in definition")


def _states(machine: Json) -> Iterator[tuple[str, Json]]:
    for name, state in machine.get("States", {}).items():
        yield name, state
        if "ItemProcessor" in state:
            yield from _states(state["ItemProcessor"])


class _Run:
    """One state with its input and variables."""

    def __init__(self, state: Json, given: Any, variables: Json, context: Json) -> None:
        self.state, self.given, self.variables, self.context = state, given, variables, context
        self.data: Json = {"input": given}

    def inspected(self) -> Json:
        """Return the inspection data, where each value is JSON text except numbers."""
        kept = self.data | {"variables": self.variables}
        plain = {"maxConcurrency", "errorDetails"}
        return {key: one if key in plain else json.dumps(one) for key, one in kept.items()}

    def unmocked(self) -> Json:
        kind = self.state["Type"]
        match kind:
            case "Choice":
                return self._choose()
            case "Fail":
                raise StateFailed(
                    self._value(self.state.get("Error", "")), self._value(self.state["Cause"])
                )
            case "Wait":
                seconds = self._value(self.state["Seconds"])
                if not isinstance(seconds, int | float) or isinstance(seconds, bool):
                    raise StateFailed(QUERY_FAILED, f"Seconds is not a number: {seconds!r}")
                return self._end(self.state)
            case "Pass" | "Succeed":
                return self._end(self.state)
        raise TestStateError("InvalidDefinition", f"This emulator has no state of type {kind}.")

    def _choose(self) -> Json:
        for choice in self.state["Choices"]:
            met = self._value(choice["Condition"])
            if not isinstance(met, bool):
                raise StateFailed(QUERY_FAILED, f"The Condition is not a boolean: {met!r}")
            if met:
                return self._end(choice)
        if "Default" not in self.state:
            raise StateFailed(
                "States.NoChoiceMatched", "No choice matches, and there is no Default."
            )
        return self._end({"Next": self.state["Default"]})

    def mocked(self, mock: Json, retried: int) -> Json:
        """Return what follows from a mocked result or error."""
        if self.state["Type"] == "Map":
            self._items()
        elif "Arguments" in self.state:
            self.data["afterArguments"] = self._value(self.state["Arguments"])
        if "errorOutput" in mock:
            return self._failed(mock["errorOutput"], retried)
        result = _json(mock["result"], "ValidationException")
        self.data["result"] = result
        return self._end(self.state, result=result)

    def _items(self) -> None:
        items = self._value(self.state["Items"])
        if not isinstance(items, list):
            raise StateFailed(QUERY_FAILED, f"Items is not an array: {items!r}")
        selector = self.state.get("ItemSelector", "{% $states.context.Map.Item.Value %}")
        self.data["afterItemSelector"] = [
            self._value(selector, context=self.context | {"Map": {"Item": place}})
            for place in ({"Index": index, "Value": item} for index, item in enumerate(items))
        ]
        if "MaxConcurrency" in self.state:
            self.data["maxConcurrency"] = self._value(self.state["MaxConcurrency"])

    def _failed(self, mocked: Json, retried: int) -> Json:
        error, cause = mocked.get("error", ""), mocked.get("cause", "")
        for index, retrier in enumerate(self.state.get("Retry", [])):
            if _matches(retrier, error):
                if retried < retrier.get("MaxAttempts", 3):
                    seconds = retrier.get("IntervalSeconds", 1)
                    backoff = seconds * retrier.get("BackoffRate", 2) ** retried
                    self.data["errorDetails"] = {
                        "retryIndex": index,
                        "retryBackoffIntervalSeconds": int(backoff),
                    }
                    return {"status": "RETRIABLE", "error": error, "cause": cause}
                break
        for index, catcher in enumerate(self.state.get("Catch", [])):
            if _matches(catcher, error):
                self.data["errorDetails"] = {"catchIndex": index}
                output = {"Error": error, "Cause": cause}
                ended = self._end(catcher, errorOutput=output)
                return ended | {"status": "CAUGHT_ERROR", "error": error, "cause": cause}
        return {"status": "FAILED", "error": error, "cause": cause}

    def _end(self, fields: Json, **states: Any) -> Json:
        """Return the end of the state, whose Output, Assign and Next are in *fields*."""
        default = states.get("result", states.get("errorOutput", self.given))
        output = self._value(fields["Output"], **states) if "Output" in fields else default
        # Output and Assign see the variables as they were before (Step Functions guide, Assign).
        assigned = self._value(fields.get("Assign", {}), **states)
        self.variables = self.variables | assigned
        ended = {"status": "SUCCEEDED", "output": json.dumps(output)}
        return ended | ({"nextState": fields["Next"]} if "Next" in fields else {})

    def _value(self, template: Any, context: Json | None = None, **states: Any) -> Any:
        match template:
            case dict():
                return {key: self._value(one, context, **states) for key, one in template.items()}
            case list():
                return [self._value(one, context, **states) for one in template]
            case str() if template.startswith("{%") and template.endswith("%}"):
                reserved = {"input": self.given, "context": context or self.context, **states}
                return _evaluate(template[2:-2].strip(), self.variables | {"states": reserved})
        return template


def _matches(handler: Json, error: str) -> bool:
    names = handler["ErrorEquals"]
    return error in names or ("States.ALL" in names and error not in UNCATCHABLE)


@cache
def _parsed(expression: str) -> Any:
    return jsonata.Jsonata(expression)


def _evaluate(expression: str, variables: Json) -> Any:
    """Return the value of a JSONata expression; that it has none is an error, as on AWS."""
    try:
        if not _bound(f"$exists({expression})", variables):
            raise StateFailed(QUERY_FAILED, f"The expression '{expression}' returned nothing.")
        value = _bound(expression, variables)
    except jsonata.JException as error:
        raise StateFailed(QUERY_FAILED, f"The expression '{expression}' failed: {error}") from error
    return json.loads(json.dumps(value))


def _bound(expression: str, variables: Json) -> Any:
    parsed = _parsed(expression)
    frame = parsed.create_frame()
    for name, value in variables.items():
        frame.bind(name, value)
    return parsed.evaluate(None, frame)
