"""The live page in a real browser: what stays while it changes."""

import threading
from collections.abc import Iterator

import pytest
from botocore.exceptions import EndpointConnectionError
from playwright.sync_api import Browser, Page, expect

from msklink_cli.page.live import LivePage
from msklink_cli.page.overview import Overview
from msklink_cli.page.server import PageServer
from tests.support import page_samples
from tests.support.browser import opened
from tests.support.page_samples import SampleAws

pytestmark = pytest.mark.xdist_group("browser")

INTERVAL = 0.1
POLL_SECONDS = 0.01


@pytest.fixture
def server(aws: SampleAws) -> Iterator[PageServer]:
    with PageServer(LivePage(aws.read, INTERVAL), 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def page(chromium: Browser, server: PageServer) -> Iterator[Page]:
    with opened(chromium, server.address) as page:
        yield page


def test_it_follows_a_run_without_being_loaded_again(page: Page, aws: SampleAws) -> None:
    page.evaluate("document.body.dataset.mark = 'kept'")
    orders = page.locator(".cluster[data-name=orders]")

    for overview, text, state in (
        (page_samples.running(), "enabling", "planned"),
        (page_samples.connected(), "idle", "published"),
        (page_samples.waiting(), "AwaitingApproval", "waiting"),
    ):
        aws.overview = overview
        expect(orders.locator(".doing")).to_contain_text(text)
        expect(orders.locator(".client").first).to_contain_text(state)

    assert page.evaluate("document.body.dataset.mark") == "kept"


def test_search_filter_sort_focus_and_what_is_open_stay(page: Page, aws: SampleAws) -> None:
    page.get_by_label("Sort by").select_option("name")
    page.get_by_role("button", name="Problems").click()
    page.get_by_role("searchbox").fill("scram")
    client = page.locator(".client:visible summary")
    client.press("Enter")
    expect(client).to_be_focused()

    aws.overview = page_samples.running()
    expect(page.locator(".cluster:visible .doing")).to_contain_text("enabling")

    expect(page.locator(".cluster:visible h2")).to_have_text(["orders"])
    expect(page.locator(".client:visible")).to_have_count(1)
    expect(page.locator(".client:visible details")).to_have_attribute("open", "")
    expect(client).to_be_focused()
    expect(page.get_by_role("searchbox")).to_have_value("scram")
    expect(page.get_by_role("button", name="Problems")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_label("Sort by")).to_have_value("name")


def test_the_place_on_the_screen_stays(page: Page, aws: SampleAws) -> None:
    page.set_viewport_size({"width": 1000, "height": 400})
    payments = page.locator(".cluster[data-name=payments]")
    payments.scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    assert before > 0

    aws.overview = page_samples.running()
    expect(page.locator(".steps")).to_be_attached()

    assert page.evaluate("scrollY") > 0
    expect(payments).to_be_in_viewport()


def test_clusters_come_and_go(page: Page, aws: SampleAws) -> None:
    aws.overview = page_samples.large(2, 1)
    expect(page.locator(".cluster h2")).to_have_text(["cluster-0", "cluster-1"])
    expect(page.locator(".cluster > details[open]")).to_have_count(2)

    aws.overview = Overview(page_samples.NOW, page_samples.OWNER, page_samples.REGION, ())
    expect(page.locator("#none")).to_contain_text("no MSK cluster")


def test_where_aws_does_not_answer_a_banner_says_so(page: Page, aws: SampleAws) -> None:
    aws.error = EndpointConnectionError(endpoint_url="http://x")
    banner = page.get_by_role("alert")
    expect(banner).to_contain_text("AWS does not answer")
    expect(banner).to_contain_text("EndpointConnectionError")
    expect(page.locator("#age")).to_contain_text("ago")
    expect(page.locator(".cluster")).to_have_count(3)

    aws.error = None
    expect(banner).to_be_hidden()


def test_where_the_command_has_ended_a_banner_says_so(
    chromium: Browser, server: PageServer
) -> None:
    with chromium.new_page() as page:
        page.goto(server.address)
        page.context.set_offline(True)

        expect(page.get_by_role("alert")).to_contain_text("msklink page does not answer")
        expect(page.locator(".cluster")).to_have_count(3)

        page.context.set_offline(False)
        expect(page.get_by_role("alert")).to_be_hidden()
