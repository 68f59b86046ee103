"""Offboarding requests, which are valid until the next onboarding request."""

from typing import Any

import pytest

from msklink.aws import dynamodb
from tests.support.aws import CLIENT, OTHER_CLIENT
from tests.support.client_events import offboarding_request, receive, request, vpc_tagged


def offboarding_schemes(cluster: str) -> set[str]:
    return {one.scheme for one in dynamodb.offboarding_requests(cluster, CLIENT)}


def test_an_offboarding_request_is_recorded_and_starts_a_run(
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
def test_a_new_onboarding_request_cancels_offboarding(
    cluster: str, event: dict[str, Any], left: set[str]
) -> None:
    receive(offboarding_request())

    receive(event)

    assert offboarding_schemes(cluster) == left


def test_an_account_that_is_not_listed_cannot_offboard(
    cluster: str, executions: list[dict[str, Any]]
) -> None:
    assert receive(offboarding_request() | {"account": OTHER_CLIENT}) == []
    assert not offboarding_schemes(cluster)
    assert not executions
