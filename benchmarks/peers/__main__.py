"""Measure every way at every size; write the file of figures, the tables in docs, and the chart."""

import io
import logging
import sys
import time
from contextlib import redirect_stdout

from rich.console import Console

from benchmarks.peers import by_hand, chart, figures, msklink, page, polling_loop
from benchmarks.peers.workload import SIZES

WAYS: tuple[page.Measure, ...] = (
    msklink.measure,
    by_hand.one_script,
    by_hand.twenty_teams,
    polling_loop.measure,
)


def main() -> int:
    logging.disable()
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 140)
    measured = []
    with redirect_stdout(io.StringIO()):  # the functions write their metrics there
        for size in SIZES:
            for measure in WAYS:
                started = time.monotonic()
                one = measure(size)
                measured.append(one)
                console.print(f"{one}, in {time.monotonic() - started:.0f} s")
    figures.save(measured)
    page.write(measured)
    chart.write(measured)
    return 0


if __name__ == "__main__":
    sys.exit(main())
