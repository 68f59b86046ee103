"""The live page: how often it reads AWS, and what it sends."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from msklink_cli.page.cards import card
from msklink_cli.page.live import LivePage
from tests.support import page_samples
from tests.support.page_samples import SampleAws


@pytest.fixture
def page(aws: SampleAws) -> LivePage:
    return LivePage(aws.read, 5, lambda: aws.now)


def test_any_number_of_browsers_take_one_reading_in_an_interval(
    aws: SampleAws, page: LivePage
) -> None:
    for _ in range(20):
        page.document()
        page.changes(0)
    aws.now += 5
    for _ in range(20):
        page.changes(0)

    assert aws.readings == 2


def test_nothing_is_read_while_no_browser_asks(aws: SampleAws, page: LivePage) -> None:
    aws.now += 1000

    assert aws.readings == 1
    assert page.changes(0)["version"] == 2


def test_only_what_changed_is_sent(aws: SampleAws, page: LivePage) -> None:
    first = page.changes(0)
    aws.overview, aws.now = page_samples.running(), 5
    second = page.changes(first["version"])

    assert set(first["cards"]) == {*first["ids"]}
    assert set(second["cards"]) == {card(page_samples.running().clusters[0]).id}
    assert page.changes(second["version"])["cards"] == {}
    assert {*page.changes(0)["cards"]} == {*second["ids"]}


def test_a_cluster_that_is_gone_is_named_no_more(aws: SampleAws, page: LivePage) -> None:
    before = page.changes(0)["ids"]
    aws.overview, aws.now = page_samples.large(1, 1), 5

    assert not {*page.changes(1)["ids"]} & {*before}


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="http://x"),
        ClientError({"Error": {"Code": "ThrottlingException", "Message": "Slow"}}, "Scan"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_where_aws_does_not_answer_the_last_reading_stays_with_the_error(
    aws: SampleAws, page: LivePage, error: Exception
) -> None:
    aws.error, aws.now = error, 30
    failed = page.changes(1)
    aws.error, aws.now = None, 35
    recovered = page.changes(1)

    assert failed["age"] == 30
    assert failed["ids"] == recovered["ids"]
    assert failed["problem"].startswith("AWS does not answer: ")
    assert recovered["age"] == 0
    assert recovered["problem"] == ""


def test_a_failed_reading_is_not_repeated_before_its_time(aws: SampleAws, page: LivePage) -> None:
    aws.error, aws.now = EndpointConnectionError(endpoint_url="http://x"), 5
    for _ in range(5):
        page.changes(0)

    assert aws.readings == 2


def test_while_one_request_reads_others_get_the_last_reading(
    aws: SampleAws, page: LivePage
) -> None:
    seen = []
    aws.meanwhile = lambda: seen.append(page.changes(0)["version"])
    aws.now = 5

    assert page.changes(0)["version"] == 2
    assert seen == [1]
    assert aws.readings == 2


def test_the_error_of_the_first_reading_ends_the_command(aws: SampleAws) -> None:
    aws.error = EndpointConnectionError(endpoint_url="http://x")

    with pytest.raises(EndpointConnectionError):
        LivePage(aws.read, 5)
