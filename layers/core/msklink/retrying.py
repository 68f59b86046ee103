"""When a cluster gets another run: after one that failed, and for a reason that stays."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from msklink.records import Failure, Reason

REASON_PAUSES = tuple(timedelta(hours=hours) for hours in (1, 2, 4, 8, 24))
"""Between runs for the same reason; the last one stays."""

SLACK = timedelta(minutes=10)
"""By which a pause is shorter, so that an hourly sweep does not miss its end by seconds."""

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


def patiently(
    known: Mapping[str, Reason], found: Collection[str], hopes: Collection[str], now: datetime
) -> tuple[dict[str, Reason], list[str]]:
    """
    What to remember of the reasons *found*, and those for which a run is to start now.

    A run that did not mend what it was started for is followed by others, later each time. *hopes*
    are reasons too, that nothing has changed for, so that the first run for them waits as well.
    What is not found any more is forgotten.
    """
    reasons = {text: known.get(text) for text in (*found, *hopes)}
    due = [text for text, reason in reasons.items() if _is_due(reason, now, text in hopes)]
    waiting = {text: reason or _next(None, now) for text, reason in reasons.items()}
    return waiting | {text: _next(reasons[text], now) for text in due}, due


def _is_due(reason: Reason | None, now: datetime, is_hope: bool) -> bool:
    return reason.again <= now if reason else not is_hope


def _next(reason: Reason | None, now: datetime) -> Reason:
    times = reason.times if reason else 0
    pause = REASON_PAUSES[min(times, len(REASON_PAUSES) - 1)]
    return Reason(times=times + 1, again=now + pause - SLACK)


def outlook(failure: Failure) -> str:
    """What happens next, in words for people."""
    if failure.next_attempt:
        return f"The next attempt is at {failure.next_attempt:%Y-%m-%d %H:%M} UTC."
    return (
        f"That was the last attempt of {failure.times}: no other is made until somebody asks. "
        "Mend the cause, then set a tag of the cluster again."
    )
