"""Simulated time: a clock, the durations of MSK's operations, and scheduled steps."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

MINUTE: Final = 60.0


class Clock(Protocol):
    """A source of the simulated time."""

    def now(self) -> datetime:
        """Return the time as aware UTC; it never decreases."""


class ManualClock:
    """A clock that moves only by `advance`."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Durations:
    """Simulated seconds of each operation."""

    create_cluster: float = 20 * MINUTE
    delete_cluster: float = 5 * MINUTE
    accept_update: float = 1 * MINUTE
    update_connectivity: float = 45 * MINUTE
    """Of three brokers; with more of them it takes longer, as each is restarted by itself."""
    create_connection: float = 4 * MINUTE
    delete_connection: float = 2 * MINUTE
    reject_connection: float = 1 * MINUTE
    deactivate_connection: float = 1 * MINUTE
    refresh_topics: float = 1 * MINUTE
    """How old what topic operations show can be."""


AS_ON_AWS: Final = Durations()


class Timeline:
    """
    Scheduled steps, in order of due time.

    No thread runs it: every reader of the state settles it first. Each step runs at its own due
    time, so steps that schedule further steps do not drift.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._steps: list[tuple[datetime, int, Callable[[], None]]] = []
        self._scheduled = 0
        self._settling_at: datetime | None = None

    def now(self) -> datetime:
        return self._settling_at or self._clock.now()

    def after(self, seconds: float, step: Callable[[], None]) -> None:
        self._scheduled += 1
        due = self.now() + timedelta(seconds=seconds)
        heapq.heappush(self._steps, (due, self._scheduled, step))

    def next_due(self) -> datetime | None:
        """Return when the next step is due, if there is one."""
        return self._steps[0][0] if self._steps else None

    def settle(self) -> None:
        present = self._clock.now()
        while self._steps and self._steps[0][0] <= present:
            due, _, step = heapq.heappop(self._steps)
            self._settling_at = due
            try:
                step()
            finally:
                self._settling_at = None
