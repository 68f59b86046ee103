"""When a cluster gets another run: after one that failed, and for a reason that stays."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from msklink.runs.cluster_record import RunFailure, RunReason

SWEEPS_BETWEEN = (1, 2, 4, 8, 24)
"""From one run to the next for the same reason; the last one stays."""

SLACK = 1 / 6
"""Of the time from sweep to sweep; a pause is so much shorter, or a sweep may just miss its end."""

MAX_FAILURES = 10
"""Runs that failed one after the other; with the pauses that are about seven hours."""


def with_next_attempt(
    known: RunFailure | None, failure: RunFailure, pauses: Sequence[timedelta], now: datetime
) -> RunFailure:
    """
    *failure* as the next after the one *known*, with the time of the next attempt, if any.

    *known* is the last since a run succeeded. Once the *pauses* are used up, the last one stays.
    """
    times = known.times + 1 if known else 1
    if times >= MAX_FAILURES:
        return failure.model_copy(update={"times": times, "next_attempt": None})
    pause = pauses[min(times, len(pauses)) - 1]
    return failure.model_copy(update={"times": times, "next_attempt": now + pause})


def schedule_retries(
    known: Mapping[str, RunReason],
    found: Collection[str],
    retryable: Collection[str],
    sweep_interval: timedelta,
    now: datetime,
) -> tuple[dict[str, RunReason], list[str]]:
    """
    What to remember of the reasons *found*, and those for which a run is to start now.

    A run that did not mend what it was started for is followed by others, later each time. For
    the *retryable* reasons nothing has changed, so that the first run for them waits as well. What
    is not found any more is forgotten.
    """
    reasons = {text: known.get(text) for text in (*found, *retryable)}
    due = [text for text, reason in reasons.items() if _is_due(reason, now, text in retryable)]
    waiting = {text: reason or _next(None, sweep_interval, now) for text, reason in reasons.items()}
    return waiting | {text: _next(reasons[text], sweep_interval, now) for text in due}, due


def reason_with_digest(text: str, facts: object) -> str:
    """*text* with a mark of the *facts* behind it, as other facts are another reason."""
    dumped = json.dumps(facts, sort_keys=True, default=str)
    return f"{text} ({hashlib.sha256(dumped.encode()).hexdigest()[:8]})"


def _is_due(reason: RunReason | None, now: datetime, is_retryable: bool) -> bool:
    return reason.next_run <= now if reason else not is_retryable


def _next(reason: RunReason | None, sweep_interval: timedelta, now: datetime) -> RunReason:
    times = reason.times if reason else 0
    sweeps = SWEEPS_BETWEEN[min(times, len(SWEEPS_BETWEEN) - 1)]
    return RunReason(times=times + 1, next_run=now + sweep_interval * (sweeps - SLACK))


def describe_next_attempt(failure: RunFailure) -> str:
    """What happens next, in words for people."""
    if failure.next_attempt:
        return f"The next attempt is at {failure.next_attempt:%Y-%m-%d %H:%M} UTC."
    return (
        f"That was the last attempt of {failure.times}: no other is made until somebody asks. "
        "Mend the cause, then set a tag of the cluster again."
    )
