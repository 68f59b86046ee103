"""
The one clock of the embedded AWS: it stands still while anything works, and then goes on.

Whatever waits there (Wait states, pauses before retries, life cycles of MSK, schedules) waits at
this clock, so that no result depends on how fast the machine is. Its time is that of the whole
process, and of those in which functions run.
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
    """Return the time by which clients of this machine sign, whatever a clock here says."""
    if escape_hatch.is_travelling():
        return escape_hatch.datetime.datetime.now(UTC)
    return datetime.now(UTC)


class TimerSource(Protocol):
    """Something that falls due by itself."""

    def next_due(self) -> datetime | None:
        """Return when something falls due next, if anything does."""

    def settle(self) -> None:
        """Let happen what is due by now."""


@dataclass(order=True)
class _Wait:
    due: datetime
    number: int
    counts: bool = field(compare=False)
    """Whether the thread that waits is one that works otherwise."""
    is_over: bool = field(default=False, compare=False)


class _Thread(threading.local):
    counts = False


class SimulatedClock:
    """
    A clock that only `step` and `advance` move.

    Work is said to `begin` and to `end`. A thread that works may `sleep` until a later time.
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
        """Let all of this process see the time of this clock, but for `time.monotonic`."""
        self._process = time_machine.travel(self._now, tick=False).start()

    def add(self, source: TimerSource) -> None:
        """Stop for what falls due on *source* as well."""
        self._sources.append(source)

    # ------------------------------------------------------------------------ who works and waits

    def begin(self) -> None:
        """Let the clock stand still until as many have come to their `end`."""
        with self._changed:
            self._at_work += 1

    def end(self) -> None:
        """End what was begun."""
        with self._changed:
            self._at_work -= 1
            self._changed.notify_all()

    def tick(self) -> None:
        """Go on by a thousandth of a second, of which no wait takes notice before the next step."""
        with self._changed:
            self._set(self._now + TICK)

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Let this thread be one that works, for which another has said to `begin`."""
        self._thread.counts = True
        try:
            yield
        finally:
            self._thread.counts = False

    def is_counted(self) -> bool:
        """Return whether this thread counts as one that works."""
        return self._thread.counts

    def sleep(self, seconds: float) -> None:
        """Wait until the clock has gone on by *seconds*."""
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

    # ------------------------------------------------------------------------------ how it goes on

    def settle(self) -> None:
        """Return when nobody works; what is due by then has happened."""
        with self._stepping:
            self._let_work()

    def step(self, until: datetime | None = None) -> bool:
        """
        Go to the next moment at which something is due, and return when nobody works any more.

        Nothing is due before *until*, if that is given: then go there, and return False.
        """
        with self._stepping:
            self._let_work()
            due = self._next_due()
            if due is None or (until and due > until):
                self._go_to(until or self._now)
                return False
            self._go_to(due)
            self._let_work()
            return True

    def advance(self, seconds: float) -> None:
        """Go on by *seconds*, moment by moment."""
        end = self._now + timedelta(seconds=seconds)
        while self.step(end):
            pass

    def is_at_work(self) -> bool:
        """Return whether anybody works."""
        with self._changed:
            return self._at_work > 0

    def _set(self, moment: datetime) -> None:
        self._now = moment
        if self._process:
            self._process.move_to(moment)

    def _let_work(self) -> None:
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
    """The agenda of one thing that happens once."""

    def __init__(self, clock: SimulatedClock, due: datetime, callback: Callable[[], None]) -> None:
        self._clock, self._due, self._callback = clock, due, callback
        self._has_fired = False

    def next_due(self) -> datetime | None:
        return None if self._has_fired else self._due

    def settle(self) -> None:
        if not self._has_fired and self._due <= self._clock.now():
            self._has_fired = True
            self._callback()


REST_SECONDS: Final = 0.05


def run_clock(clock: SimulatedClock, scale: float, pause: Callable[[float], bool]) -> None:
    """
    Let *clock* go on by itself, *scale* real seconds for each of its own, until *pause* says so.

    *pause* waits for that many real seconds, and returns whether to stop. While anybody works the
    clock stands still, so that it is behind on a busy machine.
    """
    while not pause(REST_SECONDS):
        if not clock.is_at_work():
            clock.advance(REST_SECONDS / scale)
