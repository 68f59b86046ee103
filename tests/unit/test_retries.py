from datetime import UTC, datetime, timedelta

from msklink.runs import backoff
from msklink.runs.cluster_record import RunReason

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATER = NOW + timedelta(minutes=50)


def test_a_new_reason_starts_a_run_at_once_and_a_known_one_when_due() -> None:
    remembered, due = backoff.schedule_retries({}, ["a"], (), HOUR, NOW)

    assert due == ["a"]
    assert remembered == {"a": RunReason(times=1, next_run=LATER)}
    assert backoff.schedule_retries(remembered, ["a"], (), HOUR, LATER - timedelta(seconds=1)) == (
        remembered,
        [],
    )
    assert backoff.schedule_retries(remembered, ["a"], (), HOUR, LATER)[1] == ["a"]


def test_a_second_reason_does_not_wait_and_does_not_change_the_first() -> None:
    known = {"a": RunReason(times=5, next_run=LATER)}

    remembered, due = backoff.schedule_retries(known, ["a", "b"], (), HOUR, NOW)

    assert due == ["b"]
    assert remembered == known | {"b": RunReason(times=1, next_run=LATER)}


def test_a_reason_that_is_no_longer_found_is_deleted() -> None:
    assert backoff.schedule_retries(
        {"a": RunReason(times=3, next_run=LATER)}, (), (), HOUR, NOW
    ) == ({}, [])


def test_the_pause_grows_to_a_day() -> None:
    pauses = [
        backoff.schedule_retries({"a": RunReason(times=times, next_run=NOW)}, ["a"], (), HOUR, NOW)[
            0
        ]["a"].next_run
        - NOW
        for times in range(7)
    ]

    assert [pause + HOUR * backoff.SLACK for pause in pauses] == [
        timedelta(hours=hours) for hours in (1, 2, 4, 8, 24, 24, 24)
    ]


def test_a_retryable_failure_waits_from_the_start() -> None:
    remembered, due = backoff.schedule_retries({}, (), ["mended"], HOUR, NOW)

    assert due == []
    assert remembered == {"mended": RunReason(times=1, next_run=LATER)}
    assert backoff.schedule_retries(remembered, (), ["mended"], HOUR, LATER)[1] == ["mended"]
