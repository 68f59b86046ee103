"""People who work at the same time: each acts, then waits, on one simulated clock."""

import heapq
from collections.abc import Generator, Iterable
from datetime import datetime, timedelta

from localcloud.msk import ManualClock

type Work[Result] = Generator[float, None, Result]
"""Yields the seconds until it goes on."""


def carry_out(clock: ManualClock, works: Iterable[Work[None]]) -> None:
    """Carry out all *works*, in the order of simulated time."""
    due: list[tuple[datetime, int, Work[None]]] = [
        (clock.now(), number, work) for number, work in enumerate(works)
    ]
    while due:
        moment, number, work = heapq.heappop(due)
        clock.advance((moment - clock.now()).total_seconds())
        if (seconds := next(work, None)) is not None:
            heapq.heappush(due, (clock.now() + timedelta(seconds=seconds), number, work))
