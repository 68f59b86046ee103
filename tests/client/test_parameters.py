"""Reading Parameter Store: results and cache."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from msklink.auth_scheme import Scheme
from msklink.parameters import client_properties
from msklink_client import MskLinkError, Parameters
from tests.client.conftest import BROKERS, Store
from tests.client.reading import break_down, why


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_the_properties_are_the_published_ones(store: Store) -> None:
    store.publish(*Scheme)

    for scheme in Scheme:
        published = client_properties.client_properties(scheme, BROKERS[scheme])
        assert Parameters("orders").properties(scheme) == published


def test_properties_are_cached_for_five_minutes(store: Store, clock: Clock) -> None:
    store.publish(Scheme.IAM)
    parameters = Parameters("orders", clock=clock)
    before = parameters.properties("iam")["bootstrap.servers"]
    store.put("/msklink/orders/iam/bootstrap.servers", "b-4.iam.orders.x:14004")

    clock.now += 299
    assert parameters.properties("iam")["bootstrap.servers"] == before

    clock.now += 2
    assert parameters.properties("iam")["bootstrap.servers"] == "b-4.iam.orders.x:14004"


@pytest.mark.parametrize(
    "trouble",
    [
        ClientError({"Error": {"Code": "ThrottlingException"}}, "GetParametersByPath"),
        EndpointConnectionError(endpoint_url="https://ssm.eu-west-1.amazonaws.com"),
    ],
    ids=["throttled", "out of reach"],
)
def test_cached_properties_are_used_while_aws_fails(
    store: Store, clock: Clock, trouble: Exception
) -> None:
    store.publish(Scheme.IAM)
    parameters = Parameters("orders", clock=clock)
    before = parameters.properties("iam")

    clock.now += 301
    break_down(parameters, trouble)
    assert parameters.properties("iam") == before

    fresh = Parameters("orders")
    break_down(fresh, trouble)
    with pytest.raises(type(trouble)):
        fresh.properties("iam")


def test_removed_properties_are_no_longer_returned(store: Store, clock: Clock) -> None:
    store.publish(Scheme.IAM)
    parameters = Parameters("orders", clock=clock)
    parameters.properties("iam")
    store.remove("/msklink/orders/iam/bootstrap.servers")

    clock.now += 301
    assert why(parameters).code == "NotOnboarded"


def test_a_caller_cannot_change_the_cache(store: Store) -> None:
    store.publish(Scheme.IAM)
    parameters = Parameters("orders")

    parameters.properties("iam").clear()

    assert parameters.properties("iam")["bootstrap.servers"]


def test_an_incomplete_configuration_is_not_returned(store: Store) -> None:
    store.put("/msklink/orders/iam/security.protocol", "SASL_SSL")

    assert why(Parameters("orders")).code == "NotOnboarded"


def test_another_namespace_is_another_installation(store: Store) -> None:
    store.put("/kafka/orders/iam/bootstrap.servers", "b-1:14001")

    assert Parameters("orders", "kafka").properties("iam") == {"bootstrap.servers": "b-1:14001"}


@pytest.mark.parametrize("name", ["", "arn:aws:kafka:eu-west-1:1:cluster/orders/1", "a/b"])
def test_only_a_valid_cluster_name_is_accepted(name: str) -> None:
    with pytest.raises(MskLinkError, match="BadArgument"):
        Parameters(name)
