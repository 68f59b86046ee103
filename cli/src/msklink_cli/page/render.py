"""
Draw the page from its templates: a whole document, or the parts of it that change.

All names, tags and texts come from others, so the templates escape everything. The style and the
script are in the document, which may load nothing: its content security policy names their hashes.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from msklink.settings import settings
from msklink_cli import drawing
from msklink_cli.page import cards
from msklink_cli.page.cards import ATTENTION, Card
from msklink_cli.page.overview import Overview
from msklink_cli.runs import took
from msklink_cli.version import version

HIDDEN = "(hidden)"
"""Takes the place of the external id, which refusals for client teams name."""

FILTERS = {
    "bad": ("✗", "Problems"),
    "waiting": ("‖", "Waiting"),
    "moving": ("…", "In progress"),
    "good": ("✓", "Connected"),
    "quiet": ("·", "Not opted in"),
}
"""By tone, the sign and the label of its button."""


@dataclass(frozen=True)
class Live:
    """What a live document needs in order to follow AWS."""

    interval: float
    """Seconds between two readings."""
    version: int
    """The version of the parts in the document."""


def document(
    overview: Overview, drawn: Sequence[Card], live: Live | None = None, problem: str = ""
) -> str:
    """
    Return the whole page; with *live* its script asks for changes.

    *problem* says why the overview is not of now.
    """
    return (
        _environment()
        .get_template("document.html")
        .render(
            summary=summary(overview, drawn),
            problem=problem,
            cards=[Markup(draw_card(one, overview.at)) for one in drawn],
            overview=overview,
            live=live,
            policy=content_policy(is_live=live is not None),
            style=Markup(_asset("page.css")),
            script=Markup(_asset("page.js")),
        )
    )


def summary(overview: Overview, drawn: Sequence[Card]) -> Markup:
    """Return the head of the page: where it is about, counts, cost and filters."""
    clusters = [one.cluster for one in drawn]
    clients = cards.total_clients(clusters)
    return Markup(
        _environment()
        .get_template("summary.html")
        .render(
            overview=overview,
            clusters=len(drawn),
            clients=sum(clients.values()),
            counts=cards.counts(clients),
            filters=[
                (name, *FILTERS[name], sum(name in one.tones for one in drawn))
                for name in ATTENTION
            ],
            schemes=sum(len(one.on) for one in clusters),
            secrets=sum(cards.count_secrets(one) for one in clusters),
            monthly=cards.monthly(clusters),
        )
    )


def draw_card(one: Card, at: datetime) -> str:
    """Return the part of the page that shows a cluster, by the clock at *at*."""
    return _environment().get_template("card.html").render(card=one, cluster=one.cluster, at=at)


def content_policy(*, is_live: bool) -> str:
    """Return the content security policy, which lets the page load nothing."""
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src {_hash('page.css')}",
            f"script-src {_hash('page.js')}",
            "img-src data:",
            *(["connect-src 'self'"] if is_live else []),
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hash(name: str) -> str:
    digest = hashlib.sha256(_asset(name).encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@cache
def _asset(name: str) -> str:
    return files("msklink_cli.page").joinpath("templates", name).read_text("utf-8")


@cache
def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader("msklink_cli.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=without_secret,
    )
    found.filters.update(
        sign=cards.sign,
        tone=cards.tone,
        moment=drawing.moment,
        took=took,
        machine_time=_machine_time,
        cluster_tone=lambda state: cards.TONES[drawing.cluster_colour(state)],
        tone_sign=lambda tone: FILTERS[tone][0],
    )
    found.globals.update(version=version())
    return found


def without_secret(value: Any) -> Any:
    """Return *value* as the page shows it: without the external id of the owner stack."""
    if isinstance(value, str):
        return value.replace(settings().external_id, HIDDEN)
    return value


def _machine_time(time: datetime) -> str:
    """Return a time as the element `time` of HTML has it."""
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
