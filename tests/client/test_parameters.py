"""What is read from Parameter Store, how long it is kept, and what is said of nothing."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from msklink.auth_scheme import Scheme
from msklink.connections.record import State
from msklink.parameters import client_properties, status
from msklink.refusals import Code, refuse
from msklink_client import MskLinkError, Parameters
from tests.client.conftest import BROKERS, Store
from tests.unit.factories import ARN, CLIENT, connection

VPC_NOT_FOUND = refuse(Code.VPC_NOT_FOUND, vpc_id="vpc-1", account=CLIENT)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def why(parameters: Parameters, scheme: str = "iam") -> MskLinkError:
    with pytest.raises(MskLinkError) as caught:
        parameters.properties(scheme)
    return caught.value


def test_the_properties_are_those_that_were_published(store: Store) -> None:
    store.publish(*Scheme)

    for scheme in Scheme:
        published = client_properties.client_properties(scheme, BROKERS[scheme])
        assert Parameters("orders").properties(scheme) == published


def test_they_are_kept_for_five_minutes_and_then_read_again(store: Store, clock: Clock) -> None:
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
def test_those_of_before_serve_while_aws_does_not(
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


def test_what_was_taken_away_is_not_served_any_longer(store: Store, clock: Clock) -> None:
    store.publish(Scheme.IAM)
    parameters = Parameters("orders", clock=clock)
    parameters.properties("iam")
    store.remove("/msklink/orders/iam/bootstrap.servers")

    clock.now += 301
    assert why(parameters).code == "NotOnboarded"


def test_a_caller_cannot_spoil_what_is_kept(store: Store) -> None:
    store.publish(Scheme.IAM)
    parameters = Parameters("orders")

    parameters.properties("iam").clear()

    assert parameters.properties("iam")["bootstrap.servers"]


def test_half_a_configuration_is_none(store: Store) -> None:
    store.put("/msklink/orders/iam/security.protocol", "SASL_SSL")

    assert why(Parameters("orders")).code == "NotOnboarded"


def test_another_namespace_is_another_installation(store: Store) -> None:
    store.put("/kafka/orders/iam/bootstrap.servers", "b-1:14001")

    assert Parameters("orders", "kafka").properties("iam") == {"bootstrap.servers": "b-1:14001"}


# --------------------------------------------------------------------- why there is nothing


def test_without_a_status_it_says_what_to_tag(store: Store) -> None:  # noqa: ARG001 it is empty
    error = why(Parameters("orders"))

    assert error.code == "NotOnboarded"
    assert "msklink/orders = auto" in error.remedy


@pytest.mark.parametrize(
    "place",
    [{}, {"scheme": None}, {"vpc_id": "", "scheme": None}],
    ids=["scheme", "VPC", "account"],
)
def test_a_refusal_is_told_with_its_remedy(store: Store, place: dict[str, Any]) -> None:
    store.tell(**status_of(State.REFUSED, refusal=VPC_NOT_FOUND, **place), updated="2026-01-01")

    error = why(Parameters("orders"))

    assert error.code == "NotOnboarded"
    assert f"orders is refused by iam, VpcNotFound: {VPC_NOT_FOUND.message}" in error.message
    assert error.remedy == VPC_NOT_FOUND.remedy


def test_a_request_that_was_refused_before_any_run_is_told_as_well(store: Store) -> None:
    store.tell(**status.with_refusal(None, VPC_NOT_FOUND))

    assert VPC_NOT_FOUND.message in why(Parameters("orders")).message


@pytest.mark.parametrize("state", [State.PLANNED, State.CONNECTING])
def test_what_is_under_way_is_to_be_waited_for(store: Store, state: State) -> None:
    store.tell(**status_of(state), updated="2026-01-01T00:00:00+00:00")

    error = why(Parameters("orders"))

    assert f"orders is {state} by iam, since 2026-01-01" in error.message
    assert error.remedy.startswith("Wait")


def test_what_is_missing_beside_a_good_status_comes_back_by_itself(store: Store) -> None:
    store.tell(**status_of(State.PUBLISHED))

    assert "hour" in why(Parameters("orders")).remedy


def test_a_failure_is_told(store: Store) -> None:
    store.tell(**status_of(State.FAILED, failure="InternalServerErrorException"))

    assert "InternalServerErrorException" in why(Parameters("orders")).message


def test_a_scheme_that_was_not_asked_for_is_told_with_the_one_that_was(store: Store) -> None:
    store.publish(Scheme.IAM)
    store.tell(**status_of(State.PUBLISHED))

    error = why(Parameters("orders"), "scram")

    assert error.code == "SchemeNotPublished"
    assert 'scheme="iam"' in error.remedy


def test_a_status_that_was_too_long_for_details_still_tells_the_state(store: Store) -> None:
    store.tell(state="refused", vpcs={"refused": 90, "published": 2}, updated="now")

    assert "orders is refused by iam" in why(Parameters("orders")).message


def test_the_wrong_region_is_told_with_the_right_one(store: Store) -> None:
    store.publish(Scheme.IAM)
    store.tell(**status_of(State.PUBLISHED))

    error = why(Parameters("orders", session=boto3.Session(region_name="eu-central-1")))

    assert error.code == "WrongRegion"
    assert error.message == "orders is published in eu-west-1, and this looks in eu-central-1."
    assert error.remedy == "Set AWS_DEFAULT_REGION=eu-west-1."


def test_no_region_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    assert why(Parameters("orders")).code == "NoRegion"


@pytest.mark.parametrize("code", ["ExpiredTokenException", "UnrecognizedClientException"])
def test_bad_credentials_are_told(store: Store, code: str) -> None:  # noqa: ARG001 moto takes all
    parameters = Parameters("orders")
    break_down(parameters, ClientError({"Error": {"Code": code}}, "GetParametersByPath"))

    assert why(parameters).code == "NoCredentials"


def test_a_missing_permission_is_named(store: Store) -> None:  # noqa: ARG001 moto allows all
    parameters = Parameters("orders")
    answer: Any = {
        "Code": "AccessDeniedException",
        "Message": (
            "User: arn:aws:sts::222222222222:assumed-role/app/i-1 is not authorized to perform: "
            "ssm:GetParametersByPath on resource: "
            "arn:aws:ssm:eu-west-1:222222222222:parameter/msklink/orders/iam because no "
            "identity-based policy allows the ssm:GetParametersByPath action"
        ),
    }
    break_down(parameters, ClientError({"Error": answer}, "GetParametersByPath"))

    error = why(parameters)

    assert error.code == "NoPermission"
    arn = "arn:aws:ssm:eu-west-1:222222222222:parameter/msklink/orders/iam"
    assert error.remedy.startswith(f"Allow ssm:GetParametersByPath on {arn} ")


def test_it_is_named_also_when_aws_does_not(store: Store) -> None:  # noqa: ARG001 moto allows all
    parameters = Parameters("orders")
    break_down(parameters, ClientError({"Error": {"Code": "AccessDenied"}}, "GetParametersByPath"))

    arn = "arn:aws:ssm:eu-west-1:*:parameter/msklink/orders/iam"
    assert f"ssm:GetParametersByPath on {arn}" in why(parameters).message


@pytest.mark.parametrize("name", ["", "arn:aws:kafka:eu-west-1:1:cluster/orders/1", "a/b"])
def test_only_the_name_of_a_cluster_names_it(name: str) -> None:
    with pytest.raises(MskLinkError, match="BadArgument"):
        Parameters(name)


# ---------------------------------------------------------------------- secrets for SCRAM


def test_a_secret_is_user_name_and_password(store: Store) -> None:
    store.keep_secret("AmazonMSK_ann", json.dumps({"username": "ann", "password": "pass"}))

    assert Parameters("orders").secret("AmazonMSK_ann") == ("ann", "pass")


@pytest.mark.parametrize("content", [None, "pass", '"ann"', '{"username": "ann"}'])
def test_a_secret_that_is_none_is_told(store: Store, content: str | None) -> None:
    if content:
        store.keep_secret("AmazonMSK_ann", content)

    with pytest.raises(MskLinkError, match="SecretUnusable: The secret AmazonMSK_ann"):
        Parameters("orders").secret("AmazonMSK_ann")


def test_a_key_that_is_denied_is_named_with_what_it_needs(store: Store) -> None:
    """What Secrets Manager says names neither the action nor the key (external-secrets 838)."""
    store.keep_secret("AmazonMSK_ann", "{}")
    parameters = Parameters("orders")
    message = "Access to KMS is not allowed"

    def fail(**_: Any) -> None:
        error: Any = {"Error": {"Code": "AccessDeniedException", "Message": message}}
        raise ClientError(error, "GetSecretValue")

    parameters.session.events.register("before-call.secrets-manager", fail)

    with pytest.raises(MskLinkError) as caught:
        parameters.secret("AmazonMSK_ann")

    assert caught.value.code == "NoPermission"
    assert "kms:Decrypt on the key" in caught.value.message
    assert "secret AmazonMSK_ann" in caught.value.message
    assert "describe-secret --secret-id AmazonMSK_ann" in caught.value.remedy
    assert "GetSecretValue" not in str(caught.value)


# ------------------------------------------------------------------------------ helpers


def status_of(state: State, **fields: Any) -> dict[str, Any]:
    """The status as a run writes it."""
    return status.describe(ARN, [connection(state=state, **fields)])


def break_down(parameters: Parameters, error: Exception) -> None:
    """Let every call of *parameters* to Parameter Store end with *error*."""

    def fail(**_: Any) -> None:
        raise error

    events: Any = parameters._ssm.meta.events
    handler: Callable[..., None] = fail
    events.register("before-call.ssm", handler)
