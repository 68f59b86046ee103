"""Reading Parameter Store: results, cache, and errors without parameters."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from msklink.auth_scheme import Scheme
from msklink.change_control.holds import Hold
from msklink.connections.record import State
from msklink.parameters import client_properties, status
from msklink.refusals import Code, refuse
from msklink_client import MskLinkError, Parameters
from tests.client.conftest import BROKERS, Store
from tests.unit.factories import ARN, CLIENT, connection

UNAPPROVED = refuse(
    Code.AWAITING_APPROVAL, schemes="iam", cluster="orders", key="msklink/approved", value="iam"
)
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


# --------------------------------------------------------------------- missing parameters


def test_without_a_status_the_remedy_is_the_tag(store: Store) -> None:  # noqa: ARG001 it is empty
    error = why(Parameters("orders"))

    assert error.code == "NotOnboarded"
    assert "msklink/orders = auto" in error.remedy


@pytest.mark.parametrize(
    "place",
    [{}, {"scheme": None}, {"vpc_id": "", "scheme": None}],
    ids=["scheme", "VPC", "account"],
)
def test_a_refusal_is_raised_with_its_remedy(store: Store, place: dict[str, Any]) -> None:
    store.put_status(
        **status_of(State.REFUSED, refusal=VPC_NOT_FOUND, **place), updated="2026-01-01"
    )

    error = why(Parameters("orders"))

    assert error.code == "NotOnboarded"
    assert f"orders is refused by iam, VpcNotFound: {VPC_NOT_FOUND.message}" in error.message
    assert error.remedy == VPC_NOT_FOUND.remedy


def test_a_request_that_was_refused_before_any_run_is_raised_too(store: Store) -> None:
    store.put_status(**status.with_refusal(None, VPC_NOT_FOUND))

    assert VPC_NOT_FOUND.message in why(Parameters("orders")).message


@pytest.mark.parametrize("state", [State.PLANNED, State.CONNECTING])
def test_a_run_in_progress_is_to_be_waited_for(store: Store, state: State) -> None:
    store.put_status(**status_of(state), updated="2026-01-01T00:00:00+00:00")

    error = why(Parameters("orders"))

    assert f"orders is {state} by iam, since 2026-01-01" in error.message
    assert error.remedy.startswith("Wait")


def test_a_hold_is_raised_with_its_remedy(store: Store) -> None:
    hold = Hold(reason=UNAPPROVED)
    store.put_status(**status_of(State.WAITING, hold=hold), updated="2026-01-01T00:00:00+00:00")

    error = why(Parameters("orders"))

    assert error.code == "Waiting"
    assert error.message == (
        f"orders waits for its owner by iam, AwaitingApproval: {UNAPPROVED.message}"
    )
    assert error.remedy == UNAPPROVED.remedy
    assert error.until is None


def test_a_hold_says_when_it_ends_by_itself(store: Store) -> None:
    opening = datetime(2026, 1, 3, 1, tzinfo=UTC)
    store.put_status(**status_of(State.WAITING, hold=Hold(reason=UNAPPROVED, until=opening)))

    error = why(Parameters("orders"))

    assert error.until == opening
    assert error.message.endswith("It goes on by itself at 2026-01-03 01:00 UTC.")


def test_a_refusal_is_raised_before_a_hold(store: Store) -> None:
    refused = connection(state=State.REFUSED, refusal=VPC_NOT_FOUND, vpc_id="vpc-2")
    held = connection(state=State.WAITING, hold=Hold(reason=UNAPPROVED))
    store.put_status(**status.describe(ARN, [held, refused]))

    assert VPC_NOT_FOUND.message in why(Parameters("orders")).message


@pytest.mark.parametrize(
    "shortened",
    [
        {"vpcs": {"waiting": 90, "published": 2}},
        {"vpcs": {"vpc-1": {"iam": {"state": "waiting", "waiting": {"code": "Frozen"}}}}},
    ],
    ids=["counts", "codes"],
)
def test_a_shortened_status_still_says_that_it_waits(
    store: Store, shortened: dict[str, Any]
) -> None:
    store.put_status(state="waiting", **shortened, updated="now")

    error = why(Parameters("orders"))

    assert error.code == "Waiting"
    assert "orders waits for its owner by iam" in error.message
    assert "ask the owner" in error.remedy


def test_properties_are_found_once_the_wait_has_ended(store: Store) -> None:
    store.put_status(**status_of(State.WAITING, hold=Hold(reason=UNAPPROVED)))
    parameters = Parameters("orders")
    assert why(parameters).code == "Waiting"

    store.publish(Scheme.IAM)

    assert parameters.properties("iam")["bootstrap.servers"]


def test_properties_missing_beside_a_good_status_are_published_again(store: Store) -> None:
    store.put_status(**status_of(State.PUBLISHED))

    assert "hour" in why(Parameters("orders")).remedy


def test_a_failure_is_raised(store: Store) -> None:
    store.put_status(**status_of(State.FAILED, failure="InternalServerErrorException"))

    assert "InternalServerErrorException" in why(Parameters("orders")).message


def test_a_scheme_that_was_not_requested_is_reported_with_the_requested_one(store: Store) -> None:
    store.publish(Scheme.IAM)
    store.put_status(**status_of(State.PUBLISHED))

    error = why(Parameters("orders"), "scram")

    assert error.code == "SchemeNotPublished"
    assert 'scheme="iam"' in error.remedy


def test_a_shortened_status_still_gives_the_state(store: Store) -> None:
    store.put_status(state="refused", vpcs={"refused": 90, "published": 2}, updated="now")

    assert "orders is refused by iam" in why(Parameters("orders")).message


def test_a_wrong_region_is_reported_with_the_right_one(store: Store) -> None:
    store.publish(Scheme.IAM)
    store.put_status(**status_of(State.PUBLISHED))

    error = why(Parameters("orders", session=boto3.Session(region_name="eu-central-1")))

    assert error.code == "WrongRegion"
    assert error.message == "orders is published in eu-west-1, and this looks in eu-central-1."
    assert error.remedy == "Set AWS_DEFAULT_REGION=eu-west-1."


def test_a_missing_region_is_reported(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    assert why(Parameters("orders")).code == "NoRegion"


@pytest.mark.parametrize("code", ["ExpiredTokenException", "UnrecognizedClientException"])
def test_invalid_credentials_are_reported(store: Store, code: str) -> None:  # noqa: ARG001 moto takes all
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


def test_a_missing_permission_is_named_even_if_aws_does_not(store: Store) -> None:  # noqa: ARG001 moto allows all
    parameters = Parameters("orders")
    break_down(parameters, ClientError({"Error": {"Code": "AccessDenied"}}, "GetParametersByPath"))

    arn = "arn:aws:ssm:eu-west-1:*:parameter/msklink/orders/iam"
    assert f"ssm:GetParametersByPath on {arn}" in why(parameters).message


@pytest.mark.parametrize("name", ["", "arn:aws:kafka:eu-west-1:1:cluster/orders/1", "a/b"])
def test_only_a_valid_cluster_name_is_accepted(name: str) -> None:
    with pytest.raises(MskLinkError, match="BadArgument"):
        Parameters(name)


# ---------------------------------------------------------------------- secrets for SCRAM


def test_a_secret_is_user_name_and_password(store: Store) -> None:
    store.keep_secret("AmazonMSK_ann", json.dumps({"username": "ann", "password": "pass"}))

    assert Parameters("orders").secret("AmazonMSK_ann") == ("ann", "pass")


@pytest.mark.parametrize("content", [None, "pass", '"ann"', '{"username": "ann"}'])
def test_an_invalid_secret_is_reported(store: Store, content: str | None) -> None:
    if content:
        store.keep_secret("AmazonMSK_ann", content)

    with pytest.raises(MskLinkError, match="SecretUnusable: The secret AmazonMSK_ann"):
        Parameters("orders").secret("AmazonMSK_ann")


def test_a_denied_key_is_named_with_the_missing_permission(store: Store) -> None:
    """The error of Secrets Manager names neither action nor key (external-secrets 838)."""
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
    """Return the status that a run writes."""
    return status.describe(ARN, [connection(state=state, **fields)])


def break_down(parameters: Parameters, error: Exception) -> None:
    """Make every call of *parameters* to Parameter Store raise *error*."""

    def fail(**_: Any) -> None:
        raise error

    events: Any = parameters._ssm.meta.events
    handler: Callable[..., None] = fail
    events.register("before-call.ssm", handler)
