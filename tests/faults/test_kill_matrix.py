"""Whatever call goes wrong, and however: the next run, or the sweep alone, makes it good."""

from collections import Counter
from typing import Any

import pytest

from tests.faults.end_state import differences
from tests.faults.matrix import (
    ERRORS,
    Case,
    Stage,
    cases,
    end_of,
    in_turn,
    plots,
    recorded,
)
from tests.faults.scenarios import Plot
from tests.faults.states import STEPS
from tests.support.cloudformation import handlers
from tests.support.permission_check import CLIENT_ROLE, RIDING, granted


def test_the_end_is_as_if_nothing_had_gone_wrong(
    case: Case, stage: Stage, record_property: Any
) -> None:
    outcome = stage.attempt(case)

    noted = {"step": case.step, "kind": case.kind.value, "call": case.place}
    for name, fact in (noted | {"recoveries": [way.value for way in outcome.recoveries]}).items():
        record_property(name, fact)
    assert outcome.struck, "the call was not made this time"
    assert not outcome.problems, "\n".join(outcome.problems)


def test_in_turn_every_call_has_one_error_and_every_step_has_them_all() -> None:
    tried = [case for case in in_turn(cases()) if case.kind in ERRORS]

    of_calls = Counter((case.step, case.plot.name, case.call) for case in tried)
    assert set(of_calls.values()) == {1}
    assert set(of_calls) == {
        (case.step, case.plot.name, case.call) for case in cases() if case.kind in ERRORS
    }
    for step in {case.step for case in tried}:
        kinds = [case.kind for case in tried if case.step == step]
        assert set(kinds) == ERRORS or len(kinds) < len(ERRORS)


@pytest.mark.parametrize(
    "plot", [plot for plot in plots() if plot.ends_like], ids=lambda plot: plot.name
)
def test_trouble_that_is_over_leaves_nothing_behind(plot: Plot) -> None:
    assert not list(differences(end_of(plot), recorded(plot).end))


@pytest.mark.parametrize("step", sorted(STEPS))
def test_every_state_and_every_function_has_a_call_that_goes_wrong(step: str) -> None:
    assert any(
        plot.steps.get(call.function) == step for plot in plots() for call in recorded(plot).calls
    ), f"no plot in tests/faults/scenarios.py leads to {step}"


UNPLAYED = {"RevokeAccessFunction": {"kafka:DescribeClusterV2"}}
"""Calls that no plot makes: that one needs a grant on a cluster whose private connectivity was
never on, which only people can have written (`tests/integration/test_revoke_access.py`)."""


@pytest.mark.parametrize("who", [*handlers(), CLIENT_ROLE])
def test_every_right_is_used_by_a_call_that_goes_wrong(who: str) -> None:
    made = {
        call.action
        for plot in plots()
        for call in recorded(plot).calls
        if (CLIENT_ROLE if call.account == "client" else call.function) == who
    }

    unplayed = UNPLAYED.get(who, set())
    assert not granted(who) - made - RIDING - unplayed, (
        "no plot in tests/faults/scenarios.py leads to it"
    )
