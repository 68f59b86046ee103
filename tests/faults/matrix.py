"""The kill matrix: every call that a plot makes, with everything that can go wrong with it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import cycle
from typing import Any

from tests.faults.picture import differences, operations, others, picture, told
from tests.faults.plots import PLOTS, Plot, failing
from tests.faults.seam import Call, Kind
from tests.faults.states import CATCHERS, TASKS, function_of
from tests.faults.world import World, empty_world

TIME_OF_MSK = 600
"""Seconds in which MSK ends what it began."""

KILLS = {Kind.KILLED_BEFORE, Kind.KILLED_AFTER}


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
    unforeseen = (
        failing(task, catcher, _first_with(function_of(task))) for task, catcher in CATCHERS.items()
    )
    return (*PLOTS, *unforeseen)


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


@dataclass(frozen=True)
class Outcome:
    struck: bool
    problems: tuple[str, ...]
    recoveries: tuple[Recovery, ...]
    """What was needed and tried; nothing where all came right by itself."""


def attempt(case: Case) -> Outcome:
    """What becomes of the plot of *case* with its fault, and with each of its recoveries."""
    struck, problems, tried = True, list[str](), list[Recovery]()
    for recovery in case.recoveries:
        with empty_world(case.plot.environment) as world:
            case.plot.prepare(world)
            before = others(world)
            world.seam.arm(case.call, case.kind, case.time)
            case.plot.act(world)
            struck &= world.seam.struck
            world.seam.heal()
            by_itself = case.kind not in KILLS and not any(_shortfalls(world, case.plot))
            if not by_itself:
                way = _possible(world, recovery)
                tried.append(way)
                problems += _after_recovery(world, case.plot, way)
            problems += [f"the sweep still starts {run}" for run in world.sweep()]
            problems += differences(before, others(world), "of others")
        if by_itself:
            break
    return Outcome(struck, tuple(problems), tuple(tried))


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
            if set(plot.steps.values()) <= set(CATCHERS.values()):
                world.sweep_until_quiet()  # the client failed, and is tried again by the sweep only
    yield from (f"{recovery}: {shortfall}" for shortfall in _shortfalls(world, plot))
