"""The tables in the documentation, between marks in pages that are otherwise written by hand."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.peers import msklink
from benchmarks.peers.figures import Figures, further_client_calls
from benchmarks.peers.workload import SIZES, Size
from tests.support.cloudformation import ROOT

type Measure = Callable[[Size], Figures]

BEGIN, END = "<!-- written by make bench-peers -->", "<!-- end -->"
LARGEST = Size(100, 5)
UNKNOWN = "-"
"""For a figure that cannot be known."""

HEADINGS = (
    "reboots",
    "lost grants",
    "wrong subnets",
    "from the last request",
    "hours of a person",
    "API calls",
    "transitions",
    "dollars",
)


def row(one: Figures) -> list[str]:
    """Return the cells of *one* under `HEADINGS`."""
    return [
        str(one.reboots),
        _grants(one),
        _number(one.wrong_subnets),
        f"{one.minutes} min",
        UNKNOWN if one.hours is None else f"{one.hours:.1f}",
        f"{one.calls:,}",
        f"{one.transitions:,}",
        f"{one.dollars:.4f}" if one.dollars else "0",
    ]


def _grants(one: Figures) -> str:
    if one.lost_grants and one.ungranted:
        return f"{one.lost_grants:,}, {one.ungranted} for good"
    return _number(one.lost_grants)


def _number(value: int | None) -> str:
    return UNKNOWN if value is None else f"{value:,}"


def table(measured: Sequence[Figures], requests: int) -> str:
    """Return the table of all ways with so many *requests* during the first update."""
    lines = [_line("clients", "way", *HEADINGS), "|---:|---|" + "---:|" * len(HEADINGS)]
    for one in measured:
        if one.requests == requests:
            lines.append(_line(str(one.clients), one.way, *row(one)))
    return "\n".join(lines)


def comparison(measured: Sequence[Figures]) -> str:
    """Return the table with the ways as columns, for the largest size."""
    ways = [one for one in measured if one.size == LARGEST]
    rows: list[tuple[str, Callable[[Figures], str]]] = [
        ("rolling reboots of the cluster", lambda one: str(one.reboots)),
        ("grants lost in the cluster policy", _grants),
        ("connections refused for their zones", lambda one: _number(one.wrong_subnets)),
        ("from the last request to all brokers", lambda one: f"{one.minutes / 60:.1f} h"),
        ("work of people", lambda one: UNKNOWN if one.hours is None else f"{one.hours:.0f} h"),
        (
            "API calls for each further client",
            lambda one: f"{further_client_calls(measured, one):.0f}",
        ),
        ("transitions", lambda one: f"{one.transitions:,}"),
        ("dollars", lambda one: f"{one.dollars:.2f}"),
    ]
    lines = [_line("", *(one.way for one in ways)), "|---|" + "---:|" * len(ways)]
    lines += [_line(name, *(cell(one) for one in ways)) for name, cell in rows]
    return "\n".join(lines)


def worse(measured: Sequence[Figures], sizes: Sequence[Size] = SIZES) -> str:
    """Return each figure in which another way is better than MSKLink, at the largest such size."""
    figures: dict[str, tuple[Callable[[Figures], float | None], str]] = {
        "reboots": (lambda one: one.reboots, "{:.0f}"),
        "lost grants": (lambda one: one.lost_grants, "{:,.0f}"),
        "wrong subnets": (lambda one: one.wrong_subnets, "{:,.0f}"),
        "minutes from the last request": (lambda one: one.minutes, "{:,.0f}"),
        "hours of a person": (lambda one: one.hours, "{:.1f}"),
        "API calls": (lambda one: one.calls, "{:,.0f}"),
        "transitions": (lambda one: one.transitions, "{:,.0f}"),
        "dollars": (lambda one: one.dollars, "{:.2f}"),
    }
    lines = []
    for name, (figure, form) in figures.items():
        for size in reversed(sizes):
            ways = [one for one in measured if one.size == size]
            values = {one.way: value for one in ways if (value := figure(one)) is not None}
            own = values.pop(msklink.WAY)
            if better := {way: value for way, value in values.items() if value < own}:
                others = ", ".join(f"{way} {form.format(one)}" for way, one in better.items())
                place = f"{size.clients} clients at the start, {size.requests} later"
                lines.append(f"- {name}: {form.format(own)}; {others} ({place})")
                break
    return "\n".join(lines)


def _line(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def blocks(measured: Sequence[Figures]) -> dict[Path, list[str]]:
    """Return by page what stands between its marks, in order."""
    return {
        ROOT / "docs/numbers.md": [comparison(measured)],
        ROOT / "docs/numbers-peers.md": [
            *(table(measured, requests) for requests in sorted({one.requests for one in SIZES})),
            worse(measured),
        ],
    }


def with_blocks(text: str, contents: Sequence[str]) -> str:
    """Return *text* with *contents* between its marks."""
    parts = re.split(f"(?<={re.escape(BEGIN)}).*?(?={re.escape(END)})", text, flags=re.DOTALL)
    if len(parts) != len(contents) + 1:
        raise ValueError(f"the page needs {len(contents)} pairs of marks: {BEGIN} and {END}")
    filled = [
        f"{before}\n\n{content}\n\n" for before, content in zip(parts, contents, strict=False)
    ]
    return "".join([*filled, parts[-1]])


def write(measured: Sequence[Figures]) -> None:
    for page, contents in blocks(measured).items():
        page.write_text(with_blocks(page.read_text(), contents))
