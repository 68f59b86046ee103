"""RotatePassword changes the password of a SCRAM user in the steps of Secrets Manager."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.aws import Accounts
from tests.support.functions import OWNER, invoke

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
TOKEN = "0f1e2d3c-0f1e-2d3c-0f1e-2d3c0f1e2d3c"
OLD = {"username": "billing", "password": "hunter2"}


@pytest.fixture
def secrets(accounts: Accounts) -> Any:
    return accounts.client("secretsmanager", OWNER)


@pytest.fixture
def arn(secrets: Any) -> str:
    made: str = secrets.create_secret(
        Name="AmazonMSK_msklink_222222222222_orders_billing",
        KmsKeyId="of-users",
        SecretString=json.dumps(OLD),
    )["ARN"]
    return made


def rotate(arn: str, *steps: str) -> None:
    for step in steps:
        event = {"Step": step, "SecretId": arn, "ClientRequestToken": TOKEN}
        invoke("RotatePasswordFunction", event)


def value(secrets: Any, arn: str, stage: str = "AWSCURRENT") -> dict[str, str]:
    found = secrets.get_secret_value(SecretId=arn, VersionStage=stage)
    parsed: dict[str, str] = json.loads(found["SecretString"])
    return parsed


def test_all_steps_change_the_password_and_keep_the_name(secrets: Any, arn: str) -> None:
    rotate(arn, *STEPS)

    assert value(secrets, arn)["username"] == "billing"
    assert value(secrets, arn)["password"] != OLD["password"]
    assert len(value(secrets, arn)["password"]) >= 32


@pytest.mark.parametrize("done", range(1, len(STEPS)))
def test_the_old_password_is_current_until_the_last_step(secrets: Any, arn: str, done: int) -> None:
    rotate(arn, *STEPS[:done])

    assert value(secrets, arn) == OLD


def test_each_step_can_be_repeated(secrets: Any, arn: str) -> None:
    rotate(arn, "createSecret")
    pending = value(secrets, arn, "AWSPENDING")

    rotate(arn, *STEPS, "finishSecret", "createSecret")

    assert value(secrets, arn) == pending


def test_a_rotation_does_not_end_before_it_begins(secrets: Any, arn: str) -> None:
    with pytest.raises(ClientError, match="ResourceNotFound"):
        rotate(arn, "testSecret")
    with pytest.raises(ValueError, match="is not AWSPENDING"):
        rotate(arn, "finishSecret")

    assert value(secrets, arn) == OLD


def test_a_value_without_a_password_is_not_made_current(secrets: Any, arn: str) -> None:
    secrets.put_secret_value(
        SecretId=arn,
        ClientRequestToken=TOKEN,
        SecretString='{"username": "billing"}',
        VersionStages=["AWSPENDING"],
    )

    with pytest.raises(KeyError, match="password"):
        rotate(arn, "testSecret")
