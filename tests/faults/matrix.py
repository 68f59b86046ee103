"""The kill matrix: every call that a plot makes, with everything that can go wrong with it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from tests.faults.picture import differences, operations, others, picture, told
from tests.faults.plots import PLOTS, TAGGED, Plot
from tests.faults.seam import Call, Kind
from tests.faults.world import World, empty_world

KILLS = {Kind.KILLED_BEFORE, Kind.KILLED_AFTER}


class Recovery(StrEnum):
    """What happens after the fault is over."""

    AGAIN = "run again"
    REPORTED = "reported, run again"
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
    recovery: Recovery

    @property
    def name(self) -> str:
        number = f" {self.time}" if self.time > 1 else ""
        return f"{self.step}-{self.kind}-{self.place}{number}-{self.plot.name}-{self.recovery}"

    @property
    def place(self) -> str:
        return f"{self.call.account}-{'.'.join(self.call.path[1:])}-{self.call.operation}"


@cache
def recorded(plot: Plot) -> Recording:
    """The calls of *plot*, and the end state once all is quiet."""
    with empty_world() as world:
        plot.prepare(world)
        world.seam.calls.clear()
        plot.act(world)
        calls = dict(world.seam.calls)
        world.sweep_until_quiet()
        return Recording(calls, picture(world), told(world), operations(world))


def end_of(plot: Plot) -> dict[str, Any]:
    return recorded(plot.ends_like or plot).end


@cache
def cases() -> tuple[Case, ...]:
    return tuple(_cases())


def _cases() -> Iterator[Case]:
    tried: set[tuple[object, ...]] = set()
    for plot in PLOTS:
        for call, times in sorted(recorded(plot).calls.items()):
            step = plot.steps.get(call.function)
            for kind in call.kinds if step else ():
                scope = None if kind is Kind.DENIED else call.path
                key = (step, call.account, call.service, call.operation, kind, scope)
                if key in tried:
                    continue
                tried.add(key)
                for time, recovery in _trials(plot, call, kind, times, len(tried)):
                    yield Case(plot, str(step), call, time, kind, recovery)


def _trials(
    plot: Plot, call: Call, kind: Kind, times: int, number: int
) -> Iterator[tuple[int, Recovery]]:
    """
    The first time that the call is made and, when a kill may leave things half done, the last.

    Recoveries take turns; in the main plot every call that changes something has both.
    """
    again = (Recovery.AGAIN, Recovery.REPORTED)[number // 2 % 2]
    ways = [again, Recovery.SWEEP] if plot.swept else [again, again]
    first, second = ways if number % 2 else ways[::-1]
    yield 1, first
    if kind in KILLS and call.writes:
        if plot is TAGGED:
            yield 1, second
        if times > 1:
            yield times, second


@dataclass(frozen=True)
class Outcome:
    struck: bool
    problems: tuple[str, ...]
    by_itself: bool
    """Whether all was well before anything was done about it."""


def attempt(case: Case) -> Outcome:
    """What becomes of the plot of *case* with its fault and its recovery."""
    with empty_world() as world:
        case.plot.prepare(world)
        before = others(world)
        world.seam.arm(case.call, case.kind, case.time)
        case.plot.act(world)
        struck = world.seam.struck
        world.seam.heal()
        by_itself = case.kind not in KILLS and not any(_shortfalls(world, case.plot))
        problems = [] if by_itself else _after_recovery(world, case)
        problems += [f"the sweep still starts {run}" for run in world.sweep()]
        problems += differences(before, others(world), "of others")
    return Outcome(struck, tuple(problems), by_itself)


def _shortfalls(world: World, plot: Plot) -> Iterator[str]:
    """Where the end is not as it is when nothing goes wrong."""
    right = recorded(plot)
    yield from differences(end_of(plot), picture(world))
    for operation, times in (operations(world) - right.operations).items():
        yield f"{times} times more than needed: {operation}"
    yield from (f"never told: {one}" for one in sorted(right.told - told(world)))


def _after_recovery(world: World, case: Case) -> list[str]:
    """What is still not as it should be."""
    match case.recovery:
        case Recovery.SWEEP:
            world.sweep_until_quiet()
        case Recovery.AGAIN:
            case.plot.again(world)
        case Recovery.REPORTED:
            world.bury()
            case.plot.again(world)
    return list(_shortfalls(world, case.plot))
