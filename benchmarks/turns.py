"""Concurrent work on a simulated clock: one thread at a time, in the order of simulated time."""

import heapq
import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from localcloud.msk import ManualClock


class _Worker(threading.Thread):
    def __init__(self, work: Callable[[], None], over: threading.Semaphore) -> None:
        super().__init__(daemon=True)
        self.turn = threading.Semaphore(0)
        self.error: BaseException | None = None
        self._work = work
        self._over = over

    def run(self) -> None:
        self.turn.acquire()
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 raised in the thread that waits for it
            self.error = error
        finally:
            self._over.release()


class Turns:
    """The result does not depend on the machine: threads with equal times go in their order."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._over = threading.Semaphore(0)
        self._due: list[tuple[datetime, int, _Worker]] = []
        self._pushed = 0

    def run(self, works: Iterable[Callable[[], None]]) -> None:
        """Do all *works* at once, each in a thread of its own; raise the first error."""
        workers = [_Worker(work, self._over) for work in works]
        for worker in workers:
            worker.start()
            self._push(worker, 0)
        while self._due:
            moment, _, worker = heapq.heappop(self._due)
            self._clock.advance((moment - self._clock.now()).total_seconds())
            worker.turn.release()
            self._over.acquire()
            if worker.error:
                raise worker.error

    def sleep(self, seconds: float) -> None:
        """Let others work for so many simulated seconds; outside of a work, only time passes."""
        worker = threading.current_thread()
        if not isinstance(worker, _Worker):
            self._clock.advance(seconds)
            return
        self._push(worker, seconds)
        self._over.release()
        worker.turn.acquire()

    def _push(self, worker: _Worker, seconds: float) -> None:
        self._pushed += 1
        due = self._clock.now() + timedelta(seconds=seconds)
        heapq.heappush(self._due, (due, self._pushed, worker))
