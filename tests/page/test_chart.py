"""The chart beside the alternatives, as a browser shows it in light and in dark."""

from typing import Any

import pytest
from playwright.sync_api import Browser

from benchmarks.peers.chart import PICTURE
from tests.support.browser import opened

ENOUGH = 4.5
"""Contrast of text and ground (WCAG 2.2, level AA)."""

READ = """
() => {
  const luminance = (colour) => {
    const [red, green, blue] = colour.match(/[0-9]+/g).slice(0, 3).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const fill = (one) => luminance(getComputedStyle(one).fill);
  const picture = document.documentElement.getBoundingClientRect();
  const ground = fill(document.querySelector(".ground"));
  return [...document.querySelectorAll("text")].map((one) => {
    const [dark, light] = [fill(one), ground].sort((a, b) => a - b);
    const box = one.getBoundingClientRect();
    return {
      text: one.textContent,
      contrast: (light + 0.05) / (dark + 0.05),
      left: box.left, right: box.right, top: box.top, bottom: box.bottom,
      inside: box.left >= picture.left && box.right <= picture.right
        && box.top >= picture.top && box.bottom <= picture.bottom,
    };
  });
}
"""


def overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return bool(
        one["left"] < other["right"]
        and other["left"] < one["right"]
        and one["top"] < other["bottom"]
        and other["top"] < one["bottom"]
    )


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_every_text_of_the_chart_can_be_read(chromium: Browser, colours: str) -> None:
    viewport = {"width": 948, "height": 416}
    with opened(chromium, PICTURE.as_uri(), color_scheme=colours, viewport=viewport) as page:
        texts = page.evaluate(READ)

    assert len(texts) > 40
    assert not [one["text"] for one in texts if one["contrast"] < ENOUGH or not one["inside"]]
    assert not [
        (one["text"], other["text"])
        for number, one in enumerate(texts)
        for other in texts[number + 1 :]
        if overlap(one, other)
    ]
