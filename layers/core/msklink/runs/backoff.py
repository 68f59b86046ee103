"""Decide when a cluster gets another run: after a failure, and for a reason that persists."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from msklink.runs.cluster_record import RunFailure, RunReason

SWEEPS_BETWEEN = (1, 2, 4, 8, 24)
"""Backoff in sweeps between runs for the same reason; the last value repeats."""

SLACK = 1 / 6
"""Fraction of the sweep interval by which a pause is shorter, or a sweep may just miss its end."""

MAX_FAILURES = 10
"""The limit for failed runs in a row; with the default backoff, after about seven hours."""


def with_next_attempt(
    known: RunFailure | None, failure: RunFailure, pauses: Sequence[timedelta], now: datetime
) -> RunFailure:
    """
    Return *failure* as the next one after *known*, with the time of the next attempt, if any.

    *known* is the last failure since a run succeeded. The last of the *pauses* repeats.
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
    Return the reasons to record, and those for which a run starts now.

    If a run did not resolve its reason, the following runs back off. A *retryable* reason is not a
    change, so its first run waits as well. Reasons that are no longer found are deleted.
    """
    reasons = {text: known.get(text) for text in (*found, *retryable)}
    due = [text for text, reason in reasons.items() if _is_due(reason, now, text in retryable)]
    waiting = {text: reason or _next(None, sweep_interval, now) for text, reason in reasons.items()}
    return waiting | {text: _next(reasons[text], sweep_interval, now) for text in due}, due


def reason_with_digest(text: str, facts: object) -> str:
    """Return *text* with a digest of *facts*, since other facts are another reason."""
    dumped = json.dumps(facts, sort_keys=True, default=str)
    return f"{text} ({hashlib.sha256(dumped.encode()).hexdigest()[:8]})"


def _is_due(reason: RunReason | None, now: datetime, is_retryable: bool) -> bool:
    return reason.next_run <= now if reason else not is_retryable


def _next(reason: RunReason | None, sweep_interval: timedelta, now: datetime) -> RunReason:
    times = reason.times if reason else 0
    sweeps = SWEEPS_BETWEEN[min(times, len(SWEEPS_BETWEEN) - 1)]
    return RunReason(times=times + 1, next_run=now + sweep_interval * (sweeps - SLACK))


def describe_next_attempt(failure: RunFailure) -> str:
    """Return a sentence for people about the next attempt."""
    if failure.next_attempt:
        return f"The next attempt is at {failure.next_attempt:%Y-%m-%d %H:%M} UTC."
    return (
        f"That was the last of {failure.times} attempts: MSKLink makes no other by itself. "
        "Solve the cause, then set a tag of the cluster again."
    )
