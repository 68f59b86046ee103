"""A user for SCRAM by its name: its secret, read anew each time, or why there is none."""

import json
import shlex
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from msklink.auth_scheme import Scheme
from msklink.refusals import Code, refuse
from msklink_client import MskLinkError, Parameters, kafka_config
from msklink_client.command import _parser
from tests.client import requested_users
from tests.client.conftest import Store
from tests.client.console import Console
from tests.client.reading import break_down
from tests.client.test_parameters import Clock


@pytest.fixture
def orders(store: Store) -> Store:
    store.publish(Scheme.SCRAM)
    requested_users.create(store, "billing", "pass")
    requested_users.create(store, "reports", "other")
    return store


def why(user: str) -> MskLinkError:
    with pytest.raises(MskLinkError) as caught:
        kafka_config("orders", "scram", user=user)
    return caught.value


def login(**given: Any) -> tuple[str | None, str | None]:
    config = kafka_config("orders", "scram", **given)
    return config.get("sasl.username"), config.get("sasl.password")


def test_a_user_is_its_name_and_the_password_of_its_secret(orders: Store) -> None:  # noqa: ARG001
    assert login(user="billing") == ("billing", "pass")
    assert login(user="reports") == ("reports", "other")


def test_without_user_and_secret_the_application_adds_them(orders: Store) -> None:  # noqa: ARG001
    assert login() == (None, None)


def test_a_rotated_password_is_found_by_the_next_call(orders: Store) -> None:  # noqa: ARG001
    assert login(user="billing") == ("billing", "pass")
    secrets: Any = boto3.client("secretsmanager")
    rotated = json.dumps({"username": "billing", "password": "rotated"})
    secrets.put_secret_value(SecretId=requested_users.secret_name("billing"), SecretString=rotated)

    assert login(user="billing") == ("billing", "rotated")


def test_users_are_kept_but_one_that_was_just_created_is_found(store: Store) -> None:
    parameters = Parameters("orders", clock=Clock())
    before = requested_users.create(store, "billing")
    assert parameters.secret_of("billing") == before

    store.remove("/msklink/orders/users/billing")
    assert parameters.secret_of("billing") == before

    other = requested_users.create(store, "reports")
    assert parameters.secret_of("reports") == other


def test_the_secret_of_before_is_used_while_parameter_store_is_out_of_reach(
    store: Store,
) -> None:
    clock = Clock()
    parameters = Parameters("orders", clock=clock)
    arn = requested_users.create(store, "billing")
    assert parameters.secret_of("billing") == arn

    clock.now += 301
    break_down(parameters, EndpointConnectionError(endpoint_url="https://ssm"))

    assert parameters.secret_of("billing") == arn
    with pytest.raises(EndpointConnectionError):
        parameters.secret_of("reports")


@pytest.mark.parametrize(
    ("scheme", "given", "words"),
    [
        ("iam", {"user": "billing"}, "A user is for scheme scram, and this is iam"),
        ("tls", {"user": "billing"}, "A user is for scheme scram, and this is tls"),
        ("scram", {"user": ""}, "'' is not the name of a user"),
        ("scram", {"user": "a/b"}, "'a/b' is not the name of a user"),
        ("scram", {"user": 5}, "5 is not the name of a user"),
        ("scram", {"user": "billing", "secret": "AmazonMSK_ann"}, "A secret and a user"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_any_call(
    scheme: str, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(MskLinkError) as caught:
        kafka_config("orders", scheme, **given)

    assert caught.value.code == "BadArgument"
    assert words in caught.value.message


def requested(error: MskLinkError) -> Any:
    """Return the options of the command that the remedy names."""
    line = error.remedy.partition("msklink-client ")[2].partition(". ")[0]
    return _parser().parse_args(shlex.split(line))


def test_an_unknown_user_is_answered_with_those_that_exist(orders: Store) -> None:  # noqa: ARG001
    error = why("biling")

    assert error.code == "UserMissing"
    assert "those it has are billing and reports" in error.message
    assert error.remedy.startswith('Give one of them, such as user="billing" (--user billing)')
    assert requested(error).users == ["billing,reports,biling"]


def test_where_no_user_exists_the_remedy_is_the_request(store: Store) -> None:
    store.publish(Scheme.SCRAM, Scheme.IAM)
    entry = {"state": "published"}
    store.put_status(state="published", vpcs={"vpc-1": {"iam": entry, "scram": entry}})

    error = why("billing")

    assert error.code == "UserMissing"
    assert "has no user for this account" in error.message
    assert (requested(error).schemes, requested(error).users) == (["iam,scram"], ["billing"])


@pytest.mark.parametrize(
    ("state", "code", "message"),
    [
        ("asked", "Waiting", "User billing of orders is not created yet."),
        ("ready", "UserMissing", "the parameter with its secret is missing"),
        ("refused", "UserMissing", "User billing of orders is refused, UserTaken: User billing of"),
    ],
)
def test_the_status_says_why_a_user_has_no_secret(
    store: Store, state: str, code: str, message: str
) -> None:
    store.publish(Scheme.SCRAM)
    taken = refuse(Code.USER_TAKEN, user="billing", cluster="orders", problem="p")
    refusals = [
        refuse(Code.USER_TAKEN, user="billing-2", cluster="orders", problem="billing"),
        refuse(Code.TOPIC_DIFFERS, topic="billing", cluster="orders", problem="user billing"),
        taken,
    ]
    users = {"billing": {"state": state}, "billing-2": {"state": "refused"}}
    warnings = tuple(one.model_dump(mode="json") for one in refusals)
    requested_users.put_status(store, "vpc-1", users=users, warnings=warnings)

    error = why("billing")

    assert error.code == code
    assert message in error.message
    assert (error.remedy == taken.remedy) is (state == "refused")


def test_a_refusal_without_its_text_leads_to_the_status(store: Store) -> None:
    store.publish(Scheme.SCRAM)
    users = {"billing": {"state": "refused"}}
    requested_users.put_status(store, "vpc-1", users=users, warnings=({"code": "UserTaken"},))

    assert "msklink-client status orders" in why("billing").remedy


def test_the_command_prints_a_file_with_the_password_of_a_user(console: Console) -> None:
    console.store.publish(Scheme.SCRAM)
    arn = requested_users.create(console.store, "billing")
    command = ("config", "orders", "--scheme", "scram")

    assert 'username="billing" password="pass"' in console(*command, "--user", "billing").out
    spring = console(*command, "--user", "billing", "--format", "spring").out
    assert f"aws-secretsmanager:{arn}?prefix" in spring
    assert "pass" not in spring.replace("password", "")
    assert "add --user with a user of your request" in console(*command).out


@pytest.mark.parametrize("command", ["config", "check"])
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--scheme", "scram", "--user", "ann"), "UserMissing"),
        (("--scheme", "scram", "--user", ""), "BadArgument"),
        (("--scheme", "scram", "--user", "billing", "--secret", "AmazonMSK_b"), "BadArgument"),
        (("--user", "billing"), "BadArgument"),
    ],
)
def test_commands_refuse_a_user_that_cannot_log_in(
    console: Console, command: str, words: tuple[str, ...], code: str
) -> None:
    console.store.publish(Scheme.SCRAM)
    requested_users.create(console.store, "billing")

    said = console(command, "orders", *words)

    assert (said.code, said.out, said.error) == (1, "", code)
