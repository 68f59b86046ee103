from datetime import UTC, datetime, timedelta

from msklink.runs import backoff
from msklink.runs.cluster_record import Reason

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATER = NOW + timedelta(minutes=50)


def test_a_new_reason_starts_a_run_at_once_and_the_same_not_before_its_time() -> None:
    remembered, due = backoff.patiently({}, ["a"], (), HOUR, NOW)

    assert due == ["a"]
    assert remembered == {"a": Reason(times=1, again=LATER)}
    assert backoff.patiently(remembered, ["a"], (), HOUR, LATER - timedelta(seconds=1)) == (
        remembered,
        [],
    )
    assert backoff.patiently(remembered, ["a"], (), HOUR, LATER)[1] == ["a"]


def test_another_reason_does_not_wait_nor_shorten_the_first() -> None:
    known = {"a": Reason(times=5, again=LATER)}

    remembered, due = backoff.patiently(known, ["a", "b"], (), HOUR, NOW)

    assert due == ["b"]
    assert remembered == known | {"b": Reason(times=1, again=LATER)}


def test_what_is_not_found_any_more_is_forgotten() -> None:
    assert backoff.patiently({"a": Reason(times=3, again=LATER)}, (), (), HOUR, NOW) == ({}, [])


def test_the_pause_grows_to_a_day() -> None:
    pauses = [
        backoff.patiently({"a": Reason(times=times, again=NOW)}, ["a"], (), HOUR, NOW)[0]["a"].again
        - NOW
        for times in range(7)
    ]

    assert [pause + HOUR * backoff.SLACK for pause in pauses] == [
        timedelta(hours=hours) for hours in (1, 2, 4, 8, 24, 24, 24)
    ]


def test_a_hope_waits_from_the_start() -> None:
    remembered, due = backoff.patiently({}, (), ["mended"], HOUR, NOW)

    assert due == []
    assert remembered == {"mended": Reason(times=1, again=LATER)}
    assert backoff.patiently(remembered, (), ["mended"], HOUR, LATER)[1] == ["mended"]
