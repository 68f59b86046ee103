"""The kill matrix: every call that a plot makes, with everything that can go wrong with it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass
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
from tests.faults.scenarios import SCENARIOS, Scenario, with_failing_task
from tests.faults.states import CATCHERS, TASKS, function_of
from tests.faults.worker_cache import cached_across_workers, fill_cache
from tests.support.forks import Prepared, in_fork

MSK_SECONDS = 600
"""Seconds in which MSK ends what it began."""

KILLS = {Kind.KILLED_BEFORE, Kind.KILLED_AFTER}

ERRORS = {Kind.THROTTLED, Kind.FAILED, Kind.SLOW, Kind.TIMED_OUT}
"""What passes by itself. MSKLink treats it alike, so that on a change each call has one of them."""


class Recovery(StrEnum):
    """What happens after the fault is over."""

    AGAIN = "run again"
    REPORTED = "reported, run again"
    REDRIVEN = "redriven"
    SWEEP = "the sweep alone"


@dataclass(frozen=True)
class Baseline:
    """A plot in which nothing went wrong."""

    calls: Mapping[Call, int]
    """How often each was made."""
    end: dict[str, Any]
    events: Set[str]
    operations: Counter[str]


@dataclass(frozen=True)
class Case:
    scenario: Scenario
    step: str
    call: Call
    occurrence: int
    """Which of several times that the call is made."""
    kind: Kind
    recoveries: tuple[Recovery, ...]
    """Each is tried, unless all comes right by itself."""

    @property
    def name(self) -> str:
        number = f" {self.occurrence}" if self.occurrence > 1 else ""
        return f"{self.step}-{self.kind}-{self.place}{number}-{self.scenario.name}"

    @property
    def place(self) -> str:
        return f"{self.call.account}-{'.'.join(self.call.path[1:])}-{self.call.operation}"


@cache
def baseline(scenario: Scenario) -> Baseline:
    """The calls of *scenario*, and the end state once all is quiet."""
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
    """All plots; for each state with a Catch one more, in which it fails as nobody foresaw."""
    _record_in_parallel(SCENARIOS)
    unforeseen = tuple(
        with_failing_task(task, catcher, _first_calling(function_of(task)))
        for task, catcher in CATCHERS.items()
    )
    _record_in_parallel(unforeseen)
    return (*SCENARIOS, *unforeseen)


def _record_in_parallel(scenarios: Iterable[Scenario]) -> None:
    """Record *scenarios* in all processes side by side."""
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
                key = (step, call.account, call.service, call.operation, kind, scope)
                if key in tried:
                    continue
                tried.add(key)
                # A kill may leave things half done: then also the last time that it is made.
                for occurrence in {1, times} if kind in KILLS and call.writes else {1}:
                    turn = turns.setdefault(str(step), _rotate_recoveries(str(step)))
                    sweep = [Recovery.SWEEP] if scenario.sweep_recovers else []
                    yield Case(scenario, str(step), call, occurrence, kind, (next(turn), *sweep))


def _rotate_recoveries(step: str) -> Iterator[Recovery]:
    """Ways to run again, which take turns in the cases of *step*."""
    redriven = [Recovery.REDRIVEN] if step in TASKS else []
    return cycle([*redriven, Recovery.AGAIN, Recovery.REPORTED])


def rotate_errors(cases: Iterable[Case]) -> list[Case]:
    """Return *cases* with one of ERRORS for each call; the calls of a step have them in turn."""
    cases = tuple(cases)
    of_call: dict[tuple[str, str, Call], list[Case]] = defaultdict(list)
    for case in cases:
        if case.kind in ERRORS:
            of_call[case.step, case.scenario.name, case.call].append(case)
    turns: dict[str, Iterator[int]] = defaultdict(count)
    chosen = {alike[next(turns[step]) % len(alike)].name for (step, *_), alike in of_call.items()}
    return [case for case in cases if case.kind not in ERRORS or case.name in chosen]


@dataclass(frozen=True)
class Outcome:
    injected: bool
    problems: tuple[str, ...]
    recoveries: tuple[Recovery, ...]
    """What was needed and tried; nothing where all came right by itself."""


class CaseRunner:
    """
    Where cases are tried: the world of a plot is prepared once, and each case has a copy of it.

    Only the plot of the last case is kept, as the cases of one plot come one after the other.
    """

    def __init__(self) -> None:
        self._scenario: Scenario | None = None
        self._prepared: Prepared[_Start, Outcome] | None = None

    def run(self, case: Case) -> Outcome:
        """What becomes of the plot of *case* with its fault, and with each of its recoveries."""
        if self._prepared is None or self._scenario is not case.scenario:
            self.close()
            self._scenario = case.scenario
            self._prepared = Prepared(partial(_start, case.scenario), _run_case)
        return self._prepared.work(cases().index(case))

    def close(self) -> None:
        if self._prepared is not None:
            self._prepared.close()
        self._prepared = None


@dataclass(frozen=True)
class _Start:
    environment: Environment
    foreign_resources: dict[str, Any]
    """What belongs to others before anything happens."""


@contextmanager
def _start(scenario: Scenario) -> Iterator[_Start]:
    with empty_environment(scenario.variables) as environment:
        scenario.prepare(environment)
        yield _Start(environment, foreign_resources(environment))


def _run_case(start: _Start, number: int) -> Outcome:
    case, environment = cases()[number], start.environment
    environment.injector.arm(case.call, case.kind, case.occurrence)
    case.scenario.act(environment)
    injected = environment.injector.injected
    environment.injector.stop()
    by_itself = case.kind not in KILLS and not any(_deviations(environment, case.scenario))
    if by_itself:
        return Outcome(injected, tuple(_remaining(start)), ())
    recoveries = tuple(_applicable(environment, recovery) for recovery in case.recoveries)
    problems = [
        in_fork(partial(_recover, start, case.scenario, recovery)) for recovery in recoveries
    ]
    return Outcome(injected, tuple(chain.from_iterable(problems)), recoveries)


def _recover(start: _Start, scenario: Scenario, recovery: Recovery) -> list[str]:
    """What is not as it should be after a recovery, and once more after a sweep."""
    return [*_after_recovery(start.environment, scenario, recovery), *_remaining(start)]


def _remaining(start: _Start) -> Iterator[str]:
    """What there is still to do, and what became of things of others."""
    yield from (f"the sweep still starts {run}" for run in start.environment.sweep())
    yield from differences(
        start.foreign_resources, foreign_resources(start.environment), "of others"
    )


def _deviations(environment: Environment, scenario: Scenario) -> Iterator[str]:
    """Where the end is not as it is when nothing goes wrong."""
    environment.accounts.clock.advance(MSK_SECONDS)
    right = baseline(scenario)
    yield from differences(expected_end(scenario), end_state(environment))
    for operation, times in (operations(environment) - right.operations).items():
        yield f"{times} times more than needed: {operation}"
    yield from (
        f"never told: {one}" for one in sorted(right.events - published_events(environment))
    )


def _applicable(environment: Environment, recovery: Recovery) -> Recovery:
    """Only a run that failed can be redriven; one in which a client failed has not."""
    is_redriven = recovery is Recovery.REDRIVEN
    return Recovery.AGAIN if is_redriven and not environment.executions("FAILED") else recovery


def _after_recovery(
    environment: Environment, scenario: Scenario, recovery: Recovery
) -> Iterator[str]:
    """What is still not as it should be."""
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
                environment.sweep_until_idle()  # what else there is to do is left to the sweep
    yield from (f"{recovery}: {shortfall}" for shortfall in _deviations(environment, scenario))
