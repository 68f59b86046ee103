"""moto's Secrets Manager as MSK reads it."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import boto3
import pytest
from moto import mock_aws

from localcloud.moto_adapter import in_process_msk
from localcloud.moto_secrets import MotoSecretStore
from localcloud.msk import Secret
from localcloud.msk.secret_store import DEFAULT_KEY
from tests.emulator.builders import OWNER, REGION
from tests.emulator.role_builders import error_of, policy

FUNCTION = f"arn:aws:lambda:{REGION}:{OWNER.account}:function:rotation"
STATEMENT = {"Effect": "Allow", "Principal": {"AWS": "1"}, "Action": "*", "Resource": "*"}


@pytest.fixture
def moto_secrets() -> Iterator[Any]:
    with mock_aws(), in_process_msk():
        yield boto3.client("secretsmanager", region_name=REGION)


def test_motos_secrets_are_read_at_each_login(moto_secrets: Any) -> None:
    store = MotoSecretStore()
    arn = moto_secrets.create_secret(
        Name="AmazonMSK_billing", KmsKeyId="key-1", SecretString="first"
    )["ARN"]

    assert store.secret(arn) == Secret(arn, "key-1")
    assert store.value(arn) == "first"

    moto_secrets.put_secret_value(SecretId=arn, SecretString="second")
    assert store.value(arn) == "second"

    store.admit_msk(OWNER, arn)
    shown = moto_secrets.get_resource_policy(SecretId=arn)["ResourcePolicy"]
    assert json.loads(shown)["Statement"][0]["Sid"] == "AWSKafkaResourcePolicy"

    moto_secrets.delete_secret(SecretId=arn)
    assert (store.secret(arn), store.value(arn)) == (None, None)


def test_a_secret_without_a_key_in_moto_has_the_default_key(moto_secrets: Any) -> None:
    arn = moto_secrets.create_secret(Name="AmazonMSK_billing", SecretString="x")["ARN"]
    found = MotoSecretStore().secret(arn)

    assert found is not None
    assert (found.name, found.key_id) == ("AmazonMSK_billing", DEFAULT_KEY)


def test_a_name_that_is_scheduled_for_deletion_is_taken_until_it_is_over(
    moto_secrets: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = partial(moto_secrets.create_secret, Name="AmazonMSK_a", SecretString="a")
    first = create()["ARN"]
    moto_secrets.put_resource_policy(SecretId=first, ResourcePolicy=policy(STATEMENT))
    moto_secrets.delete_secret(SecretId=first, RecoveryWindowInDays=7)

    assert error_of(create) == (
        "InvalidRequestException",
        "You can't create this secret because a secret with this name is already scheduled for "
        "deletion.",
    )
    assert moto_secrets.describe_secret(SecretId="AmazonMSK_a")["DeletedDate"]
    code, _ = error_of(moto_secrets.get_resource_policy, SecretId=first)
    assert code == "InvalidRequestException"

    moto_secrets.restore_secret(SecretId="AmazonMSK_a")
    assert "DeletedDate" not in moto_secrets.describe_secret(SecretId=first)
    assert MotoSecretStore().value(first) == "a"
    kept = moto_secrets.get_resource_policy(SecretId=first)["ResourcePolicy"]
    assert json.loads(kept)["Statement"] == [STATEMENT]

    moto_secrets.delete_secret(SecretId=first, RecoveryWindowInDays=7)
    later = time.time() + timedelta(days=8).total_seconds()
    monkeypatch.setattr("time.time", lambda: later)
    assert create()["ARN"] != first


def test_a_repeated_creation_in_moto_is_the_same_secret(moto_secrets: Any) -> None:
    given = {"Name": "a", "SecretString": "a", "ClientRequestToken": "1" * 32, "KmsKeyId": "key-1"}

    once, again = moto_secrets.create_secret(**given), moto_secrets.create_secret(**given)

    assert once["ARN"] == again["ARN"]
    assert moto_secrets.describe_secret(SecretId="a")["KmsKeyId"] == "key-1"


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("{", "MalformedPolicyDocumentException"),
        (policy(STATEMENT | {"Principal": "*"}), "PublicPolicyException"),
    ],
)
def test_moto_refuses_a_policy_as_aws_does(moto_secrets: Any, document: str, expected: str) -> None:
    moto_secrets.create_secret(Name="a", SecretString="a")
    put = partial(moto_secrets.put_resource_policy, BlockPublicPolicy=True)

    code, _ = error_of(put, SecretId="a", ResourcePolicy=document)
    assert code == expected
    assert "ResourcePolicy" not in moto_secrets.get_resource_policy(SecretId="a")
    assert error_of(put, SecretId="b", ResourcePolicy=document)[0] == "ResourceNotFoundException"


def test_a_rotation_in_moto_begins_and_leaves_the_rest_to_the_function(moto_secrets: Any) -> None:
    arn = moto_secrets.create_secret(Name="a", SecretString="first")["ARN"]
    rotate = partial(
        moto_secrets.rotate_secret,
        SecretId="a",
        RotationLambdaARN=FUNCTION,
        RotationRules={"AutomaticallyAfterDays": 30},
    )
    assert error_of(moto_secrets.rotate_secret, SecretId="a")[0] == "InvalidRequestException"

    assert "VersionId" not in rotate(RotateImmediately=False)
    shown = moto_secrets.describe_secret(SecretId="a")
    assert (shown["RotationEnabled"], shown["RotationLambdaARN"]) == (True, FUNCTION)
    assert shown["RotationRules"] == {"AutomaticallyAfterDays": 30}
    [[current, stages]] = shown["VersionIdsToStages"].items()
    assert stages == ["AWSCURRENT"]

    token = rotate()["VersionId"]
    pending = {"SecretId": "a", "VersionId": token, "VersionStage": "AWSPENDING"}
    assert error_of(moto_secrets.get_secret_value, **pending)[0] == "ResourceNotFoundException"
    assert error_of(rotate)[0] == "InvalidRequestException"
    moto_secrets.put_secret_value(
        SecretId="a",
        ClientRequestToken=token,
        SecretString="second",
        VersionStages=["AWSPENDING"],
    )
    assert MotoSecretStore().value(arn) == "first"
    assert moto_secrets.get_secret_value(SecretId="a")["SecretString"] == "first"
    moto_secrets.update_secret_version_stage(
        SecretId="a",
        VersionStage="AWSCURRENT",
        MoveToVersionId=token,
        RemoveFromVersionId=current,
    )

    assert MotoSecretStore().value(arn) == "second"
    assert moto_secrets.get_secret_value(SecretId="a")["SecretString"] == "second"
    assert rotate()["VersionId"] != token
