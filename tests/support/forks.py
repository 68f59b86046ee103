"""
Copy what takes long to prepare, by forking the process that holds it.

moto's backends hold locks and refer to each other, so they cannot be copied in place.
"""

import os
import sys
import threading
import traceback
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, suppress
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any


class ForkFailed(Exception):
    """The work in a fork failed; the message has the traceback."""


def in_fork[T](work: Callable[[], T]) -> T:
    """
    Run *work* in a fork of this process, and return its result.

    Raises ForkFailed if *work* raises, or a thread that it started.
    """
    receiver, sender = Pipe(duplex=False)
    child = os.fork()
    if not child:
        _do(lambda: sender.send(_answer(work)))
    sender.close()
    try:
        result: T = _taken(receiver)
    finally:
        receiver.close()
        os.waitpid(child, 0)
    return result


class Prepared[T, R]:
    """A process that holds the value of *prepare*, and runs *work* in forks of itself."""

    def __init__(
        self, prepare: Callable[[], AbstractContextManager[T]], work: Callable[[T, Any], R]
    ) -> None:
        ours, theirs = Pipe()
        with warnings.catch_warnings():
            # A worker of pytest-xdist has a second thread. It only waits for messages, and holds
            # no lock that the fork needs.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process = os.fork()
        if not self._process:
            ours.close()
            _do(lambda: _serve(theirs, prepare, work))
        theirs.close()
        self._orders = ours

    def work(self, order: Any) -> R:
        """Run the work with *order* in a new fork, and return its result."""
        self._orders.send(order)
        answer: R = _taken(self._orders)
        return answer

    def close(self) -> None:
        self._orders.close()
        os.waitpid(self._process, 0)


def _serve[T, R](
    orders: "Connection[Any, Any]",
    prepare: Callable[[], AbstractContextManager[T]],
    work: Callable[[T, Any], R],
) -> None:
    """Answer orders until the other side closes; with the error of *prepare*, if it failed."""
    with ExitStack() as stack, suppress(EOFError):
        well, prepared = _answer(lambda: stack.enter_context(prepare()))
        while True:
            order = orders.recv()
            do = partial(in_fork, partial(work, prepared, order))
            orders.send(_answer(do) if well else (well, prepared))


def _do(work: Callable[[], None]) -> None:
    """Run *work* and end this fork, without the exit handlers of its parent."""
    try:
        nowhere = open(os.devnull, "w")  # noqa: PTH123, SIM115 open until the process ends
        sys.stdout = sys.stderr = nowhere
        work()
    finally:
        os._exit(0)


def _answer(work: Callable[[], Any]) -> tuple[bool, Any]:
    """Run *work*; return whether it succeeded, and its result or the traceback."""
    failures = list[str]()

    def note(failed: threading.ExceptHookArgs) -> None:
        failures.extend(traceback.format_exception(failed.exc_value))

    threading.excepthook = note
    try:
        result = work()
    except Exception:  # noqa: BLE001 reported to the caller
        failures.append(traceback.format_exc())
    return (False, "".join(failures)) if failures else (True, result)


def _taken(answers: "Connection[Any, Any]") -> Any:
    try:
        well, answer = answers.recv()
    except EOFError:
        raise ForkFailed("the fork died") from None
    if not well:
        raise ForkFailed(answer)
    return answer
