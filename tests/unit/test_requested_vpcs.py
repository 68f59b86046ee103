"""The VPCs that a client asks for, by tag and by request."""

from typing import Any

import pytest

from msklink.auth_scheme import Scheme
from msklink.connections.record import State
from msklink.connections.requested_vpcs import (
    requested_vpcs,
    with_existing_connections,
)
from msklink.requests.records import OffboardingRequest, OnboardingRequest
from msklink.vpc.description import Vpc
from tests.unit.factories import ARN, CLIENT, KEY, LATER, NOW, connection, request, tagged, vpc


@pytest.mark.parametrize(
    ("tag", "left", "asked"),
    [
        ("iam", [], {Scheme.IAM}),  # scram was taken out of the tag
        ("iam scarm", [], {Scheme.IAM, Scheme.SCRAM}),
        ("scarm", [], {Scheme.IAM, Scheme.SCRAM}),
        ("", [], {Scheme.IAM, Scheme.SCRAM}),
        ("scarm", [Scheme.IAM], {Scheme.SCRAM}),
    ],
)
def test_an_unknown_word_removes_nothing(tag: str, left: list[Scheme], asked: set[Scheme]) -> None:
    offboarding = [offboarding_request(scheme) for scheme in left]
    known = [connection(scheme=Scheme.IAM), connection(scheme=Scheme.SCRAM)]
    known += [connection(scheme=Scheme.TLS, vpc_id="vpc-2")]

    requested = requested_vpcs([tagged(tag)], (), offboarding, KEY, NOW)

    [requested_vpc] = with_existing_connections(requested, known, offboarding)
    assert requested_vpc.requested.schemes == asked


@pytest.mark.parametrize("changes", [{"wanted": False}, {"state": State.REFUSED}])
def test_an_unknown_word_does_not_keep_unwanted_or_refused_connections(
    changes: dict[str, Any],
) -> None:
    requested = requested_vpcs([tagged("scarm")], (), (), KEY, NOW)

    [requested_vpc] = with_existing_connections(
        requested, [connection(scheme=Scheme.IAM, **changes)], ()
    )

    assert requested_vpc.requested.schemes == frozenset()


def offboarding_request(scheme: Scheme, vpc_id: str = "vpc-1") -> OffboardingRequest:
    return OffboardingRequest(
        cluster_arn=ARN, account=CLIENT, vpc_id=vpc_id, scheme=scheme, requested_at=LATER
    )


@pytest.mark.parametrize(
    ("vpcs", "requests"),
    [([tagged("iam scram")], []), ([], [request(schemes=("iam", "scram"))])],
    ids=["tag", "request"],
)
def test_a_scheme_with_an_offboarding_request_is_not_requested(
    vpcs: list[Vpc], requests: list[OnboardingRequest]
) -> None:
    [requested_vpc] = requested_vpcs(
        vpcs, requests, [offboarding_request(Scheme.SCRAM)], KEY, LATER
    )

    assert requested_vpc.requested.schemes == {Scheme.IAM}


def test_a_vpc_that_leaves_by_all_schemes_requests_nothing() -> None:
    gone = [offboarding_request(scheme) for scheme in Scheme]

    assert requested_vpcs([tagged("auto")], [], gone, KEY, LATER) == ()
    assert len(requested_vpcs([tagged("auto", id="vpc-2")], [], gone, KEY, LATER)) == 1


def test_a_tag_and_a_request_add_up() -> None:
    [requested_vpc] = requested_vpcs(
        [tagged("tls")], [request(subnet_ids=("subnet-9",))], [], KEY, LATER
    )

    assert requested_vpc.requested.schemes == {Scheme.IAM, Scheme.TLS}
    assert requested_vpc.subnet_ids == ("subnet-9",)
    assert requested_vpc.requested_at == NOW


@pytest.mark.parametrize("tags", [{}, {KEY: "off"}, {"msklink/sales": "iam"}])
def test_a_vpc_without_the_tag_requests_nothing(tags: dict[str, str]) -> None:
    assert requested_vpcs([vpc(tags=tags)], [], [], KEY, LATER) == ()


def test_requests_do_not_depend_on_the_order_of_the_api() -> None:
    vpcs = [tagged("iam", id=f"vpc-{number}") for number in range(3)]

    assert requested_vpcs(vpcs, [], [], KEY, LATER) == requested_vpcs(
        vpcs[::-1], [], [], KEY, LATER
    )
