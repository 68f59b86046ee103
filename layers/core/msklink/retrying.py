"""When a cluster whose run failed gets another, and when it gets none any more."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msklink.records import Failure

MOST_FAILURES = 10
"""Runs that failed one after the other; with the pauses that are about seven hours."""


def after(
    known: Failure | None, failure: Failure, pauses: Sequence[timedelta], now: datetime
) -> Failure:
    """
    *failure* as the next after the one *known*, with the time of the next attempt, if any.

    *known* is the last since a run succeeded. Once the *pauses* are used up, the last one stays.
    """
    times = known.times + 1 if known else 1
    if times >= MOST_FAILURES:
        return failure.model_copy(update={"times": times, "next_attempt": None})
    pause = pauses[min(times, len(pauses)) - 1]
    return failure.model_copy(update={"times": times, "next_attempt": now + pause})


def outlook(failure: Failure) -> str:
    """What happens next, in words for people."""
    if failure.next_attempt:
        return f"The next attempt is at {failure.next_attempt:%Y-%m-%d %H:%M} UTC."
    return (
        f"That was the last attempt of {failure.times}: no other is made until somebody asks. "
        "Mend the cause, then set a tag of the cluster again."
    )
