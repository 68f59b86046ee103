"""
Take the pictures of the page in docs/images, from the overviews that its tests use.

It needs Chromium; the pictures change where the page does, and with the fonts of the machine.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser

from msklink_cli.page import render
from msklink_cli.page.cards import card
from msklink_cli.page.overview import Overview
from tests.support import page_samples
from tests.support.aws import ENVIRONMENT
from tests.support.browser import chromium_browser
from tests.support.cloudformation import ROOT

PICTURES: dict[str, tuple[Callable[[], Overview], str]] = {
    "page-waiting": (page_samples.waiting, "light"),
    "page-running": (page_samples.running, "light"),
    "page-connected": (page_samples.connected, "light"),
    "page-dark": (page_samples.running, "dark"),
}
"""By name, what a picture shows and the colours that the viewer prefers."""

WIDTH, HEIGHT = 1280, 640

CLOSE_OTHERS = """
  document.querySelectorAll(".cluster:not([data-name=orders]) > details")
    .forEach((one) => { one.open = false; })
"""


def main() -> None:
    os.environ.update(ENVIRONMENT)
    with chromium_browser() as browser, tempfile.TemporaryDirectory() as folder:
        for name, (overview, scheme) in PICTURES.items():
            file = Path(folder) / f"{name}.html"
            found = overview()
            file.write_text(render.document(found, [card(one) for one in found.clusters]), "utf-8")
            take(browser, file, ROOT / f"docs/images/{name}.png", scheme)


def take(browser: Browser, file: Path, picture: Path, scheme: str) -> None:
    viewport = {"width": WIDTH, "height": HEIGHT}
    with browser.new_page(viewport=viewport, color_scheme=scheme) as page:  # type: ignore[arg-type]  # light or dark
        page.goto(file.as_uri())
        page.evaluate(CLOSE_OTHERS)
        page.screenshot(path=picture, full_page=True)


if __name__ == "__main__":
    main()
