"""Each case is a test; the table at the end is made of what the tests noted."""

from collections import Counter
from typing import Any

import pytest

from tests.faults.matrix import cases
from tests.faults.plots import STEPS
from tests.faults.seam import Kind


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", cases(), ids=lambda case: case.name)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    tried: Counter[tuple[str, str]] = Counter()
    survived: Counter[tuple[str, str]] = Counter()
    calls: dict[str, set[str]] = {}
    by_itself: Counter[str] = Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            noted = dict(getattr(report, "user_properties", ()))
            if report.when != "call" or "kind" not in noted:
                continue
            step, kind = noted["step"], noted["kind"]
            calls.setdefault(step, set()).add(noted["call"])
            tried[step, kind] += 1
            survived[step, kind] += outcome == "passed"
            by_itself[step] += bool(noted.get("by itself"))
    if not tried:
        return

    def row(name: str, steps: set[str]) -> str:
        cells = [
            _share(
                sum(survived[step, kind] for step in steps), sum(tried[step, kind] for step in steps)
            )
            for kind in Kind
        ]
        count = sum(len(calls.get(step, ())) for step in steps)
        every = [(step, kind) for step in steps for kind in Kind]
        all_tried, all_survived = (sum(some[key] for key in every) for some in (tried, survived))
        alone = sum(by_itself[step] for step in steps)
        numbers = [str(count), *cells, str(all_tried), str(all_survived), str(alone)]
        return f"{name:20}" + "".join(f"{number:>14}" for number in numbers)

    heads = ["calls", *Kind, "cases", "survived", "by itself"]
    write = terminalreporter.write_line
    terminalreporter.section("kill matrix")
    write(f"{'':20}" + "".join(f"{head:>14}" for head in heads))
    for step in sorted(STEPS & calls.keys()):
        write(row(step, {step}))
    write(row("all", set(calls)))


def _share(part: int, whole: int) -> str:
    if not whole:
        return "-"
    return str(whole) if part == whole else f"{part}/{whole}"
