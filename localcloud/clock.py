"""
The simulated clock of the embedded AWS. It stops while any thread works, and advances otherwise.

All waiting (Wait states, retry intervals, MSK operations, schedules) uses this clock, so that no
result depends on the speed of the machine. The whole process has its time, and so have the
processes of functions.
"""

import heapq
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import time_machine
from time_machine import escape_hatch

TICK: Final = timedelta(milliseconds=1)


def real_now() -> datetime:
    """Return the real time, with which clients on this machine sign their requests."""
    if escape_hatch.is_travelling():
        return escape_hatch.datetime.datetime.now(UTC)
    return datetime.now(UTC)


class TimerSource(Protocol):
    """A source of timed events, such as the operations of MSK."""

    def next_due(self) -> datetime | None:
        """Return when the next event is due; None if there is none."""

    def settle(self) -> None:
        """Process all events that are due."""


@dataclass(order=True)
class _Wait:
    due: datetime
    number: int
    counts: bool = field(compare=False)
    """Whether the waiting thread counts as working otherwise."""
    is_over: bool = field(default=False, compare=False)


class _Thread(threading.local):
    counts = False


class SimulatedClock:
    """
    A clock that only `step` and `advance` move.

    Work is announced by `begin` and `end`. A working thread may `sleep` until a later time.
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime.now(UTC)
        self._changed = threading.Condition()
        self._stepping = threading.RLock()
        self._at_work = 0
        self._waits: list[_Wait] = []
        self._numbers = itertools.count()
        self._thread = _Thread()
        self._sources: list[TimerSource] = []
        self._process: time_machine.Traveller | None = None

    def now(self) -> datetime:
        return self._now

    def set_process_time(self) -> None:
        """Set the time of this process to that of this clock, except for `time.monotonic`."""
        self._process = time_machine.travel(self._now, tick=False).start()

    def add(self, source: TimerSource) -> None:
        """Include the events of *source* in the steps."""
        self._sources.append(source)

    # --------------------------------------------------------------------------- work and waiting

    def begin(self) -> None:
        """Announce work: the clock stops until the matching `end`."""
        with self._changed:
            self._at_work += 1

    def end(self) -> None:
        """End the work of one `begin`."""
        with self._changed:
            self._at_work -= 1
            self._changed.notify_all()

    def tick(self) -> None:
        """Advance by a millisecond, without waking a thread before the next step."""
        with self._changed:
            self._set(self._now + TICK)

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count this thread as working; its work was announced by another thread."""
        self._thread.counts = True
        try:
            yield
        finally:
            self._thread.counts = False

    def is_counted(self) -> bool:
        """Return whether this thread counts as working."""
        return self._thread.counts

    def sleep(self, seconds: float) -> None:
        """Wait until the clock has advanced by *seconds*."""
        if seconds <= 0:
            return
        with self._changed:
            counts = self._thread.counts
            wait = _Wait(self._now + timedelta(seconds=seconds), next(self._numbers), counts)
            heapq.heappush(self._waits, wait)
            self._at_work -= counts
            self._changed.notify_all()
            self._changed.wait_for(lambda: wait.is_over)

    @contextmanager
    def timer(self, seconds: float, callback: Callable[[], None]) -> Iterator[None]:
        """Call *callback* when the clock has advanced by *seconds*, unless the block ends first."""
        timer = _Timer(self, self._now + timedelta(seconds=seconds), callback)
        self._sources.append(timer)
        try:
            yield
        finally:
            self._sources.remove(timer)

    # --------------------------------------------------------------------------------- advancing

    def settle(self) -> None:
        """Wait until no thread works."""
        with self._stepping:
            self._wait_for_work()

    def step(self, until: datetime | None = None) -> bool:
        """
        Advance to the next event, and wait until no thread works.

        Return False if no event is due, or none until *until*, to which the clock then advances.
        """
        with self._stepping:
            self._wait_for_work()
            due = self._next_due()
            if due is None or (until and due > until):
                self._go_to(until or self._now)
                return False
            self._go_to(due)
            self._wait_for_work()
            return True

    def advance(self, seconds: float) -> None:
        """Advance by *seconds*, one event after another."""
        end = self._now + timedelta(seconds=seconds)
        while self.step(end):
            pass

    def is_at_work(self) -> bool:
        """Return whether any thread works."""
        with self._changed:
            return self._at_work > 0

    def _set(self, moment: datetime) -> None:
        self._now = moment
        if self._process:
            self._process.move_to(moment)

    def _wait_for_work(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._at_work == 0)

    def _next_due(self) -> datetime | None:
        moments = [due for source in tuple(self._sources) if (due := source.next_due())]
        with self._changed:
            moments += [self._waits[0].due] if self._waits else []
        return min(moments, default=None)

    def _go_to(self, moment: datetime) -> None:
        with self._changed:
            self._set(max(self._now, moment))
            while self._waits and self._waits[0].due <= self._now:
                wait = heapq.heappop(self._waits)
                wait.is_over = True
                self._at_work += wait.counts
            self._changed.notify_all()
        for source in tuple(self._sources):
            source.settle()


class _Timer:
    """The source of a single event."""

    def __init__(self, clock: SimulatedClock, due: datetime, callback: Callable[[], None]) -> None:
        self._clock, self._due, self._callback = clock, due, callback
        self._has_fired = False

    def next_due(self) -> datetime | None:
        return None if self._has_fired else self._due

    def settle(self) -> None:
        if not self._has_fired and self._due <= self._clock.now():
            self._has_fired = True
            self._callback()


PAUSE_SECONDS: Final = 0.05


def run_clock(clock: SimulatedClock, scale: float, pause: Callable[[float], bool]) -> None:
    """
    Advance *clock* continuously, one of its seconds in *scale* real seconds.

    *pause* waits for the given real seconds, and returns whether to stop. The clock stops while
    any thread works, so it is slower on a busy machine.
    """
    while not pause(PAUSE_SECONDS):
        if not clock.is_at_work():
            clock.advance(PAUSE_SECONDS / scale)
