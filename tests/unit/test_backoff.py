from datetime import timedelta

from msklink.runs import backoff
from msklink.runs.cluster_record import RunFailure
from tests.unit.factories import NOW

PAUSES = [timedelta(minutes=minutes) for minutes in (5, 15, 60)]


def failures() -> list[RunFailure]:
    """Return twelve failures in a row."""
    row: list[RunFailure] = []
    for number in range(1, 13):
        failure = RunFailure(run=f"orders-1-{number}", status="FAILED", ended=NOW)
        row.append(backoff.with_next_attempt(row[-1] if row else None, failure, PAUSES, NOW))
    return row


def test_the_pauses_grow_and_repeat_until_retries_end() -> None:
    pauses = [one.next_attempt and one.next_attempt - NOW for one in failures()]

    assert pauses == [*PAUSES, *[PAUSES[-1]] * 6, None, None, None]


def test_the_event_says_what_happens_next() -> None:
    first, *_, last = failures()

    assert backoff.describe_next_attempt(first) == "The next attempt is at 2026-01-01 00:05 UTC."
    assert "last of 12 attempts" in backoff.describe_next_attempt(last)
    assert "Solve the cause" in backoff.describe_next_attempt(last)
