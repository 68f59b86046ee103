"""After a fault in any call, the next run or the sweep alone reaches the same end state."""

from collections import Counter
from typing import Any

import pytest

from tests.faults.end_state import differences
from tests.faults.fault_injection import Kind
from tests.faults.matrix import (
    ERRORS,
    KILLS,
    Case,
    CaseRunner,
    baseline,
    cases,
    distinct_kills,
    expected_end,
    rotate_errors,
    rotate_recoveries,
    scenarios,
)
from tests.faults.scenario import Scenario
from tests.faults.states import READ_ONLY, STEPS
from tests.support.cloudformation import handlers
from tests.support.permission_check import CLIENT_ROLE, IMPLICIT_ACTIONS, granted


def test_end_state_is_the_same_as_without_the_fault(
    case: Case, runner: CaseRunner, record_property: Any
) -> None:
    outcome = runner.run(case)

    recorded = {"step": case.step, "kind": case.kind.value, "call": case.place}
    for name, fact in (
        recorded | {"recoveries": [one.value for one in outcome.recoveries]}
    ).items():
        record_property(name, fact)
    assert outcome.injected, "the call was not made"
    assert not outcome.problems, "\n".join(outcome.problems)


def test_rotation_gives_each_call_one_error_and_each_step_every_kind() -> None:
    tried = [case for case in rotate_errors(cases()) if case.kind in ERRORS]

    of_calls = Counter((case.step, case.scenario.name, case.call) for case in tried)
    assert set(of_calls.values()) == {1}
    assert set(of_calls) == {
        (case.step, case.scenario.name, case.call) for case in cases() if case.kind in ERRORS
    }
    for step in {case.step for case in tried}:
        kinds = [case.kind for case in tried if case.step == step]
        assert set(kinds) == ERRORS or len(kinds) < len(ERRORS)


def test_rotation_leaves_each_case_one_recovery_and_each_step_all_of_its_own() -> None:
    every, tried = list(cases()), rotate_recoveries(cases())

    assert [case.name for case in tried] == [case.name for case in every]
    assert {len(case.recoveries) for case in tried} == {1}
    for step in {case.step for case in every}:
        possible = {one for case in every if case.step == step for one in case.recoveries}
        kept = {one for case in tried if case.step == step for one in case.recoveries}
        assert kept == possible


def test_each_function_is_killed_before_its_first_call_and_around_each_write() -> None:
    kept = {
        (case.scenario.name, case.call, case.kind)
        for case in distinct_kills(cases())
        if case.kind in KILLS
    }
    dropped = [
        case
        for case in cases()
        if case.kind in KILLS and (case.scenario.name, case.call, case.kind) not in kept
    ]

    assert dropped
    for case in dropped:
        function = case.call.function
        calls = [one for one in baseline(case.scenario).calls if one.function == function]
        assert (case.kind, case.call.writes) == (Kind.KILLED_BEFORE, False)
        assert case.call in calls[1:]


@pytest.mark.parametrize(
    "scenario",
    [scenario for scenario in scenarios() if scenario.same_end_as],
    ids=lambda scenario: scenario.name,
)
def test_recovered_trouble_leads_to_the_same_end_state(scenario: Scenario) -> None:
    assert not list(differences(expected_end(scenario), baseline(scenario).end))


@pytest.mark.parametrize("step", sorted(STEPS))
def test_every_step_has_a_call_that_is_tried_with_faults(step: str) -> None:
    assert any(
        scenario.steps.get(call.function) == step
        for scenario in scenarios()
        for call in baseline(scenario).calls
    ), f"no scenario in tests/faults/scenarios.py leads to {step}"


UNCOVERED = {"RevokeAccessFunction": {"kafka:DescribeClusterV2"}}
"""Actions that no scenario calls: it needs our statement in the policy of a cluster that never had
private connectivity, which only people can write (`tests/integration/test_revoke_access.py`)."""


WRITING = [one for one in handlers() if one.removesuffix("Function") not in READ_ONLY]
"""The functions into which faults are injected. End-to-end tests use every other permission."""


@pytest.mark.parametrize("who", [*WRITING, CLIENT_ROLE])
def test_every_granted_action_is_called_in_a_scenario(who: str) -> None:
    made = {
        call.action
        for scenario in scenarios()
        for call in baseline(scenario).calls
        if (CLIENT_ROLE if call.account == "client" else call.function) == who
    }

    uncovered = UNCOVERED.get(who, set())
    assert not granted(who) - made - IMPLICIT_ACTIONS - uncovered, (
        "no scenario in tests/faults/scenarios.py leads to it"
    )
