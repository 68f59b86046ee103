"""The page in a real browser, as one file."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from msklink.connections.record import State
from msklink_cli.page import render
from msklink_cli.page.cards import card
from msklink_cli.page.overview import Overview
from tests.support import page_samples
from tests.support.browser import CONTRASTS, opened
from tests.support.page_samples import client, detail

pytestmark = pytest.mark.xdist_group("browser")

READABLE = 4.5
"""The least contrast of text (WCAG 2.2, success criterion 1.4.3)."""

Open = Callable[..., AbstractContextManager[Page]]


@pytest.fixture
def show(chromium: Browser, tmp_path: Path) -> Open:
    """Return a function that opens an overview as a file."""

    def show(overview: Overview, **options: Any) -> AbstractContextManager[Page]:
        file = tmp_path / "page.html"
        drawn = [card(one) for one in overview.clusters]
        file.write_text(render.document(overview, drawn), "utf-8")
        return opened(chromium, file.as_uri(), **options)

    return show


def test_a_refusal_is_seen_with_its_remedy_and_command(show: Open) -> None:
    with show(page_samples.connected()) as page:
        [refusal] = page.locator(".problems li").all()

        expect(refusal).to_contain_text("SchemeNotOffered")
        expect(refusal).to_contain_text(page_samples.not_offered().remedy)
        expect(refusal.locator(".command")).to_have_text("msklink enable orders iam scram tls")


def test_states_differ_by_sign_and_by_colour(show: Open) -> None:
    looks = set()
    for overview in (page_samples.waiting(), page_samples.running(), page_samples.connected()):
        with show(overview) as page:
            for one in page.locator(".client summary > .sign").all():
                looks.add((one.inner_text(), one.evaluate("one => getComputedStyle(one).color")))

    signs, colours = zip(*looks, strict=True)
    assert set(signs) == {"‖", "✗", "…", "✓"}
    assert len(looks) == len(set(colours)) == 4


def test_the_run_at_work_is_shown_against_its_expected_end(show: Open) -> None:
    with show(page_samples.running()) as page:
        now = page.get_by_role("listitem").filter(has=page.locator("progress"))

        expect(page.locator(".steps [aria-current=step]")).to_contain_text("enabling")
        bar = now.first.get_by_role("progressbar").first
        assert bar.evaluate("bar => bar.value / bar.max") == pytest.approx(26 / 74, abs=0.01)


def test_the_keyboard_alone_finds_and_opens_a_client(show: Open) -> None:
    with show(page_samples.connected()) as page:
        keys = page.keyboard
        keys.press("/")
        expect(page.get_by_role("searchbox")).to_be_focused()
        keys.type("444444444444")
        expect(page.locator(".client:visible")).to_have_count(1)
        expect(page.locator("#shown")).to_have_text("1 of 3 clusters, 1 of 4 clients")
        client = page.locator(".client:visible summary")
        for _ in range(20):
            keys.press("Tab")
            if client.evaluate("one => one === document.activeElement"):
                break
        expect(client).to_be_focused()
        assert client.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
        keys.press("Enter")
        expect(page.locator(".client:visible p")).to_contain_text("vpc-connection")
        keys.press("Escape")
        expect(page.locator(".client:visible")).to_have_count(4)
        expect(page.get_by_role("searchbox")).to_have_value("")


def test_the_first_key_can_skip_to_the_clusters(show: Open) -> None:
    with show(page_samples.connected()) as page:
        page.keyboard.press("Tab")
        expect(page.get_by_text("Skip to the clusters")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("main")).to_be_focused()


def test_a_filter_leaves_what_has_its_state(show: Open) -> None:
    with show(page_samples.connected()) as page:
        button = page.get_by_role("button", name="Problems")
        button.press("Enter")

        expect(button).to_have_attribute("aria-pressed", "true")
        expect(page.locator(".cluster:visible h2")).to_have_text(["orders"])
        expect(page.locator(".client:visible")).to_have_count(1)

        page.get_by_role("button", name="All 3").click()
        expect(page.locator(".cluster:visible")).to_have_count(3)


def test_what_matches_nothing_says_so(show: Open) -> None:
    with show(page_samples.connected()) as page:
        page.get_by_role("searchbox").fill("no such thing")

        expect(page.locator("#none")).to_contain_text("Nothing matches")


def test_clusters_are_sorted_by_attention_name_or_clients(show: Open) -> None:
    with show(page_samples.large(21, 2)) as page:
        names = page.locator(".cluster h2")
        by_attention = names.all_inner_texts()
        page.get_by_label("Sort by").select_option("name")
        by_name = names.all_inner_texts()

    assert by_attention[:3] == ["cluster-0", "cluster-10", "cluster-20"]
    assert by_name == [f"cluster-{number}" for number in range(21)]


def test_a_hundred_clusters_are_closed_and_one_that_is_found_is_open(show: Open) -> None:
    with show(page_samples.large(100, 6)) as page:
        expect(page.locator("#shown")).to_have_text("100 of 100 clusters, 600 of 600 clients")
        assert page.locator(".cluster > details[open]").count() == 0

        page.get_by_role("searchbox").fill("000077000003")

        expect(page.locator(".cluster:visible h2")).to_have_text(["cluster-77"])
        expect(page.locator(".client:visible")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("moment", ["waiting", "running", "connected"])
def test_every_text_has_enough_contrast(show: Open, moment: str, scheme: str) -> None:
    with show(getattr(page_samples, moment)(), color_scheme=scheme) as page:
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        found = page.evaluate(CONTRASTS)

    assert (sum(map(int, ground[4:-1].split(","))) > 384) is (scheme == "light")
    assert len(found) > 50
    assert not [(contrast, text) for contrast, text in found if contrast < READABLE]


def long_names() -> Overview:
    """Return an overview whose names are as long as AWS allows, and longer."""
    clients = [client(0, state=State.PUBLISHED, vpc_id="vpc-" + "0" * 90), client(1)]
    return Overview(
        page_samples.NOW,
        page_samples.OWNER,
        page_samples.REGION,
        (detail("n" * 64, clients, tags={"msklink": "x" * 255}),),
    )


@pytest.mark.parametrize(
    "overview",
    [long_names, page_samples.waiting, page_samples.running, page_samples.connected],
    ids=lambda one: one.__name__,
)
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_a_narrow_screen_needs_no_horizontal_scrolling(
    show: Open, overview: Callable[[], Overview], width: int
) -> None:
    with show(overview(), viewport={"width": width, "height": 740}) as page:
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")

        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_control_has_a_name(show: Open) -> None:
    with show(page_samples.running()) as page:
        for role in ("button", "searchbox", "combobox", "progressbar", "meter", "link"):
            for one in page.get_by_role(role).all():
                assert one.evaluate(
                    "one => one.ariaLabel || one.innerText || one.labels?.[0]?.innerText"
                )


def test_without_script_everything_is_there(show: Open) -> None:
    with show(page_samples.connected(), java_script_enabled=False) as page:
        page.locator(".cluster summary").first.click()

        expect(page.locator(".client summary").first).to_be_visible()


def test_a_copied_command_is_that_of_the_owner(show: Open) -> None:
    with show(page_samples.waiting(), permissions=["clipboard-read", "clipboard-write"]) as page:
        page.get_by_role("button", name="Copy").first.click()

        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == "msklink approve orders"
