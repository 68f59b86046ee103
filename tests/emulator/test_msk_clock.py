"""Scheduled steps happen at their due time, however late the state is read."""

import dataclasses
from datetime import UTC, datetime, timedelta

from localcloud.msk import (
    Durations,
    ManualClock,
    Scheme,
)
from localcloud.msk.clock import Timeline
from tests.emulator.builders import OWNER, Emulator, flags


def test_a_manual_clock_moves_only_by_advance() -> None:
    clock = ManualClock(datetime(2026, 5, 1, tzinfo=UTC))

    clock.advance(90)

    assert clock.now() == datetime(2026, 5, 1, 0, 1, 30, tzinfo=UTC)


def test_steps_happen_at_their_due_time_however_late_they_are_read() -> None:
    clock = ManualClock()
    start = clock.now()
    timeline = Timeline(clock)
    happened: list[tuple[str, timedelta]] = []

    def second() -> None:
        happened.append(("second", timeline.now() - start))

    def first() -> None:
        happened.append(("first", timeline.now() - start))
        timeline.after(5, second)

    timeline.after(10, first)
    clock.advance(1000)
    timeline.settle()

    assert happened == [("first", timedelta(seconds=10)), ("second", timedelta(seconds=15))]
    assert timeline.now() == clock.now()


def test_operations_end_at_once_with_zero_durations() -> None:
    at_once = {field.name: 0.0 for field in dataclasses.fields(Durations)}
    emulator = Emulator(durations=Durations(**at_once))
    made = emulator.call(
        OWNER, "CreateClusterV2", ClusterName="orders", Provisioned=emulator.provisioned()
    )

    operation = emulator.update(made["ClusterArn"], flags(Scheme.IAM))

    assert emulator.operation(operation)["OperationState"] == "UPDATE_COMPLETE"
