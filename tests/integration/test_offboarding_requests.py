"""Requests to take connections away, which hold until something is asked for anew."""

from typing import Any

import pytest

from msklink.aws import dynamodb
from tests.support.aws import CLIENT, OTHER_CLIENT
from tests.support.client_events import offboarding_request, receive, request, vpc_tagged


def offboarding_schemes(cluster: str) -> set[str]:
    return {one.scheme for one in dynamodb.offboarding_requests(cluster, CLIENT)}


def test_a_request_to_leave_is_recorded_and_gets_a_run(
    cluster: str, executions: list[dict[str, Any]]
) -> None:
    receive(offboarding_request("scram"))

    assert offboarding_schemes(cluster) == {"scram"}
    assert len(executions) == 1


@pytest.mark.parametrize(
    ("event", "left"),
    [
        (request(schemes=["iam", "scram"]), {"tls"}),
        (request(schemes=["auto"]), set()),
        (vpc_tagged(tag="tls"), {"iam", "scram"}),
        (vpc_tagged(tag=""), {"iam", "scram", "tls"}),
        (vpc_tagged(tag="off"), {"iam", "scram", "tls"}),
    ],
)
@pytest.mark.usefixtures("executions")
def test_what_is_asked_for_anew_is_not_to_go_any_more(
    cluster: str, event: dict[str, Any], left: set[str]
) -> None:
    receive(offboarding_request())

    receive(event)

    assert offboarding_schemes(cluster) == left


def test_an_account_that_is_not_listed_cannot_take_anything_away(
    cluster: str, executions: list[dict[str, Any]]
) -> None:
    assert receive(offboarding_request() | {"account": OTHER_CLIENT}) == []
    assert not offboarding_schemes(cluster)
    assert not executions
