"""Keep the page up to date for any number of browsers, with one reading in each interval."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from msklink_cli.errors import aws_error
from msklink_cli.page import render
from msklink_cli.page.cards import Card, card
from msklink_cli.page.overview import Overview


@dataclass(frozen=True)
class _Reading:
    """What was read last, and since which version each card is as it is."""

    version: int
    overview: Overview
    cards: Mapping[str, Card]
    versions: Mapping[str, int]
    read_at: float


class LivePage:
    """
    The page as of the last reading, which a request repeats once the interval is over.

    Nothing is read while no browser asks. Where AWS does not answer, the page stays as it was, with
    the error above it. Raises the error of the first reading.
    """

    def __init__(
        self,
        read: Callable[[], Overview],
        interval: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read, self._interval, self._clock = read, interval, clock
        self._at_work = threading.Lock()
        self._problem = ""
        self._last = self._next(None)
        self._tried = self._clock()

    def document(self) -> str:
        """Return the whole page."""
        last = self._refreshed()
        live = render.Live(self._interval, last.version)
        return render.document(last.overview, [*last.cards.values()], live, self._problem)

    def changes(self, since: int) -> dict[str, Any]:
        """Return the parts that changed after version *since*, for the script of the page."""
        last = self._refreshed()
        at = last.overview.at
        return {
            "version": last.version,
            "read": at.isoformat(),
            "age": self._clock() - last.read_at,
            "problem": render.without_secret(self._problem),
            "summary": render.summary(last.overview, [*last.cards.values()]),
            "ids": [*last.cards],
            "cards": {
                name: render.draw_card(one, at)
                for name, one in last.cards.items()
                if last.versions[name] > since
            },
        }

    def _refreshed(self) -> _Reading:
        """Read again if it is time, unless another request does; return the last reading."""
        if self._at_work.acquire(blocking=False):
            try:
                if self._clock() - self._tried >= self._interval:
                    self._try_to_read()
            finally:
                self._at_work.release()
        return self._last

    def _try_to_read(self) -> None:
        try:
            self._last = self._next(self._last)
            self._problem = ""
        except (BotoCoreError, ClientError) as error:
            self._problem = f"AWS does not answer: {aws_error(error).line}"
        finally:
            self._tried = self._clock()

    def _next(self, last: _Reading | None) -> _Reading:
        overview = self._read()
        version = last.version + 1 if last else 1
        cards = {one.id: one for one in map(card, overview.clusters)}
        versions = {
            name: last.versions[name] if last and _is_same(last.cards.get(name), one) else version
            for name, one in cards.items()
        }
        return _Reading(version, overview, cards, versions, self._clock())


def _is_same(before: Card | None, now: Card) -> bool:
    return before is not None and before.digest == now.digest
