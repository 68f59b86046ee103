"""The kill matrix as a table: what was tried in each step, and what was survived."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.faults.fault_injection import Kind
from tests.faults.matrix import Recovery


@dataclass(frozen=True)
class Trial:
    """What one test noted, and how it ended."""

    step: str
    kind: str
    call: str
    recoveries: list[str]
    """What was needed and tried; nothing where all came right by itself."""
    survived: bool


WAYS = {
    "run again": {Recovery.AGAIN, Recovery.REPORTED},
    "redriven": {Recovery.REDRIVEN},
    "sweep alone": {Recovery.SWEEP},
}
"""The recoveries as the table tells them."""


def lines(trials: list[Trial]) -> Iterator[str]:
    """A cell is the number of cases, all survived; or survived/cases."""
    heads = ["calls", *Kind, "cases", "survived", "by itself", *WAYS]
    yield _line("", heads)
    for step in sorted({trial.step for trial in trials}):
        yield _line(step, _cells([trial for trial in trials if trial.step == step]))
    yield _line("all", _cells(trials))


def _cells(trials: list[Trial]) -> Iterator[str]:
    yield str(len({(trial.step, trial.call) for trial in trials}))
    for kind in Kind:
        yield _share([trial for trial in trials if trial.kind == kind])
    yield str(len(trials))
    yield str(sum(trial.survived for trial in trials))
    yield str(sum(not trial.recoveries for trial in trials))
    for recoveries in WAYS.values():
        yield str(sum(way in recoveries for trial in trials for way in trial.recoveries) or "-")


def _share(trials: list[Trial]) -> str:
    survived = sum(trial.survived for trial in trials)
    if survived == len(trials):
        return str(survived or "-")
    return f"{survived}/{len(trials)}"


def _line(name: str, cells: Iterable[str]) -> str:
    return f"{name:20}" + "".join(f"{cell:>14}" for cell in cells)
