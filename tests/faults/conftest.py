"""Make each case a test, and print a table of the results at the end."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.faults.matrix import CaseRunner, cases, distinct_kills, rotate_errors, rotate_recoveries
from tests.faults.report import CaseResult, report_lines
from tests.faults.worker_cache import clear_cache


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-kind",
        action="store_true",
        help="try every kind of error and recovery, and kills before each read",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        every = metafunc.config.getoption("every_kind", default=False)
        tried = cases() if every else rotate_recoveries(rotate_errors(distinct_kills(cases())))
        metafunc.parametrize("case", tried, ids=lambda case: case.name)


@pytest.fixture(scope="session")
def runner() -> Iterator[CaseRunner]:
    with closing(CaseRunner()) as runner:
        yield runner


def pytest_unconfigure() -> None:
    clear_cache()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    results = [
        CaseResult(**recorded, survived=outcome == "passed")
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        if report.when == "call" and (recorded := dict(report.user_properties))
    ]
    if results:
        terminalreporter.section("kill matrix")
        for line in report_lines(results):
            terminalreporter.write_line(line)
