"""`msklink page` and `msklink report FILE`: clusters and their clients as a picture."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from msklink_cli.errors import CommandError
from msklink_cli.options import Common
from msklink_cli.page import render
from msklink_cli.page.cards import card
from msklink_cli.page.live import LivePage
from msklink_cli.page.overview import OverviewReader
from msklink_cli.page.server import HOST, PageServer

STANDARD_OUTPUT = "-"


def page(
    options: Common,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for one that is free.")] = 0,
    interval: Annotated[
        float, typer.Option(min=0.2, metavar="SECONDS", help="Pause between two looks.")
    ] = 5,
) -> int:
    """
    Serve a live page of all clusters to the browsers of this machine, until Ctrl-C.

    It prints the address, which is a secret: who has it sees the page.
    """
    _check(options)
    live = LivePage(OverviewReader().read, interval)
    try:
        server = PageServer(live, port)
    except OSError as error:
        raise CommandError(
            "PortTaken",
            f"port {port} of {HOST} cannot be used: {error.strerror}",
            "Choose another with --port, or leave it out.",
        ) from error
    with server:
        sys.stdout.write(f"{server.address}\nCtrl-C ends it.\n")
        sys.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


def report(
    options: Common,
    file: Annotated[
        str, typer.Argument(metavar="FILE.html", help="File to write; - for standard output.")
    ],
) -> None:
    """Write the page to one file, which needs nothing else. It replaces a file that is there."""
    _check(options)
    overview = OverviewReader().read()
    text = render.document(overview, [card(one) for one in overview.clusters])
    if file == STANDARD_OUTPUT:
        sys.stdout.write(text)
        return
    try:
        Path(file).write_text(text, "utf-8")
    except OSError as error:
        raise CommandError(
            "FileNotWritten",
            f"{file} cannot be written: {error.strerror}",
            "Choose a file in a folder that exists and is yours.",
        ) from error


def _check(options: Common) -> None:
    if options.form or options.query:
        raise CommandError(
            "NoFormat", "the page is for people only", "Use msklink clusters --output json."
        )
