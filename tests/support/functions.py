"""Calling the handlers as Lambda calls them: JSON in, JSON out, errors by class name."""

import importlib.util
import json
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from tests.support.cloudformation import ROOT, handlers

OWNER = "123456789012"  # the account that moto gives to whoever assumed no role
REGION = "eu-west-1"
NAMESPACE = "msklink"

running: ContextVar[str | None] = ContextVar("running", default=None)
"""Logical id of the function that makes the calls of this thread."""

given: ContextVar[Any] = ContextVar("given", default=None)
"""What that function was given."""


_submit = ThreadPoolExecutor.submit


def _submit_as_caller(pool: ThreadPoolExecutor, call: Any, /, *arguments: Any) -> Future[Any]:
    """A thread of a function makes calls for that function, as in Python 3.14."""
    return _submit(pool, copy_context().run, call, *arguments)


ThreadPoolExecutor.submit = _submit_as_caller  # type: ignore[method-assign,assignment]  # for good, as functions run side by side


class FunctionTimedOut(BaseException):
    """Lambda ends a function at its time-out: nothing in it can catch that."""


# The name that a state machine sees, beside Lambda.Unknown (Step Functions guide, handle Lambda
# service exceptions).
FunctionTimedOut.__name__ = "Sandbox.Timedout"


@dataclass
class Context:
    """What Lambda tells a function about its invocation."""

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
    """The module of a function, found as Lambda finds it: a file of the name in `functions/`."""
    spec = importlib.util.spec_from_file_location(module, ROOT / "functions" / f"{module}.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def invoke(logical_id: str, payload: Any) -> Any:
    """The answer of the function *logical_id*, having passed through JSON both ways."""
    handler = load(handlers()[logical_id]).handler
    function, event = running.set(logical_id), given.set(payload)
    try:
        answer = handler(json.loads(json.dumps(payload)), Context(logical_id))
    finally:
        running.reset(function)
        given.reset(event)
    return json.loads(json.dumps(answer))
