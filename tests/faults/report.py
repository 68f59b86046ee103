"""The kill matrix as a table: what was tried in each step, and what was survived."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.faults.fault_injection import Kind
from tests.faults.matrix import Recovery


@dataclass(frozen=True)
class CaseResult:
    """What one test noted, and how it ended."""

    step: str
    kind: str
    call: str
    recoveries: list[str]
    """What was needed and tried; nothing where all came right by itself."""
    survived: bool


RECOVERY_COLUMNS = {
    "run again": {Recovery.AGAIN, Recovery.REPORTED},
    "redriven": {Recovery.REDRIVEN},
    "sweep alone": {Recovery.SWEEP},
}
"""The recoveries as the table tells them."""


def report_lines(results: list[CaseResult]) -> Iterator[str]:
    """A cell is the number of cases, all survived; or survived/cases."""
    heads = ["calls", *Kind, "cases", "survived", "by itself", *RECOVERY_COLUMNS]
    yield _line("", heads)
    for step in sorted({result.step for result in results}):
        yield _line(step, _cells([result for result in results if result.step == step]))
    yield _line("all", _cells(results))


def _cells(results: list[CaseResult]) -> Iterator[str]:
    yield str(len({(result.step, result.call) for result in results}))
    for kind in Kind:
        yield _share([result for result in results if result.kind == kind])
    yield str(len(results))
    yield str(sum(result.survived for result in results))
    yield str(sum(not result.recoveries for result in results))
    for recoveries in RECOVERY_COLUMNS.values():
        yield str(sum(way in recoveries for result in results for way in result.recoveries) or "-")


def _share(results: list[CaseResult]) -> str:
    survived = sum(result.survived for result in results)
    if survived == len(results):
        return str(survived or "-")
    return f"{survived}/{len(results)}"


def _line(name: str, cells: Iterable[str]) -> str:
    return f"{name:20}" + "".join(f"{cell:>14}" for cell in cells)
