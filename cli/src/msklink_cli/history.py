"""Summarize the history of a run: its states, how long each took, and what failed in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel

_FAILED = {
    kind: f"{kind[0].lower()}{kind[1:]}EventDetails"
    for kind in ("TaskFailed", "TaskTimedOut", "TaskStartFailed", "TaskSubmitFailed")
}
"""Types of events of a failed attempt, and where each has its error (Step Functions API reference,
HistoryEvent)."""

_TIMED = ("TaskState", "WaitState", "MapState")
"""Starts of types of events of states that take time; the others are instantaneous."""


class StateReport(BaseModel, frozen=True):
    """All visits of a run to one state."""

    name: str
    first: datetime
    times: int
    seconds: float
    """The sum of all visits; those of a Map that overlap count each."""
    failed_attempts: int
    error: str
    """Of the last failed attempt; empty where all succeeded."""


@dataclass
class _Visits:
    first: datetime
    times: int = 0
    open_visits: int = 0
    seconds: float = 0.0
    failed_attempts: int = 0
    error: str = ""


def summarize(events: Iterable[Mapping[str, Any]], now: datetime) -> list[StateReport]:
    """
    Return the states of a run that take time, in the order of their first visits.

    *events* are those of GetExecutionHistory, and visits that are in progress last until *now*.
    """
    found: dict[str, _Visits] = {}
    states: dict[int, str] = {}
    last = ""
    for event in events:
        last = states[event["id"]] = _state(event, states, last)
        _count(event, found, last)
    return [
        StateReport(
            name=name,
            first=one.first,
            times=one.times,
            seconds=round(one.seconds + one.open_visits * now.timestamp(), 1),
            failed_attempts=one.failed_attempts,
            error=one.error,
        )
        for name, one in found.items()
    ]


def _state(event: Mapping[str, Any], states: Mapping[int, str], last: str) -> str:
    """Return the state of *event*: its own, that of the event before it, or the *last*."""
    named = event.get("stateEnteredEventDetails") or event.get("stateExitedEventDetails")
    if named:
        name: str = named["name"]
        return name
    return states.get(event.get("previousEventId", 0), last)


def _count(event: Mapping[str, Any], found: dict[str, _Visits], state: str) -> None:
    kind, time = event["type"], event["timestamp"]
    # Which exit belongs to which entry does not matter to the sum.
    if kind.startswith(_TIMED) and kind.endswith("Entered"):
        visits = found.setdefault(state, _Visits(time))
        visits.times += 1
        visits.open_visits += 1
        visits.seconds -= time.timestamp()
    elif kind.startswith(_TIMED):
        found[state].open_visits -= 1
        found[state].seconds += time.timestamp()
    elif kind in _FAILED and state in found:
        found[state].failed_attempts += 1
        found[state].error = event.get(_FAILED[kind], {}).get("error", "")
