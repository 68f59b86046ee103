"""
Let MiniStack wait by the simulated clock, and count its threads as work.

MiniStack sleeps in threads and polls schedules every few seconds in real time. Its modules get a
replacement of `time` and of `threading`, as far as they use them.
"""

import concurrent.futures
import contextvars
import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from ministack.core import lambda_runtime, sigv4
from ministack.services import eventbridge, lambda_svc, scheduler, sqs, stepfunctions

from localcloud.clock import SimulatedClock, real_now

START_UP_SECONDS: Final = 1
"""Shorter pauses of MiniStack are not waits on AWS."""


def install(clock: SimulatedClock) -> None:
    for module in (eventbridge, lambda_svc, stepfunctions):
        module.time = _Time(clock)
        module.threading = _Threading(clock)
    lambda_runtime.time = _RealTime()
    stepfunctions.ThreadPoolExecutor = partial(CountingPool, clock)
    stepfunctions.futures_wait = lambda _: None  # the end of the pool's with block waits anyway
    lambda_svc._LAMBDA_STATE_TRANSITION_DELAY = 0
    eventbridge.start_scheduler = scheduler.start_scheduler = lambda: None
    clock.add(_Schedules())
    lambda_svc._ensure_poller = lambda: None  # no event source mappings are used
    sqs._HANDLERS["ReceiveMessage"] = _without_long_polls(sqs._HANDLERS["ReceiveMessage"])
    # Clients may sign requests with the real time.
    sigv4.request_time_failure = lambda *_, **__: None


class _Time:
    """Replaces the module `time`: threads that count as work sleep by the clock."""

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def sleep(self, seconds: float) -> None:
        if seconds < START_UP_SECONDS or not self._clock.is_counted():
            time.sleep(min(seconds, 0.01) if self._clock.is_counted() else seconds)
        else:
            self._clock.sleep(seconds)


class _RealTime:
    """Replaces the module `time` where MiniStack waits for local processes."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def time(self) -> float:
        return real_now().timestamp()


class _Threading:
    """Replaces the module `threading`: threads count as work from start to end."""

    def __init__(self, clock: SimulatedClock) -> None:
        class Thread(threading.Thread):
            def __init__(self, **options: Any) -> None:
                super().__init__(**options)
                self._loops = "name" in options  # MiniStack names only threads that never end

            def start(self) -> None:
                if not self._loops:
                    clock.begin()
                super().start()

            def run(self) -> None:
                if self._loops:
                    super().run()
                    return
                try:
                    with clock.counting():
                        super().run()
                finally:
                    clock.end()

        self.Thread = Thread

    def __getattr__(self, name: str) -> Any:
        return getattr(threading, name)


class CountedThread(threading.Thread):
    """A thread that counts as work from start to end."""

    def __init__(self, clock: SimulatedClock, **options: Any) -> None:
        super().__init__(daemon=True, **options)
        self._clock = clock

    def start(self) -> None:
        self._clock.begin()
        super().start()

    def run(self) -> None:
        try:
            with self._clock.counting():
                super().run()
        finally:
            self._clock.end()


class CountingPool(concurrent.futures.ThreadPoolExecutor):
    """
    A pool whose tasks count as work, and not the thread that waits for them.

    The last task keeps counting until that thread has woken: otherwise the clock would advance
    before.
    """

    def __init__(self, clock: SimulatedClock, max_workers: int) -> None:
        super().__init__(max_workers)
        self._clock = clock
        self._most = max_workers
        self._left = 0
        self._has_last = False
        self._is_waited_for = True
        self._lock = threading.Lock()

    def submit[**P, T](
        self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> concurrent.futures.Future[T]:
        with self._lock:
            self._left += 1
            if self._left <= self._most and not self._has_last:
                self._clock.begin()
            self._has_last = False

        def work() -> T:
            with self._clock.counting():
                try:
                    return fn(*args, **kwargs)
                finally:
                    self._end()

        return super().submit(work)

    def _end(self) -> None:
        with self._lock:
            self._left -= 1
            if self._left >= self._most:
                return  # a queued task takes over the count
            self._has_last = self._is_waited_for and not self._left
            if not self._has_last:
                self._clock.end()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        with self._lock:
            counts = self._left > 0 or self._has_last
            self._is_waited_for = wait
            if counts and (self._clock.is_counted() if wait else self._has_last):
                self._clock.end()
        super().shutdown(wait, cancel_futures=cancel_futures)
        if wait and counts and not self._clock.is_counted():
            self._clock.end()


def _without_long_polls(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return at once from ReceiveMessage: the clock would stop during a long poll."""

    async def receive(data: dict[str, Any], *arguments: Any, **options: Any) -> Any:
        return await original({**data, "WaitTimeSeconds": 0}, *arguments, **options)

    return receive


class _Schedules:
    """The timer source of EventBridge's scheduled rules and of EventBridge Scheduler."""

    def next_due(self) -> datetime | None:
        moments = [*self._of_rules(), *self._of_schedules()]
        # Round up to a millisecond: at a time slightly too early nothing would be due.
        return min(
            (datetime.fromtimestamp(math.ceil(one * 1000) / 1000, UTC) for one in moments),
            default=None,
        )

    def settle(self) -> None:
        contextvars.copy_context().run(eventbridge._tick_scheduled_rules)
        contextvars.copy_context().run(scheduler._tick_schedules)

    def _of_rules(self) -> Iterator[float]:
        for key, rule in list(eventbridge._rules._data.items()):
            if rule.get("State") == "ENABLED":
                last = eventbridge._rule_last_fired.get(key)
                began = rule.get("CreationTime", 0)
                yield from next_due(rule.get("ScheduleExpression", ""), last, began)

    def _of_schedules(self) -> Iterator[float]:
        for key, schedule in list(scheduler._schedules._data.items()):
            if schedule.get("State") != "ENABLED":
                continue
            expression = schedule.get("ScheduleExpression", "")
            last = scheduler._schedule_last_fired.get(key)
            at = scheduler._at_time_epoch(expression)
            if at is None:
                yield from next_due(expression, last, schedule.get("CreationDate", 0))
            elif last is None:
                yield at


def next_due(expression: str, last: float | None, began: float) -> Iterable[float]:
    """Yield when a rate() or cron() is due next; *last* is the time it was due before."""
    interval = eventbridge._parse_rate_seconds(expression)
    if interval is not None:
        yield (last if last is not None else began) + interval
        return
    fields = eventbridge._parse_cron_fields(expression)
    if fields is None:
        return
    if last is None:
        yield time.time()  # MiniStack registers it on the first poll
        return
    due = eventbridge._cron_next_fire(fields, datetime.fromtimestamp(last, UTC))
    if due is not None:
        yield due.timestamp()
