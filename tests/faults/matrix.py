"""The kill matrix: every call that a plot makes, with everything that can go wrong with it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, partial
from itertools import chain, count, cycle
from typing import Any

from tests.faults.end_state import differences, operations, others, picture, told
from tests.faults.environment import World, empty_world
from tests.faults.fault_injection import Call, Kind
from tests.faults.scenarios import PLOTS, Plot, failing
from tests.faults.states import CATCHERS, TASKS, function_of
from tests.faults.worker_cache import help_out, shared
from tests.support.forks import Prepared, in_fork

TIME_OF_MSK = 600
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
class Recording:
    """A plot in which nothing went wrong."""

    calls: Mapping[Call, int]
    """How often each was made."""
    end: dict[str, Any]
    told: Set[str]
    operations: Counter[str]


@dataclass(frozen=True)
class Case:
    plot: Plot
    step: str
    call: Call
    time: int
    """Which of several times that the call is made."""
    kind: Kind
    recoveries: tuple[Recovery, ...]
    """Each is tried, unless all comes right by itself."""

    @property
    def name(self) -> str:
        number = f" {self.time}" if self.time > 1 else ""
        return f"{self.step}-{self.kind}-{self.place}{number}-{self.plot.name}"

    @property
    def place(self) -> str:
        return f"{self.call.account}-{'.'.join(self.call.path[1:])}-{self.call.operation}"


@cache
def recorded(plot: Plot) -> Recording:
    """The calls of *plot*, and the end state once all is quiet."""
    return shared(plot.name, partial(_record, plot))


def _record(plot: Plot) -> Recording:
    with empty_world(plot.environment) as world:
        plot.prepare(world)
        world.seam.calls.clear()
        plot.act(world)
        calls = dict(world.seam.calls)
        world.sweep_until_quiet()
        return Recording(calls, picture(world), told(world), operations(world))


def end_of(plot: Plot) -> dict[str, Any]:
    return recorded(plot.ends_like or plot).end


@cache
def plots() -> tuple[Plot, ...]:
    """All plots; for each state with a Catch one more, in which it fails as nobody foresaw."""
    _record_together(PLOTS)
    unforeseen = tuple(
        failing(task, catcher, _first_with(function_of(task))) for task, catcher in CATCHERS.items()
    )
    _record_together(unforeseen)
    return (*PLOTS, *unforeseen)


def _record_together(plots: Iterable[Plot]) -> None:
    """Record *plots* in all processes side by side."""
    for plot in plots:
        help_out(plot.name, partial(_record, plot))


def _first_with(function: str) -> Plot:
    return next(
        plot for plot in PLOTS if any(call.function == function for call in recorded(plot).calls)
    )


@cache
def cases() -> tuple[Case, ...]:
    return tuple(_cases())


def _cases() -> Iterator[Case]:
    tried: set[tuple[object, ...]] = set()
    turns: dict[str, Iterator[Recovery]] = {}
    for plot in plots():
        for call, times in sorted(recorded(plot).calls.items()):
            step = plot.steps.get(call.function)
            for kind in call.kinds if step else ():
                scope = None if kind is Kind.DENIED else call.path
                key = (step, call.account, call.service, call.operation, kind, scope)
                if key in tried:
                    continue
                tried.add(key)
                # A kill may leave things half done: then also the last time that it is made.
                for time in {1, times} if kind in KILLS and call.writes else {1}:
                    turn = turns.setdefault(str(step), _turns(str(step)))
                    sweep = [Recovery.SWEEP] if plot.swept else []
                    yield Case(plot, str(step), call, time, kind, (next(turn), *sweep))


def _turns(step: str) -> Iterator[Recovery]:
    """Ways to run again, which take turns in the cases of *step*."""
    redriven = [Recovery.REDRIVEN] if step in TASKS else []
    return cycle([*redriven, Recovery.AGAIN, Recovery.REPORTED])


def in_turn(cases: Iterable[Case]) -> list[Case]:
    """Return *cases* with one of ERRORS for each call; the calls of a step have them in turn."""
    cases = tuple(cases)
    of_call: dict[tuple[str, str, Call], list[Case]] = defaultdict(list)
    for case in cases:
        if case.kind in ERRORS:
            of_call[case.step, case.plot.name, case.call].append(case)
    turns: dict[str, Iterator[int]] = defaultdict(count)
    chosen = {alike[next(turns[step]) % len(alike)].name for (step, *_), alike in of_call.items()}
    return [case for case in cases if case.kind not in ERRORS or case.name in chosen]


@dataclass(frozen=True)
class Outcome:
    struck: bool
    problems: tuple[str, ...]
    recoveries: tuple[Recovery, ...]
    """What was needed and tried; nothing where all came right by itself."""


class Stage:
    """
    Where cases are tried: the world of a plot is prepared once, and each case has a copy of it.

    Only the plot of the last case is kept, as the cases of one plot come one after the other.
    """

    def __init__(self) -> None:
        self._plot: Plot | None = None
        self._world: Prepared[_Scene, Outcome] | None = None

    def attempt(self, case: Case) -> Outcome:
        """What becomes of the plot of *case* with its fault, and with each of its recoveries."""
        if self._world is None or self._plot is not case.plot:
            self.close()
            self._plot = case.plot
            self._world = Prepared(partial(_scene, case.plot), _attempt)
        return self._world.work(cases().index(case))

    def close(self) -> None:
        if self._world is not None:
            self._world.close()
        self._world = None


@dataclass(frozen=True)
class _Scene:
    world: World
    others: dict[str, Any]
    """What belongs to others before anything happens."""


@contextmanager
def _scene(plot: Plot) -> Iterator[_Scene]:
    with empty_world(plot.environment) as world:
        plot.prepare(world)
        yield _Scene(world, others(world))


def _attempt(scene: _Scene, number: int) -> Outcome:
    case, world = cases()[number], scene.world
    world.seam.arm(case.call, case.kind, case.time)
    case.plot.act(world)
    struck = world.seam.struck
    world.seam.heal()
    by_itself = case.kind not in KILLS and not any(_shortfalls(world, case.plot))
    if by_itself:
        return Outcome(struck, tuple(_left_over(scene)), ())
    ways = tuple(_possible(world, recovery) for recovery in case.recoveries)
    problems = [in_fork(partial(_recover, scene, case.plot, way)) for way in ways]
    return Outcome(struck, tuple(chain.from_iterable(problems)), ways)


def _recover(scene: _Scene, plot: Plot, way: Recovery) -> list[str]:
    """What is not as it should be after a recovery, and once more after a sweep."""
    return [*_after_recovery(scene.world, plot, way), *_left_over(scene)]


def _left_over(scene: _Scene) -> Iterator[str]:
    """What there is still to do, and what became of things of others."""
    yield from (f"the sweep still starts {run}" for run in scene.world.sweep())
    yield from differences(scene.others, others(scene.world), "of others")


def _shortfalls(world: World, plot: Plot) -> Iterator[str]:
    """Where the end is not as it is when nothing goes wrong."""
    world.accounts.clock.advance(TIME_OF_MSK)
    right = recorded(plot)
    yield from differences(end_of(plot), picture(world))
    for operation, times in (operations(world) - right.operations).items():
        yield f"{times} times more than needed: {operation}"
    yield from (f"never told: {one}" for one in sorted(right.told - told(world)))


def _possible(world: World, recovery: Recovery) -> Recovery:
    """Only a run that failed can be redriven; one in which a client failed has not."""
    is_redriven = recovery is Recovery.REDRIVEN
    return Recovery.AGAIN if is_redriven and not world.executions("FAILED") else recovery


def _after_recovery(world: World, plot: Plot, recovery: Recovery) -> Iterator[str]:
    """What is still not as it should be."""
    match recovery:
        case Recovery.SWEEP:
            world.sweep_until_quiet()
        case Recovery.AGAIN:
            plot.again(world)
        case Recovery.REPORTED:
            world.bury()
            plot.again(world)
        case Recovery.REDRIVEN:
            world.redrive()
            is_of_client = set(plot.steps.values()) <= set(CATCHERS.values())
            if is_of_client or plot.again is World.sweep_until_quiet:
                world.sweep_until_quiet()  # what else there is to do is left to the sweep
    yield from (f"{recovery}: {shortfall}" for shortfall in _shortfalls(world, plot))
