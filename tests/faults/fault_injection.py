"""Inject faults into the AWS calls of the functions, all of which pass through botocore."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from unittest import mock

from botocore.client import BaseClient
from botocore.exceptions import ClientError, ReadTimeoutError

from msklink.aws.dry_run.call import READS
from tests.support.cloudformation import ROOT
from tests.support.functions import FunctionTimedOut, given, running
from tests.support.permission_check import action_of

OURS = (f"{ROOT}/functions/", f"{ROOT}/layers/core/")


class Kind(StrEnum):
    """The kind of fault of a call."""

    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"
    THROTTLED = "throttled"
    FAILED = "error 500"
    DENIED = "denied"
    SLOW = "slow"
    TIMED_OUT = "timed out"
    STALE = "stale"


# Error codes by service; the code under "" is that of all others (API references, common errors).
CODES: dict[Kind, dict[str, str]] = {
    Kind.THROTTLED: {
        "": "ThrottlingException",
        "dynamodb": "ProvisionedThroughputExceededException",
        "ec2": "RequestLimitExceeded",
        "kafka": "TooManyRequestsException",
        "sts": "Throttling",
    },
    Kind.FAILED: {
        "": "InternalFailure",
        "dynamodb": "InternalServerError",
        "ec2": "InternalError",
        "events": "InternalException",
        "kafka": "InternalServerErrorException",
        "ssm": "InternalServerError",
    },
    Kind.DENIED: {
        "": "AccessDeniedException",
        "ec2": "UnauthorizedOperation",
        "sts": "AccessDenied",
    },
}


class Killed(Exception):
    """The process of the function has ended; no Retry of the state machine names this error."""


class Bug(Exception):
    """An unexpected error of a function, which the state machine catches."""


@dataclass(frozen=True, order=True)
class Call:
    """A place in our code from which a function calls AWS."""

    function: str
    account: str
    """`owner` or `client`: the calls for all clients are alike."""
    service: str
    operation: str
    path: tuple[str, ...]
    """Names of the Python functions that lead to the call, the handler first."""
    action: str
    """The IAM action."""
    versioned: bool
    """Whether the call passes the version of what it changes (CurrentVersion)."""

    @property
    def kinds(self) -> list[Kind]:
        """The kinds of fault that this call can have."""
        never = set() if self.versioned else {Kind.STALE}
        never |= set() if self.writes else {Kind.KILLED_AFTER}
        return [kind for kind in Kind if kind not in never]

    @property
    def writes(self) -> bool:
        """Whether the call changes anything."""
        return not self.operation.startswith(READS)

    def matches(self, other: "Call", kind: Kind) -> bool:
        """Return whether a fault of *other* applies; a denial does for every caller."""
        if kind is not Kind.DENIED:
            return self == other
        return (self.function, self.account, self.service, self.operation) == (
            *(other.function, other.account, other.service, other.operation),
        )


@dataclass
class FaultInjector:
    """Counts all calls, and injects a fault into one of them."""

    make_stale: Callable[[str], None]
    """Makes the version stale that the next call of an operation of MSK passes."""
    calls: Counter[Call] = field(default_factory=Counter)
    injected: bool = False
    _fault: tuple[Call, Kind] | None = None
    _calls_to_skip: int = 0
    """Number of occurrences that pass before the fault."""
    _broken: set[str] = field(default_factory=set)
    _dead: set[str] = field(default_factory=set)
    """Runs whose functions make no more calls."""

    def arm(self, call: Call, kind: Kind, occurrence: int = 1) -> None:
        """Inject a fault into the given *occurrence* of *call*, counted from now."""
        self._fault, self._calls_to_skip = (call, kind), occurrence - 1

    def fail_once(self, function: str) -> None:
        """Fail the next invocation of *function* at its first call."""
        self._broken.add(function)

    def kill_run_in(self, function: str) -> None:
        """Kill the next run at the first call of *function*."""
        self._broken.add(f"run in {function}")

    def stop(self) -> None:
        """Inject no more faults; killed runs stay dead."""
        self._fault = None
        self._broken.clear()

    def revive_run(self, run: str) -> None:
        """Let the functions of *run* make calls again."""
        self._dead.discard(run)

    def intercept(self, client: Any, call: Call, proceed: Callable[[], Any]) -> Any:
        """Return the answer to *call*, or raise its fault."""
        self._raise_if_dead(call)
        self.calls[call] += 1
        if self._fault is None or not call.matches(*self._fault):
            return proceed()
        if self._calls_to_skip:
            self._calls_to_skip -= 1
            return proceed()
        kind = self._fault[1]
        if kind is not Kind.DENIED:
            self._fault = None
        self.injected = True
        if kind is Kind.STALE:
            self.make_stale(call.operation)
            return proceed()
        if kind in CODES:
            raise _error(client, call, kind)
        if kind is not Kind.KILLED_BEFORE and (call.writes or kind is not Kind.TIMED_OUT):
            proceed()
        if kind is Kind.SLOW:
            raise ReadTimeoutError(endpoint_url=client.meta.endpoint_url)
        if kind is Kind.TIMED_OUT:
            raise FunctionTimedOut(f"Task timed out in {call.operation}")
        self._kill()
        raise Killed(f"{kind} {call.operation}")

    def _raise_if_dead(self, call: Call) -> None:
        if call.function in self._broken:
            self._broken.remove(call.function)
            raise Bug(f"{call.function} is broken")
        if f"run in {call.function}" in self._broken:
            self._broken.clear()
            self._kill()
        if _run() in self._dead:
            raise Killed(f"{_run()} is dead")

    def _kill(self) -> None:
        if run := _run():
            self._dead.add(run)


def _run() -> str | None:
    """Return the run that invoked the function; None outside of a run."""
    event: dict[str, Any] = given.get()
    return event.get("run")


@contextmanager
def inject_faults(make_stale: Callable[[str], None]) -> Iterator[FaultInjector]:
    injector = FaultInjector(make_stale)
    make_call = BaseClient._make_api_call  # type: ignore[attr-defined]  # all calls pass here

    def intercepted(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        def proceed() -> Any:
            return make_call(client, operation, parameters)

        function = running.get()
        if function is None:
            return proceed()
        return injector.intercept(client, _call(client, function, operation), proceed)

    with mock.patch.object(BaseClient, "_make_api_call", intercepted):
        yield injector


def _call(client: Any, function: str, operation: str) -> Call:
    assumed = client._request_signer._credentials.access_key.startswith("ASIA")
    shape = client.meta.service_model.operation_model(operation).input_shape
    return Call(
        function,
        "client" if assumed else "owner",
        client.meta.service_model.service_name,
        operation,
        tuple(_path()),
        action_of(client, operation),
        versioned="CurrentVersion" in shape.members,
    )


def _path() -> list[str]:
    frame, names = sys._getframe(), list[str]()
    while frame := frame.f_back:  # type: ignore[assignment]  # the last one has none
        code = frame.f_code
        if code.co_filename.startswith(OURS) and not code.co_name.startswith("<"):
            names.append(code.co_name)
            if code.co_name == "handler":
                break
    return names[::-1]


def _error(client: Any, call: Call, kind: Kind) -> Exception:
    codes = CODES[kind]
    code = codes.get(call.service, codes[""])
    error: Exception = (client.exceptions.from_code(code) or ClientError)(
        {"Error": {"Code": code, "Message": f"{kind} on purpose"}}, call.operation
    )
    return error
