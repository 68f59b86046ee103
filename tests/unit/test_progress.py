"""The phases of an onboarding: which one a record is in, since when, and how long each took."""

from datetime import timedelta
from typing import Any

import pytest

from msklink.connections.progress import (
    phase_of,
    seconds_by_phase,
    time_in_progress,
    with_progress,
)
from msklink.connections.record import Phase, Progress, State
from msklink.refusals import Code, refuse
from tests.unit.factories import LATER, NOW, connection

MADE = {"connection_arn": "arn:1"}
REFUSAL = refuse(Code.CLUSTER_SERVERLESS)


@pytest.mark.parametrize(
    ("state", "facts", "phase"),
    [
        (State.WAITING, {}, Phase.HELD),
        (State.WAITING, MADE, Phase.HELD),
        (State.PLANNED, {"enabled_by": LATER}, Phase.ENABLING),
        (State.PLANNED, {}, Phase.GRANTING),
        (State.CONNECTING, {}, Phase.GRANTING),  # MSK does not create it yet
        (State.PLANNED, MADE, Phase.CONNECTING),
        (State.CONNECTING, MADE, Phase.CONNECTING),
        (State.CONNECTED, MADE, Phase.PUBLISHING),
        (State.PUBLISHED, MADE, None),
        (State.REFUSED, {"refusal": REFUSAL}, None),
        (State.FAILED, MADE, None),
        (State.CLOSING, MADE, None),
        (State.ABANDONED, MADE, None),
    ],
)
def test_the_phase_of_a_record(state: State, facts: dict[str, Any], phase: Phase | None) -> None:
    assert phase_of(connection(state=state, **facts)) is phase


def progress(before: dict[str, Any] | None, after: dict[str, Any]) -> Progress | None:
    """Return the progress an hour later of a record that was *before* and is *after*."""
    known = [connection(**before)] if before is not None else []
    [found] = with_progress(known, [connection(**after)], LATER)
    return found.progress


HELD = Progress(phase=Phase.HELD, since=NOW, seconds={Phase.ASKED: 5})


def test_an_onboarding_begins_with_its_request() -> None:
    found = progress(None, {"state": State.WAITING})

    assert found == Progress(phase=Phase.HELD, since=LATER, seconds={Phase.ASKED: 3600})


def test_a_phase_lasts_until_the_next() -> None:
    waiting = {"state": State.WAITING, "progress": HELD}

    assert progress(waiting, {"state": State.WAITING}) == HELD
    assert progress(waiting, {"enabled_by": LATER + timedelta(hours=1)}) == Progress(
        phase=Phase.ENABLING,
        since=LATER,
        expected=LATER + timedelta(hours=1),
        seconds={Phase.ASKED: 5, Phase.HELD: 3600},
    )


def test_a_phase_that_comes_again_adds_to_its_seconds() -> None:
    twice = Progress(phase=Phase.HELD, since=NOW, seconds={Phase.HELD: 60, Phase.CONNECTING: 7})

    assert seconds_by_phase(twice, LATER) == {Phase.HELD: 3660, Phase.CONNECTING: 7}


@pytest.mark.parametrize("state", [State.PUBLISHED, State.REFUSED, State.FAILED])
def test_what_is_not_in_progress_has_no_progress(state: State) -> None:
    assert progress({"progress": HELD}, {"state": state}) is None


@pytest.mark.parametrize(
    ("before", "since_request"),
    [
        ({"state": State.REFUSED}, 3600),  # the client has corrected what was refused
        ({"state": State.PUBLISHED, **MADE}, 0),  # others have deleted its connection
        ({"state": State.FAILED, **MADE}, 0),
    ],
)
def test_a_repair_is_not_counted_from_the_request(
    before: dict[str, Any], since_request: int
) -> None:
    found = progress(before, {})

    assert found
    assert found.seconds == {Phase.ASKED: since_request}


def worked_on(**facts: Any) -> timedelta | None:
    """Return how long MSKLink has worked, an hour later, on a record that began to connect."""
    seconds = {Phase.ASKED: 50_000, Phase.HELD: 90_000, Phase.ENABLING: 1800}
    began = Progress(phase=Phase.CONNECTING, since=NOW, seconds=seconds)
    return time_in_progress(connection(**{"progress": began, **MADE, **facts}), LATER)


def test_the_time_before_its_first_survey_and_of_its_hold_is_not_that_of_our_work() -> None:
    assert worked_on() == timedelta(seconds=1800 + 3600)


def test_a_record_that_is_held_does_not_get_older() -> None:
    assert worked_on(state=State.WAITING, progress=HELD) == timedelta()


@pytest.mark.parametrize(
    "facts", [{"state": State.PUBLISHED}, {"wanted": False}, {"progress": None}]
)
def test_what_is_not_in_progress_has_no_age(facts: dict[str, Any]) -> None:
    assert worked_on(**facts) is None
