"""
The plan does not lie: a run makes the calls that were planned, in order, with their parameters.

Ids of what does not exist yet, broker names, versions and times are the only things left out.
"""

from collections.abc import Callable
from itertools import takewhile

import pytest

from msklink.aws.dry_run.call import READS
from tests.faults.environment import Environment, empty_environment
from tests.faults.planned import RunCalls, plan, recorded_runs
from tests.faults.scenario import Scenario
from tests.faults.scenarios import SCENARIOS
from tests.support.change_control import advance_to, remove_terms, scheduled

SURPRISES = {
    "MSK refuses a connection": "kafka:CreateVpcConnection",
    "a closed vendor is listed": "kafka:PutClusterPolicy",
    "a cluster is replaced": "kafka:DeleteVpcConnection",
    "a freeze begins while MSK reboots": "kafka:UpdateConnectivity",
    "a freeze begins in a removal": "kafka:DeleteVpcConnection",
}
"""
The scenarios in which something happens that no plan can know, and the call that it follows.

MSK refuses a connection or a principal, the run of another cluster needs a security group, or the
owner changes the terms during the run.
"""


def _end_window(environment: Environment) -> None:
    advance_to(environment.accounts, scheduled(environment.accounts)[0])


def _end(term: str) -> Callable[[Environment], None]:
    return lambda environment: remove_terms(environment.accounts, environment.cluster, term)


HOLDS: dict[str, Callable[[Environment], None]] = {
    "a reboot waits for approval": _end("approval"),
    "one of two schemes is approved": _end("approval"),
    "a reboot waits for a window": _end_window,
    "a freeze holds a removal": _end("freeze"),
}
"""The scenarios whose runs are held, and what ends the hold."""


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_a_run_makes_the_planned_calls(scenario: Scenario) -> None:
    with empty_environment(scenario.variables) as environment:
        scenario.prepare(environment)
        with recorded_runs() as recording:
            scenario.act(environment)

    runs = [run for run in recording.runs.values() if not run.plan["held"]]
    for run in runs:
        if scenario.name not in SURPRISES:
            assert run.made() == run.planned()
    if call := SURPRISES.get(scenario.name):
        assert any(call in line for run in runs for line in _common(run))
    assert bool(recording.sent_by_planner) == bool(recording.runs)
    assert all(operation.startswith(READS) for operation in recording.sent_by_planner)
    assert (scenario.name in HOLDS) == (len(runs) < len(recording.runs))


def _common(run: RunCalls) -> list[str]:
    """Return the calls until the first that was not planned."""
    pairs = zip(run.planned(), run.made(), strict=False)
    return [made for _, made in takewhile(lambda pair: pair[0] == pair[1], pairs)]


@pytest.mark.parametrize("name", HOLDS)
def test_what_is_held_is_done_as_planned_when_the_hold_ends(name: str) -> None:
    [scenario] = [one for one in SCENARIOS if one.name == name]
    with empty_environment(scenario.variables) as environment:
        scenario.prepare(environment)
        scenario.act(environment)
        while_held = plan(environment.cluster)
        HOLDS[name](environment)
        with recorded_runs() as recording:
            environment.reconcile()

    [run] = recording.runs.values()
    assert while_held["held"]
    assert while_held["steps"]
    assert run.made() == RunCalls(while_held).planned()
