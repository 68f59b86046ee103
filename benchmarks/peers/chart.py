"""The chart in docs/images: one panel for each figure, one bar for each way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from benchmarks.peers import all_at_once, msklink, one_after_another, polling_loop
from benchmarks.peers.figures import Figures, further_client_calls
from benchmarks.peers.page import LARGEST
from tests.support.cloudformation import ROOT

PICTURE = ROOT / "docs/images/peers.svg"

NAMES = {
    msklink.WAY: "MSKLink",
    one_after_another.WAY: "one script",
    all_at_once.WAY: "twenty teams",
    polling_loop.WAY: "polling loop",
}

COLUMNS = 3
WIDTH, HEIGHT = 300, 170
MARGIN, TOP = 24, 76
LABEL, BAR, ROW = 104, 118, 26


@dataclass(frozen=True)
class Bar:
    name: str
    text: str
    width: float
    y: float
    is_ours: bool


@dataclass(frozen=True)
class Panel:
    title: str
    x: float
    y: float
    bars: tuple[Bar, ...]


def panels(measured: Sequence[Figures]) -> list[Panel]:
    figures: dict[str, tuple[Callable[[Figures], float | None], str]] = {
        "Rolling reboots": (lambda one: one.reboots, "{:.0f}"),
        "Grants lost in the policy": (lambda one: one.lost_grants, "{:,.0f}"),
        "Hours until all have brokers": (lambda one: one.minutes / 60, "{:.1f}"),
        "Hours of work of people": (lambda one: one.hours, "{:,.0f}"),
        "API calls per further client": (
            lambda one: further_client_calls(measured, one),
            "{:,.0f}",
        ),
        "Dollars": (lambda one: one.dollars, "{:.2f}"),
    }
    ways = [one for one in measured if one.size == LARGEST]
    return [
        Panel(
            title,
            MARGIN + number % COLUMNS * WIDTH,
            TOP + number // COLUMNS * HEIGHT,
            tuple(_bars(ways, figure, form)),
        )
        for number, (title, (figure, form)) in enumerate(figures.items())
    ]


def _bars(
    ways: Sequence[Figures], figure: Callable[[Figures], float | None], form: str
) -> list[Bar]:
    values = [figure(one) for one in ways]
    longest = max(value for value in values if value is not None)
    return [
        Bar(
            name=NAMES[one.way],
            text="not known" if value is None else form.format(value),
            width=round(BAR * (value or 0) / longest, 1),
            y=30 + number * ROW,
            is_ours=one.way == msklink.WAY,
        )
        for number, (one, value) in enumerate(zip(ways, values, strict=True))
    ]


def draw(measured: Sequence[Figures]) -> str:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found = panels(measured)
    rows = -(-len(found) // COLUMNS)
    return environment.get_template("chart.svg.jinja").render(
        panels=found,
        size=LARGEST,
        label=LABEL,
        width=2 * MARGIN + COLUMNS * WIDTH,
        height=TOP + rows * HEIGHT,
    )


def write(measured: Sequence[Figures]) -> None:
    PICTURE.write_text(draw(measured))
