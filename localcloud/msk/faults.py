"""Inject faults into the calls of MSK."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from localcloud.msk.errors import MskError

When = Literal["before", "after"]


@dataclass(frozen=True)
class Fault:
    """
    A fault of the next *times* calls of *operation*, by *account* or by anyone.

    With *error* the call fails, before its effect or after it. *slowness* multiplies the duration
    of the operation that the call starts. *failure* (code and text) lets that operation fail.
    *stale* changes the current version before the call.
    """

    operation: str
    account: str | None = None
    times: int | None = 1
    error: MskError | None = None
    when: When = "before"
    slowness: float = 1.0
    failure: tuple[str, str] | None = None
    stale: bool = False
    meanwhile: Callable[[], None] | None = None

    def applies(self, operation: str, account: str) -> bool:
        return operation == self.operation and self.account in (None, account)


NO_FAULT = Fault("")


def error(
    operation: str,
    code: str = "InternalServerErrorException",
    *,
    when: When = "before",
    account: str | None = None,
    times: int | None = 1,
) -> Fault:
    """Fail with *code*; `when="after"` loses the response of a call that had its effect."""
    refusal = MskError(code, "The request could not be processed.")
    return Fault(operation, account, times, refusal, when)


def throttled(operation: str, *, account: str | None = None, times: int | None = 1) -> Fault:
    return error(operation, "TooManyRequestsException", account=account, times=times)


def slow(operation: str, slowness: float, *, account: str | None = None) -> Fault:
    """Multiply the duration of what *operation* starts by *slowness*."""
    return Fault(operation, account, slowness=slowness)


def fails(operation: str, code: str, text: str, *, account: str | None = None) -> Fault:
    """Accept the call, and let the operation that it starts fail."""
    return Fault(operation, account, failure=(code, text))


def stale(operation: str, *, account: str | None = None, times: int | None = 1) -> Fault:
    """Change the version of the cluster or its policy just before the call."""
    return Fault(operation, account, times, stale=True)


def meanwhile(operation: str, action: Callable[[], None]) -> Fault:
    """Run *action* just before the call, for example other calls."""
    return Fault(operation, meanwhile=action)


class Faults:
    """The pending faults, used in the order in which they were added."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[Fault, int | None]] = []

    def add(self, *faults: Fault) -> None:
        with self._lock:
            self._waiting += [(fault, fault.times) for fault in faults]

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def take(self, operation: str, account: str) -> Fault:
        """Return the first fault that applies, and count it."""
        with self._lock:
            for place, (fault, left) in enumerate(self._waiting):
                if not fault.applies(operation, account):
                    continue
                if left is None:
                    return fault
                if left > 1:
                    self._waiting[place] = (fault, left - 1)
                else:
                    del self._waiting[place]
                return fault
        return NO_FAULT
