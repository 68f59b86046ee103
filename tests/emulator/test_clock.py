"""The clock of the embedded AWS wakes waiting threads in order, and never while others work."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.clock import SimulatedClock, run_clock
from localcloud.ministack_patches.simulated_time import CountingPool

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock(START)


def seconds(clock: SimulatedClock) -> float:
    return (clock.now() - START).total_seconds()


def at_work(clock: SimulatedClock, work: Callable[[], object]) -> threading.Thread:
    """Start a thread that counts as work from now on."""
    clock.begin()

    def run() -> None:
        with clock.counting():
            work()
        clock.end()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@given(waits=st.lists(st.lists(st.integers(1, 50), min_size=1, max_size=4), max_size=5))
def test_each_thread_wakes_at_the_requested_time(waits: list[list[int]]) -> None:
    clock = SimulatedClock(START)
    woken: list[tuple[float, float]] = []

    def sleeper(pauses: list[int]) -> Callable[[], None]:
        def work() -> None:
            asked = 0.0
            for pause in pauses:
                asked += pause
                clock.sleep(pause)
                woken.append((asked, seconds(clock)))

        return work

    threads = [at_work(clock, sleeper(pauses)) for pauses in waits]
    while clock.step():
        pass
    for thread in threads:
        thread.join()

    assert len(woken) == sum(map(len, waits))
    assert all(asked == seen for asked, seen in woken)
    assert [seen for _, seen in woken] == sorted(seen for _, seen in woken)


def test_the_clock_stops_while_a_thread_works(clock: SimulatedClock) -> None:
    go = threading.Event()
    sleeper = at_work(clock, lambda: clock.sleep(10))
    worker = at_work(clock, go.wait)
    stepping = threading.Thread(target=clock.step)
    stepping.start()

    assert clock.is_at_work()
    assert seconds(clock) == 0

    go.set()
    for thread in (stepping, sleeper, worker):
        thread.join()
    assert seconds(clock) == 10


@given(pauses=st.lists(st.integers(0, 50), min_size=1, max_size=5), workers=st.integers(1, 5))
def test_a_thread_that_waits_for_a_pool_continues_at_the_time_of_its_last_task(
    pauses: list[int], workers: int
) -> None:
    clock = SimulatedClock(START)
    clock.add(Timers(clock, *range(60, 10_000, 60)))
    ended: list[float] = []

    def parent() -> None:
        with CountingPool(clock, workers) as pool:
            for pause in pauses:
                pool.submit(clock.sleep, pause)
        ended.append(seconds(clock))

    thread = at_work(clock, parent)
    while not ended:
        clock.step()
    thread.join()

    assert ended == [last_end(pauses, workers)]
    assert not clock.is_at_work()


def last_end(pauses: list[int], workers: int) -> float:
    """Return when the last task ends, if *workers* take tasks in turn."""
    free = [0.0] * workers
    for pause in pauses:
        free[free.index(min(free))] += pause
    return max(free)


def test_a_pool_without_a_waiting_thread_counts_until_it_ends(clock: SimulatedClock) -> None:
    pool = CountingPool(clock, 1)
    pool.submit(clock.sleep, 5)
    pool.shutdown(wait=False)

    clock.step()
    clock.settle()

    assert seconds(clock) == 5
    assert not clock.is_at_work()


def test_a_step_stops_at_its_limit(clock: SimulatedClock) -> None:
    thread = at_work(clock, lambda: clock.sleep(60))

    assert not clock.step(START + timedelta(seconds=20))
    assert seconds(clock) == 20
    assert clock.step(START + timedelta(seconds=60))
    assert seconds(clock) == 60
    thread.join()


def test_time_does_not_pass_if_nothing_is_due(clock: SimulatedClock) -> None:
    assert not clock.step()
    assert seconds(clock) == 0

    clock.advance(30)
    assert seconds(clock) == 30


class Timers:
    """A timer source with given moments."""

    def __init__(self, clock: SimulatedClock, *moments: int) -> None:
        self._clock, self._left, self.rung = clock, list(moments), list[float]()

    def next_due(self) -> datetime | None:
        return START + timedelta(seconds=self._left[0]) if self._left else None

    def settle(self) -> None:
        while self._left and self._left[0] <= seconds(self._clock):
            self._left.pop(0)
            self.rung.append(seconds(self._clock))


def test_a_timer_source_is_settled_at_its_due_time(clock: SimulatedClock) -> None:
    alarms = Timers(clock, 7, 9, 40)
    clock.add(alarms)
    thread = at_work(clock, lambda: clock.sleep(8))

    clock.advance(20)

    assert alarms.rung == [7, 9]
    assert seconds(clock) == 20
    thread.join()


def test_run_clock_advances_on_a_scale(clock: SimulatedClock) -> None:
    """Each pause stands for one twentieth of a second, and does not wait here."""
    pauses: list[float] = []

    def pause(real: float) -> bool:
        pauses.append(real)
        return len(pauses) > 20

    run_clock(clock, 0.01, pause)

    assert sum(pauses[:-1]) == pytest.approx(1)
    assert seconds(clock) == pytest.approx(100)
