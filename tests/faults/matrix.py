"""The kill matrix: each call of each scenario, with each kind of fault."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache, partial
from itertools import chain, count, cycle
from typing import Any

from tests.faults.end_state import (
    differences,
    end_state,
    foreign_resources,
    operations,
    published_events,
)
from tests.faults.environment import Environment, empty_environment
from tests.faults.fault_injection import Call, Kind
from tests.faults.scenario import Scenario, with_failing_task
from tests.faults.scenarios import SCENARIOS
from tests.faults.states import CATCHERS, TASKS, function_of
from tests.faults.worker_cache import cached_across_workers, fill_cache
from tests.support.forks import Prepared, in_fork

MSK_SECONDS = 600
"""Seconds after which every operation of MSK has ended."""

KILLS = {Kind.KILLED_BEFORE, Kind.KILLED_AFTER}

ERRORS = {Kind.THROTTLED, Kind.FAILED, Kind.SLOW, Kind.TIMED_OUT}
"""Transient faults. MSKLink treats them alike, so `make test-faults` tries one for each call."""


class Recovery(StrEnum):
    """What happens after the fault."""

    AGAIN = "run again"
    REPORTED = "reported, run again"
    REDRIVEN = "redriven"
    SWEEP = "the sweep alone"


@dataclass(frozen=True)
class Baseline:
    """The result of a scenario without a fault."""

    calls: Mapping[Call, int]
    """Number of times that each call was made."""
    end: dict[str, Any]
    events: Set[str]
    operations: Counter[str]


@dataclass(frozen=True)
class Case:
    scenario: Scenario
    step: str
    call: Call
    occurrence: int
    """Which occurrence of the call fails, from 1."""
    kind: Kind
    recoveries: tuple[Recovery, ...]
    """Each is tried, unless the end state is right without one."""

    @property
    def name(self) -> str:
        number = f" {self.occurrence}" if self.occurrence > 1 else ""
        return f"{self.step}-{self.kind}-{self.place}{number}-{self.scenario.name}"

    @property
    def place(self) -> str:
        return f"{self.call.account}-{'.'.join(self.call.path[1:])}-{self.call.operation}"


@cache
def baseline(scenario: Scenario) -> Baseline:
    """Return the calls of *scenario*, and its end state once the sweep starts no run."""
    return cached_across_workers(scenario.name, partial(_record_baseline, scenario))


def _record_baseline(scenario: Scenario) -> Baseline:
    with empty_environment(scenario.variables) as environment:
        scenario.prepare(environment)
        environment.injector.calls.clear()
        scenario.act(environment)
        calls = dict(environment.injector.calls)
        environment.sweep_until_idle()
        return Baseline(
            calls, end_state(environment), published_events(environment), operations(environment)
        )


def expected_end(scenario: Scenario) -> dict[str, Any]:
    return baseline(scenario.same_end_as or scenario).end


@cache
def scenarios() -> tuple[Scenario, ...]:
    """Return all scenarios, and one for each state with a Catch in which its task fails."""
    _record_in_parallel(SCENARIOS)
    unforeseen = tuple(
        with_failing_task(task, catcher, _first_calling(function_of(task)))
        for task, catcher in CATCHERS.items()
    )
    _record_in_parallel(unforeseen)
    return (*SCENARIOS, *unforeseen)


def _record_in_parallel(scenarios: Iterable[Scenario]) -> None:
    """Record the baselines of *scenarios*, shared among the workers of pytest-xdist."""
    for scenario in scenarios:
        fill_cache(scenario.name, partial(_record_baseline, scenario))


def _first_calling(function: str) -> Scenario:
    return next(
        scenario
        for scenario in SCENARIOS
        if any(call.function == function for call in baseline(scenario).calls)
    )


@cache
def cases() -> tuple[Case, ...]:
    return tuple(_cases())


def _cases() -> Iterator[Case]:
    tried: set[tuple[object, ...]] = set()
    turns: dict[str, Iterator[Recovery]] = {}
    for scenario in scenarios():
        for call, times in sorted(baseline(scenario).calls.items()):
            step = scenario.steps.get(call.function)
            for kind in call.kinds if step else ():
                scope = None if kind is Kind.DENIED else call.path
                is_own = scenario.kills_every_write and kind in KILLS and call.writes
                where = scenario.name if is_own else None
                key = (step, call.account, call.service, call.operation, kind, scope, where)
                if key in tried:
                    continue
                tried.add(key)
                # A kill may leave work half done, so the last occurrence is tried as well.
                for occurrence in {1, times} if kind in KILLS and call.writes else {1}:
                    turn = turns.setdefault(str(step), _ways_to_run_again(str(step)))
                    sweep = [Recovery.SWEEP] if scenario.sweep_recovers else []
                    yield Case(scenario, str(step), call, occurrence, kind, (next(turn), *sweep))


def _ways_to_run_again(step: str) -> Iterator[Recovery]:
    """Yield the ways to run again, in rotation over the cases of *step*."""
    redriven = [Recovery.REDRIVEN] if step in TASKS else []
    return cycle([*redriven, Recovery.AGAIN, Recovery.REPORTED])


def rotate_errors(cases: Iterable[Case]) -> list[Case]:
    """Return *cases* with one of ERRORS for each call, in rotation over the calls of a step."""
    cases = tuple(cases)
    of_call: dict[tuple[str, str, Call], list[Case]] = defaultdict(list)
    for case in cases:
        if case.kind in ERRORS:
            of_call[case.step, case.scenario.name, case.call].append(case)
    turns: dict[str, Iterator[int]] = defaultdict(count)
    chosen = {alike[next(turns[step]) % len(alike)].name for (step, *_), alike in of_call.items()}
    return [case for case in cases if case.kind not in ERRORS or case.name in chosen]


def rotate_recoveries(cases: Iterable[Case]) -> list[Case]:
    """Return *cases* with one of their recoveries each: the least tried one of their step."""
    tried: Counter[tuple[str, Recovery]] = Counter()
    chosen = []
    for case in cases:
        recovery = min(case.recoveries, key=lambda one: tried[case.step, one])
        tried[case.step, recovery] += 1
        chosen.append(replace(case, recoveries=(recovery,)))
    return chosen


def distinct_kills(cases: Iterable[Case]) -> list[Case]:
    """
    Return *cases* without the kills that leave what another one leaves.

    A read changes nothing, so a function that is killed before it leaves what the write before it
    left, after which it is killed as well; or nothing, as before the first call of the function.
    """
    return [case for case in cases if not _leaves_what_another_leaves(case)]


def _leaves_what_another_leaves(case: Case) -> bool:
    if case.kind is not Kind.KILLED_BEFORE or case.call.writes:
        return False
    calls = (one for one in baseline(case.scenario).calls if one.function == case.call.function)
    return case.call != next(calls)


@dataclass(frozen=True)
class Outcome:
    injected: bool
    problems: tuple[str, ...]
    recoveries: tuple[Recovery, ...]
    """The recoveries that were tried; none if the end state was right without one."""


class CaseRunner:
    """
    Runs cases, each in a copy of the environment that its scenario prepares once.

    Only the environment of the last scenario is kept, because its cases follow one another.
    """

    def __init__(self) -> None:
        self._scenario: Scenario | None = None
        self._prepared: Prepared[_Start, Outcome] | None = None

    def run(self, case: Case) -> Outcome:
        """Run *case* with its fault, and then with each of its recoveries."""
        if self._prepared is None or self._scenario is not case.scenario:
            self.close()
            self._scenario = case.scenario
            self._prepared = Prepared(partial(_start, case.scenario), _run_case)
        return self._prepared.work((case.name, case.recoveries))

    def close(self) -> None:
        if self._prepared is not None:
            self._prepared.close()
        self._prepared = None


@dataclass(frozen=True)
class _Start:
    environment: Environment
    foreign_resources: dict[str, Any]
    """The foreign resources before the scenario acts."""


@contextmanager
def _start(scenario: Scenario) -> Iterator[_Start]:
    with empty_environment(scenario.variables) as environment:
        scenario.prepare(environment)
        yield _Start(environment, foreign_resources(environment))


def _run_case(start: _Start, order: tuple[str, tuple[Recovery, ...]]) -> Outcome:
    name, possible = order
    case = next(one for one in cases() if one.name == name)
    environment = start.environment
    environment.injector.arm(case.call, case.kind, case.occurrence)
    case.scenario.act(environment)
    injected = environment.injector.injected
    environment.injector.stop()
    needs_no_recovery = case.kind not in KILLS and not any(_deviations(environment, case.scenario))
    if needs_no_recovery:
        return Outcome(injected, tuple(_remaining(start)), ())
    recoveries = tuple(_applicable(environment, recovery) for recovery in possible)
    problems = [
        in_fork(partial(_recover, start, case.scenario, recovery)) for recovery in recoveries
    ]
    return Outcome(injected, tuple(chain.from_iterable(problems)), recoveries)


def _recover(start: _Start, scenario: Scenario, recovery: Recovery) -> list[str]:
    """Return the deviations after a recovery, and after one more sweep."""
    return [*_after_recovery(start.environment, scenario, recovery), *_remaining(start)]


def _remaining(start: _Start) -> Iterator[str]:
    """Yield the runs that a sweep still starts, and the changes of foreign resources."""
    yield from (f"the sweep still starts {run}" for run in start.environment.sweep())
    yield from differences(
        start.foreign_resources, foreign_resources(start.environment), "of others"
    )


def _deviations(environment: Environment, scenario: Scenario) -> Iterator[str]:
    """Yield the differences from the end state without a fault."""
    environment.accounts.clock.advance(MSK_SECONDS)
    expected = baseline(scenario)
    yield from differences(expected_end(scenario), end_state(environment))
    for operation, times in (operations(environment) - expected.operations).items():
        yield f"{times} more than needed: {operation}"
    yield from (
        f"never published: {one}" for one in sorted(expected.events - published_events(environment))
    )


def _applicable(environment: Environment, recovery: Recovery) -> Recovery:
    """Return *recovery*, or AGAIN if no run failed: a run survives the failure of one client."""
    is_redriven = recovery is Recovery.REDRIVEN
    return Recovery.AGAIN if is_redriven and not environment.executions("FAILED") else recovery


def _after_recovery(
    environment: Environment, scenario: Scenario, recovery: Recovery
) -> Iterator[str]:
    """Recover, and yield the deviations that remain."""
    match recovery:
        case Recovery.SWEEP:
            environment.sweep_until_idle()
        case Recovery.AGAIN:
            scenario.repeat(environment)
        case Recovery.REPORTED:
            environment.report_failed_runs()
            scenario.repeat(environment)
        case Recovery.REDRIVEN:
            environment.redrive()
            is_of_client = set(scenario.steps.values()) <= set(CATCHERS.values())
            if is_of_client or scenario.repeat is Environment.sweep_until_idle:
                environment.sweep_until_idle()  # the sweep does what the run did not
    yield from (f"{recovery}: {deviation}" for deviation in _deviations(environment, scenario))
