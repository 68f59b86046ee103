"""Misbehaviour on demand, for tests of what the application does about it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from localcloud.msk.errors import MskError

When = Literal["before", "after"]


@dataclass(frozen=True)
class Fault:
    """
    What goes wrong with the next *times* calls of *operation* (by *account*, or by anyone).

    With *error* the call fails, before its effect or after it; *slowness* stretches the life
    cycle that the call starts; *failure* (code and text) lets that life cycle end in failure;
    *stale* moves the version that the call is about to be compared with.
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
    """Answer with *code*; `when="after"` loses the answer of a call that had its effect."""
    refusal = MskError(code, "The request could not be processed.")
    return Fault(operation, account, times, refusal, when)


def throttled(operation: str, *, account: str | None = None, times: int | None = 1) -> Fault:
    return error(operation, "TooManyRequestsException", account=account, times=times)


def slow(operation: str, slowness: float, *, account: str | None = None) -> Fault:
    """Let the life cycle that *operation* starts take *slowness* times as long."""
    return Fault(operation, account, slowness=slowness)


def fails(operation: str, code: str, text: str, *, account: str | None = None) -> Fault:
    """Accept the call and let the life cycle that it starts end in failure."""
    return Fault(operation, account, failure=(code, text))


def stale(operation: str, *, account: str | None = None, times: int | None = 1) -> Fault:
    """Let somebody else update the cluster or its policy just before the call arrives."""
    return Fault(operation, account, times, stale=True)


def meanwhile(operation: str, action: Callable[[], None]) -> Fault:
    """Let *action* (other calls, say) happen just before the call arrives."""
    return Fault(operation, meanwhile=action)


class Faults:
    """The faults still to come, first added first used."""

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
        """Use up one time of the first fault that applies."""
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
