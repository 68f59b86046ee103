"""Parameters that are missing: why, and what to do about it."""

import shlex
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from msklink.auth_scheme import Scheme
from msklink.change_control.holds import Hold
from msklink.connections.record import ConnectionRecord, State
from msklink.parameters import status
from msklink.refusals import Code, refuse
from msklink_client import Parameters
from msklink_client.command import _parser
from tests.client.conftest import Store
from tests.client.reading import break_down, why
from tests.unit.factories import ARN, CLIENT, connection

UNAPPROVED = refuse(
    Code.AWAITING_APPROVAL, schemes="iam", cluster="orders", key="msklink/approved", value="iam"
)
VPC_NOT_FOUND = refuse(Code.VPC_NOT_FOUND, vpc_id="vpc-1", account=CLIENT)


def status_of(state: State, **fields: Any) -> dict[str, Any]:
    """Return the status that a run writes."""
    return status.describe(ARN, [connection(state=state, **fields)])


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


@pytest.mark.parametrize(
    ("others", "schemes"), [([], "iam"), ([connection(scheme=Scheme.SCRAM)], "scram,iam")]
)
def test_what_no_vpc_requests_is_answered_with_the_command_for_it(
    store: Store, others: list[ConnectionRecord], schemes: str
) -> None:
    store.put_status(**status.describe(ARN, others), updated="2026-01-01T00:00:00+00:00")

    error = why(Parameters("orders"))

    assert error.code == "NotOnboarded"
    assert error.message.startswith("No VPC of this account requests orders by iam")
    assert ("only by scram" in error.message) == bool(others)
    command = error.remedy.removeprefix("Request it: msklink-client ").partition(", which")[0]
    assert _parser().parse_args(shlex.split(command)).schemes == [schemes]


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
    assert "--scheme iam" in error.remedy


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
