"""PlanCluster says which SCRAM users a run would create or remove, and shows no password."""

import json
import secrets
from typing import Any

import pytest

from msklink import clock
from msklink.aws import run_state
from msklink.change_control.plan import Plan
from msklink.refusals import Code, refuse
from msklink.removal import Removal
from msklink_cli import reading
from msklink_cli.plan import target
from tests.support.aws import CLIENT, Accounts
from tests.support.client_events import receive, request
from tests.support.functions import OWNER, REGION, invoke
from tests.support.steps import Steps

pytestmark = pytest.mark.usefixtures("executions")

NAME = f"AmazonMSK_msklink_{CLIENT}_orders_billing"
PLANNED = f"arn:aws:secretsmanager:{REGION}:{OWNER}:secret:{NAME}-planned"
PARAMETER = "/msklink/orders/users/billing"


@pytest.fixture
def requested(steps: Steps, accounts: Accounts) -> Steps:
    """Return a run for a cluster on which a client requests a user that the owner allows."""
    accounts.allow(CLIENT, {"names": [], "actions": [], "users": ["billing"]})
    vpc_id = accounts.make_tagged_vpc(CLIENT, "scram")
    receive(request(CLIENT, vpc_id=vpc_id, schemes=["scram"], users=[{"name": "billing"}]))
    return steps


@pytest.fixture
def created(requested: Steps, accounts: Accounts) -> Steps:
    """Return *requested* with the user created, before the client is connected."""
    requested.inspect_cluster()
    requested.survey(CLIENT)
    requested.enable()
    accounts.clock.advance(3600)
    requested.inspect_cluster()
    requested.grant()
    task = {"run": requested.run, "cluster_arn": requested.cluster_arn, "accounts": [CLIENT]}
    invoke("CreateUsersFunction", task)
    return requested


def plan(steps: Steps, **event: str) -> dict[str, Any]:
    answer: dict[str, Any] = invoke("PlanClusterFunction", {"cluster": steps.cluster_arn} | event)
    return answer


def of_users(planned: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the steps that are about secrets, logins by scram and the parameters of users."""
    return [
        step
        for step in planned["steps"]
        if step["call"].startswith("secretsmanager:")
        or step["call"].endswith("ScramSecret")
        or step["parameters"].get("Name") == PARAMETER
    ]


def test_a_user_is_planned_from_its_secret_to_the_parameter_of_the_client(
    requested: Steps,
) -> None:
    planned = plan(requested)

    create, share, associate, *publish = of_users(planned)
    assert create["call"] == "secretsmanager:CreateSecret"
    assert create["parameters"]["Name"] == NAME
    assert share["call"] == "secretsmanager:PutResourcePolicy"
    assert f"arn:aws:iam::{CLIENT}:root" in share["parameters"]["ResourcePolicy"]
    assert associate["call"] == "kafka:BatchAssociateScramSecret"
    assert associate["parameters"]["SecretArnList"] == [PLANNED]
    assert {step["account"] for step in (create, share, associate)} == {OWNER}
    assert [(step["call"], step["account"], step["parameters"]["Value"]) for step in publish] == [
        ("ssm:PutParameter", CLIENT, PLANNED)
    ]
    assert {step["kind"] for step in of_users(planned)} == {"rest"}
    assert any("ACLs" in one for one in planned["depends_on"])


def test_a_plan_has_no_password(requested: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "token_urlsafe", lambda _: "a password")

    planned = plan(requested)

    assert of_users(planned)[0]["parameters"]["SecretString"] == "(a generated password)"
    assert "a password" not in json.dumps([planned, plan(requested, run="orders-1")])


def test_planning_a_user_creates_nothing(requested: Steps, accounts: Accounts) -> None:
    before = accounts.snapshot(requested.cluster_arn)

    assert of_users(plan(requested))

    assert accounts.client("secretsmanager").list_secrets()["SecretList"] == []
    assert run_state.user_records(requested.cluster_arn) == []
    assert accounts.snapshot(requested.cluster_arn) == before


def test_people_read_the_user_its_account_and_that_its_price_is_not_known(
    requested: Steps,
) -> None:
    planned = plan(requested)

    assert f"1 user to create: billing of {CLIENT}." in plan(requested, run="orders-1")["summary"]
    assert planned["cost"]["monthly"] is None
    assert "no price of the secrets of users for Region eu-west-1" in str(planned["cost"]["items"])
    targets = [target(step) for step in Plan.model_validate(planned).steps]
    assert targets.count(NAME) == 1
    assert targets.count(f"{NAME}-planned") == 2


def test_a_user_that_is_there_is_no_step(created: Steps) -> None:
    steps = of_users(plan(created))

    assert [step["call"] for step in steps] == ["ssm:PutParameter"]


def test_a_user_that_is_due_for_removal_is_planned_to_lose_its_login_and_its_secret(
    created: Steps,
) -> None:
    [user] = run_state.user_records(created.cluster_arn)
    reason = refuse(Code.USER_NOT_REQUESTED, account=CLIENT, user="billing", cluster="orders")
    run_state.save_user(user.with_(removal=Removal(reason=reason, due=clock.now())))
    receive(request(CLIENT, vpc_id=of_connection(created), schemes=["scram"]))

    planned = plan(created)

    assert [(step["call"], step["kind"]) for step in of_users(planned)] == [
        ("kafka:BatchDisassociateScramSecret", "removal"),
        ("secretsmanager:DeleteSecret", "removal"),
    ]
    summary = plan(created, run="orders-1")["summary"]
    assert f"1 user to remove: billing of {CLIENT}." in summary


def of_connection(steps: Steps) -> str:
    """Return the VPC of the client."""
    [client] = reading.one_cluster(steps.cluster_arn).connections
    return client.vpc_id


def test_the_owner_reads_what_a_run_recorded_of_a_user(created: Steps, accounts: Accounts) -> None:
    found = reading.one_cluster(created.cluster_arn)

    [user] = found.users
    [secret] = accounts.client("secretsmanager").list_secrets()["SecretList"]
    assert (user.account, user.name, user.state) == (CLIENT, "billing", "ready")
    assert user.secret_arn == secret["ARN"]
    assert found.connections[0].users == {"billing": "ready"}
