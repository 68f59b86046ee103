"""The kill matrix: every call that a plot makes, with everything that can go wrong with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from tests.faults.picture import differences, others, picture
from tests.faults.plots import PLOTS, Plot
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

    calls: tuple[Call, ...]
    end: dict[str, Any]


@dataclass(frozen=True)
class Case:
    plot: Plot
    step: str
    call: Call
    kind: Kind
    recovery: Recovery

    @property
    def name(self) -> str:
        where = ".".join(self.call.path[1:])
        return (
            f"{self.step}-{self.kind}-{self.call.account}-{where}-{self.call.operation}"
            f"-{self.plot.name}-{self.recovery}"
        )

    @property
    def place(self) -> str:
        return f"{self.call.account} {'.'.join(self.call.path)} {self.call.operation}"


@cache
def recorded(plot: Plot) -> Recording:
    """The calls in the order in which they were first made, and the end state once all is quiet."""
    with empty_world() as world:
        plot.prepare(world)
        world.seam.calls.clear()
        plot.act(world)
        calls = tuple(dict.fromkeys(world.seam.calls))
        world.sweep_until_quiet()
        return Recording(calls, picture(world))


@cache
def cases() -> tuple[Case, ...]:
    return tuple(_cases())


def _cases() -> Iterator[Case]:
    tried: set[tuple[object, ...]] = set()
    for plot in PLOTS:
        for call in sorted(recorded(plot).calls):
            step = plot.steps.get(call.function)
            if step is None:
                continue
            for kind in call.kinds:
                scope = None if kind is Kind.DENIED else call.path
                key = (step, call.account, call.service, call.operation, kind, scope)
                if key in tried:
                    continue
                tried.add(key)
                for recovery in _recoveries(plot, kind, len(tried)):
                    yield Case(plot, step, call, kind, recovery)


def _recoveries(plot: Plot, kind: Kind, number: int) -> list[Recovery]:
    """Both after a kill; otherwise one, in turns. In turns, too, the end of a run is reported."""
    again = (Recovery.AGAIN, Recovery.REPORTED)[number // 2 % 2]
    if not plot.swept:
        return [again]
    return [again, Recovery.SWEEP] if kind in KILLS else [(again, Recovery.SWEEP)[number % 2]]


@dataclass(frozen=True)
class Outcome:
    struck: bool
    problems: tuple[str, ...]
    by_itself: bool
    """Whether all was well before anything was done about it."""


def attempt(case: Case) -> Outcome:
    """What becomes of the plot of *case* with its fault and its recovery."""
    plot, end = case.plot, recorded(case.plot).end
    with empty_world() as world:
        plot.prepare(world)
        before = others(world)
        world.seam.arm(case.call, case.kind)
        plot.act(world)
        struck = world.seam.struck
        world.seam.heal()
        by_itself = case.kind not in KILLS and picture(world) == end and not world.sweep()
        if not by_itself:
            _recover(world, case)
        problems = [
            *differences(end, picture(world)),
            *differences(before, others(world), "of others"),
            *(f"the sweep starts {run}" for run in world.sweep()),
        ]
    return Outcome(struck, tuple(problems), by_itself)


def _recover(world: World, case: Case) -> None:
    match case.recovery:
        case Recovery.SWEEP:
            world.sweep_until_quiet()
        case Recovery.AGAIN:
            case.plot.again(world)
        case Recovery.REPORTED:
            world.bury()
            case.plot.again(world)
