"""One simulated clock for many runs at once: it moves when all of them wait, to the next end."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest import mock

from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import (
    WaitFunction,
)

from localcloud.msk import ManualClock

LOOK_SECONDS = 0.05


class Pace:
    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._ends: list[datetime] = []

    def wait(self, seconds: float) -> None:
        """Wait state of one run, in a thread of its own."""
        with self._changed:
            end = self._clock.now() + timedelta(seconds=seconds)
            self._ends.append(end)
            self._changed.wait_for(lambda: self._clock.now() >= end)
            self._ends.remove(end)

    def keep(self, running: Callable[[], int]) -> None:
        """Let time pass until no run is *running* any more."""
        while count := running():
            with self._changed:
                if len(self._ends) >= count:
                    left = min(self._ends) - self._clock.now()
                    self._clock.advance(max(left.total_seconds(), 0))
                    self._changed.notify_all()
            time.sleep(LOOK_SECONDS)


@contextmanager
def one_pace(clock: ManualClock) -> Iterator[Pace]:
    pace = Pace(clock)

    def wait(_: WaitFunction, wait_seconds: int, **_environment: object) -> None:
        pace.wait(wait_seconds)

    with mock.patch.object(WaitFunction, "_wait_interval", wait):
        yield pace
