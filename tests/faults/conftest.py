"""Each case is a test; the table at the end is made of what the tests noted."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.faults.matrix import Stage, cases
from tests.faults.table import Trial, lines


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", cases(), ids=lambda case: case.name)


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    with closing(Stage()) as stage:
        yield stage


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
