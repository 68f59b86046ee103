"""
Copies of what takes long to prepare: forks of the process that holds it.

moto's stores hold locks and each other, so they cannot be copied in place.
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
    """What was to be done in a fork has failed; the message is what the fork says of it."""


def in_fork[T](work: Callable[[], T]) -> T:
    """
    Return what *work* returns in a copy of this process, of which nothing else remains.

    Raises ForkFailed where *work* raises, or one of the threads that it started.
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
    """A process in which *prepare* has made something, in copies of which *work* is done."""

    def __init__(
        self, prepare: Callable[[], AbstractContextManager[T]], work: Callable[[T, Any], R]
    ) -> None:
        ours, theirs = Pipe()
        with warnings.catch_warnings():
            # A worker of pytest-xdist has a second thread, which only waits for orders and holds
            # no lock that the fork needs.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process = os.fork()
        if not self._process:
            ours.close()
            _do(lambda: _serve(theirs, prepare, work))
        theirs.close()
        self._orders = ours

    def work(self, order: Any) -> R:
        """Return what the work comes to with *order* in a fresh copy."""
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
    """Answer orders until nobody is left to give one; with the failure, where *prepare* fails."""
    with ExitStack() as stack, suppress(EOFError):
        well, prepared = _answer(lambda: stack.enter_context(prepare()))
        while True:
            order = orders.recv()
            do = partial(in_fork, partial(work, prepared, order))
            orders.send(_answer(do) if well else (well, prepared))


def _do(work: Callable[[], None]) -> None:
    """Do *work* in this fork, which ends with it and runs none of what its parent has to do."""
    try:
        nowhere = open(os.devnull, "w")  # noqa: PTH123, SIM115 until the process ends
        sys.stdout = sys.stderr = nowhere
        work()
    finally:
        os._exit(0)


def _answer(work: Callable[[], Any]) -> tuple[bool, Any]:
    """Return whether *work* has come to its end, and what it returned or why not."""
    failures = list[str]()

    def note(failed: threading.ExceptHookArgs) -> None:
        failures.extend(traceback.format_exception(failed.exc_value))

    threading.excepthook = note
    try:
        result = work()
    except Exception:  # noqa: BLE001 whoever asked for it hears of it
        failures.append(traceback.format_exc())
    return (False, "".join(failures)) if failures else (True, result)


def _taken(answers: "Connection[Any, Any]") -> Any:
    try:
        well, answer = answers.recv()
    except EOFError:
        raise ForkFailed("the fork has died") from None
    if not well:
        raise ForkFailed(answer)
    return answer
