"""Each case is a test; the table at the end is made of what the tests noted."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.faults.matrix import Stage, cases, in_turn
from tests.faults.report import Trial, lines
from tests.faults.worker_cache import forget_shared


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-kind", action="store_true", help="not one kind of error in turn")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        every = metafunc.config.getoption("every_kind", default=False)
        tried = cases() if every else in_turn(cases())
        metafunc.parametrize("case", tried, ids=lambda case: case.name)


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    with closing(Stage()) as stage:
        yield stage


def pytest_unconfigure() -> None:
    forget_shared()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    trials = [
        Trial(**noted, survived=outcome == "passed")
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        if report.when == "call" and (noted := dict(report.user_properties))
    ]
    if trials:
        terminalreporter.section("kill matrix")
        for line in lines(trials):
            terminalreporter.write_line(line)
