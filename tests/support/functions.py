"""Invoke the handlers as Lambda does: JSON in, JSON out, errors by class name."""

import importlib.util
import json
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from tests.support.cloudformation import ROOT, handlers

OWNER = "123456789012"  # moto's account for callers that assumed no role
REGION = "eu-west-1"
NAMESPACE = "msklink"

running: ContextVar[str | None] = ContextVar("running", default=None)
"""Logical id of the function whose handler runs in this thread."""

given: ContextVar[Any] = ContextVar("given", default=None)
"""The event of that function."""


_submit = ThreadPoolExecutor.submit


def _submit_as_caller(pool: ThreadPoolExecutor, call: Any, /, *arguments: Any) -> Future[Any]:
    """Submit *call* with the context of the caller, so that its calls count for the function."""
    return _submit(pool, copy_context().run, call, *arguments)


ThreadPoolExecutor.submit = _submit_as_caller  # type: ignore[method-assign,assignment]  # permanent, because functions run concurrently


class FunctionTimedOut(BaseException):
    """The time-out of Lambda, which no code of the function can catch."""


# The error name that a state machine sees, or Lambda.Unknown (Step Functions guide, handle Lambda
# service exceptions).
FunctionTimedOut.__name__ = "Sandbox.Timedout"


@dataclass
class Context:
    """The context object that Lambda passes to a handler."""

    function_name: str
    memory_limit_in_mb: int = 256
    aws_request_id: str = "00000000-0000-0000-0000-000000000000"

    @property
    def invoked_function_arn(self) -> str:
        return function_arn(self.function_name)


def function_arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{OWNER}:function:{name}"


@cache
def load(module: str) -> ModuleType:
    """Import the module of a function from `functions/`, as Lambda does."""
    spec = importlib.util.spec_from_file_location(module, ROOT / "functions" / f"{module}.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def invoke(logical_id: str, payload: Any) -> Any:
    """Invoke the function *logical_id*; payload and answer pass through JSON."""
    handler = load(handlers()[logical_id]).handler
    function, event = running.set(logical_id), given.set(payload)
    try:
        answer = handler(json.loads(json.dumps(payload)), Context(logical_id))
    finally:
        running.reset(function)
        given.reset(event)
    return json.loads(json.dumps(answer))
