"""Events that arrive late, twice and in any order: the last request wins."""

from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from msklink import clock
from msklink.aws import dynamodb
from msklink.requests import client_requests
from msklink.requests.inbound_events import ClientChanged, read_event
from tests.support.aws import CLIENT, Accounts
from tests.support.client_events import (
    offboarding_request,
    receive,
    request,
    vpc_tagged,
    with_time,
)

Event = dict[str, Any]

clusters = (f"arn:aws:kafka:eu-west-1:123456789012:cluster/orders/{n}" for n in count())

some = st.lists(st.sampled_from(["iam", "scram", "tls"]), min_size=1, max_size=3, unique=True)
asked = st.builds(lambda schemes: ("asked", schemes), some | st.just(["auto"]))
left = st.builds(lambda schemes: ("left", schemes), some | st.just([]))
tagged = st.builds(lambda schemes: ("tagged", schemes), some | st.just([]))
deeds = st.lists(asked | left | tagged, min_size=1, max_size=5)


def event(kind: str, schemes: list[str]) -> Event:
    if kind == "asked":
        return request(schemes=schemes)
    return offboarding_request(*schemes) if kind == "left" else vpc_tagged(tag=" ".join(schemes))


def record(cluster: str, sent: Event) -> None:
    """Record a request like ReceiveEvent, without finding the cluster or starting runs."""
    [trigger] = read_event(sent, "msklink")
    assert isinstance(trigger, ClientChanged)
    for word in client_requests.read_client_requests(trigger, cluster, clock.now()):
        dynamodb.save_if_latest(word, clock.now())


def standing(cluster: str) -> tuple[list[tuple[str, ...]], set[str]]:
    """Return the requested schemes, and those with an offboarding request."""
    requests, offboarding_requests = (
        dynamodb.onboarding_requests(cluster, CLIENT),
        dynamodb.offboarding_requests(cluster, CLIENT),
    )
    return [one.schemes for one in requests], {one.scheme for one in offboarding_requests}


@settings(
    max_examples=25,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(of=deeds, data=st.data())
def test_events_in_any_order_and_repeated_lead_to_the_same_state(
    accounts: Accounts, of: list[tuple[str, list[str]]], data: st.DataObject
) -> None:
    assert accounts
    events = [with_time(event(*deed), second) for second, deed in enumerate(of)]
    again = data.draw(st.lists(st.sampled_from(events), max_size=3))
    in_order, in_disorder = next(clusters), next(clusters)
    for sent in events:
        record(in_order, sent)

    for sent in data.draw(st.permutations(events + again)):
        record(in_disorder, sent)

    assert standing(in_disorder) == standing(in_order)


@pytest.mark.parametrize(
    "events", [[request(), offboarding_request()], [offboarding_request(), request()]]
)
@pytest.mark.usefixtures("executions")
def test_onboarding_wins_within_one_second(cluster: str, events: list[Event]) -> None:
    for one in events:
        receive(with_time(one, 0))

    assert standing(cluster) == ([("iam",)], {"scram", "tls"})


@pytest.mark.usefixtures("executions")
def test_a_time_in_the_future_does_not_block_later_requests(cluster: str) -> None:
    receive(request() | {"time": "2999-01-01T00:00:00Z"})

    receive(offboarding_request())

    assert standing(cluster)[1] == {"scram", "tls"}  # of the same second


@pytest.mark.parametrize("time", ["soon", None, 7, "0001-01-01T00:00:00+14:00"])
@pytest.mark.usefixtures("executions")
def test_an_invalid_time_is_replaced_by_now(cluster: str, time: object) -> None:
    receive(with_time(offboarding_request(), -9))

    receive(request() | {"time": time})

    assert standing(cluster) == ([("iam",)], {"scram", "tls"})
