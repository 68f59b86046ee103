"""Print the results of the kill matrix as a table, one row for each step."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.faults.fault_injection import Kind
from tests.faults.matrix import Recovery


@dataclass(frozen=True)
class CaseResult:
    """The properties that one test recorded, and its outcome."""

    step: str
    kind: str
    call: str
    recoveries: list[str]
    """The recoveries that were tried; none if the end state was right without one."""
    survived: bool


RECOVERY_COLUMNS = {
    "run again": {Recovery.AGAIN, Recovery.REPORTED},
    "redriven": {Recovery.REDRIVEN},
    "sweep alone": {Recovery.SWEEP},
}
"""The columns of the table, and the recoveries that each counts."""


def report_lines(results: list[CaseResult]) -> Iterator[str]:
    """Yield the lines; a cell is the number of cases, or survived/cases if some failed."""
    heads = ["calls", *Kind, "cases", "survived", "no recovery", *RECOVERY_COLUMNS]
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
        yield str(sum(one in recoveries for result in results for one in result.recoveries) or "-")


def _share(results: list[CaseResult]) -> str:
    survived = sum(result.survived for result in results)
    if survived == len(results):
        return str(survived or "-")
    return f"{survived}/{len(results)}"


def _line(name: str, cells: Iterable[str]) -> str:
    return f"{name:20}" + "".join(f"{cell:>14}" for cell in cells)
