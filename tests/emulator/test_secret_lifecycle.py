"""Deletion, recovery, versions and policies of secrets in the embedded AWS."""

import json
import zlib
from datetime import timedelta
from typing import Any

import pytest

from localcloud.cloud import Cloud
from localcloud.settings import CLIENTS
from tests.emulator.role_builders import Json, error_of, policy

pytestmark = pytest.mark.xdist_group("secret-lifecycle")

VALUE = '{"username": "billing", "password": "hunter2"}'
NOT_FOUND = "ResourceNotFoundException"
STATEMENT: Json = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{CLIENTS[0]}:root"},
    "Action": ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
    "Resource": "*",
}


@pytest.fixture
def manager(cloud: Cloud) -> Any:
    return cloud.client("secretsmanager", cloud.owner)


def make(manager: Any, name: str) -> str:
    return str(manager.create_secret(Name=name, SecretString=VALUE)["ARN"])


def kept(manager: Any, arn: str) -> list[Json]:
    """Return the statements of the resource policy."""
    document = manager.get_resource_policy(SecretId=arn)["ResourcePolicy"]
    statements: list[Json] = json.loads(document)["Statement"]
    return statements


def test_a_name_is_taken_until_the_recovery_window_is_over(cloud: Cloud, manager: Any) -> None:
    first = make(manager, "taken")
    manager.delete_secret(SecretId="taken", RecoveryWindowInDays=7)

    assert error_of(manager.create_secret, Name="taken", SecretString=VALUE) == (
        "InvalidRequestException",
        "You can't create this secret because a secret with this name is already scheduled for "
        "deletion.",
    )
    shown = manager.describe_secret(SecretId="taken")
    assert shown["ARN"] == first
    assert shown["DeletedDate"].date() == (cloud.now() + timedelta(days=7)).date()
    assert error_of(manager.get_secret_value, SecretId=first)[0] == "InvalidRequestException"

    cloud.advance(timedelta(days=7, seconds=2).total_seconds())
    assert error_of(manager.describe_secret, SecretId=first)[0] == NOT_FOUND
    assert make(manager, "taken") != first


def test_a_restored_secret_is_as_before(manager: Any) -> None:
    arn = make(manager, "restored")
    manager.put_resource_policy(SecretId=arn, ResourcePolicy=policy(STATEMENT))
    manager.delete_secret(SecretId=arn, RecoveryWindowInDays=7)
    for operation in (manager.get_resource_policy, manager.get_secret_value):
        assert error_of(operation, SecretId=arn)[0] == "InvalidRequestException"

    manager.restore_secret(SecretId="restored")

    assert manager.get_secret_value(SecretId="restored")["SecretString"] == VALUE
    assert "DeletedDate" not in manager.describe_secret(SecretId="restored")
    assert kept(manager, arn) == [STATEMENT]


def test_a_recovery_window_has_from_7_to_30_days(manager: Any) -> None:
    arn = make(manager, "window")

    for days in (6, 31):
        code, _ = error_of(manager.delete_secret, SecretId=arn, RecoveryWindowInDays=days)
        assert code == "InvalidParameterException"
    assert manager.get_secret_value(SecretId=arn)["SecretString"] == VALUE


@pytest.mark.parametrize(
    "document",
    [
        "{",
        "[]",
        "{}",
        policy(),
        policy(STATEMENT).replace("2012-10-17", "2019-10-19"),
        policy({name: value for name, value in STATEMENT.items() if name != "Principal"}),
        policy({name: value for name, value in STATEMENT.items() if name != "Action"}),
        policy(STATEMENT | {"Effect": "allow"}),
    ],
)
def test_a_malformed_policy_changes_nothing(manager: Any, document: str) -> None:
    arn = make(manager, f"malformed-{zlib.crc32(document.encode())}")
    manager.put_resource_policy(SecretId=arn, ResourcePolicy=policy(STATEMENT))

    code, _ = error_of(manager.put_resource_policy, SecretId=arn, ResourcePolicy=document)

    assert code == "MalformedPolicyDocumentException"
    assert kept(manager, arn) == [STATEMENT]


def test_a_public_policy_is_blocked_on_demand(manager: Any) -> None:
    arn = make(manager, "public")
    public = policy(STATEMENT | {"Principal": "*"})
    put = manager.put_resource_policy

    code, _ = error_of(put, SecretId=arn, ResourcePolicy=public, BlockPublicPolicy=True)
    assert code == "PublicPolicyException"
    assert "ResourcePolicy" not in manager.get_resource_policy(SecretId=arn)

    put(SecretId=arn, ResourcePolicy=policy(STATEMENT), BlockPublicPolicy=True)
    assert kept(manager, arn) == [STATEMENT]
    put(SecretId=arn, ResourcePolicy=public)
    assert kept(manager, arn)[0]["Principal"] == "*"


def test_a_repeated_creation_is_the_same_secret(manager: Any) -> None:
    token = "1" * 32
    once = manager.create_secret(Name="once", SecretString="a", ClientRequestToken=token)
    again = manager.create_secret(Name="once", SecretString="a", ClientRequestToken=token)

    assert (once["ARN"], once["VersionId"]) == (again["ARN"], token)
    for other in ({"ClientRequestToken": token, "SecretString": "b"}, {"SecretString": "a"}):
        code, _ = error_of(manager.create_secret, Name="once", **other)
        assert code == "ResourceExistsException"
    assert manager.get_secret_value(SecretId="once")["SecretString"] == "a"


def test_a_version_keeps_its_value(manager: Any) -> None:
    arn, token = make(manager, "versions"), "2" * 32
    put = manager.put_secret_value

    put(SecretId=arn, SecretString="new", ClientRequestToken=token)
    assert put(SecretId=arn, SecretString="new", ClientRequestToken=token)["VersionId"] == token
    code, _ = error_of(put, SecretId=arn, SecretString="other", ClientRequestToken=token)

    assert code == "ResourceExistsException"
    assert manager.get_secret_value(SecretId=arn)["SecretString"] == "new"
    previous = manager.get_secret_value(SecretId=arn, VersionStage="AWSPREVIOUS")
    assert previous["SecretString"] == VALUE


def test_a_staging_label_is_on_one_version(manager: Any) -> None:
    arn = make(manager, "labels")
    for number in ("3", "4"):
        manager.put_secret_value(
            SecretId=arn,
            SecretString=number,
            ClientRequestToken=number * 32,
            VersionStages=["AWSPENDING"],
        )

    pending = manager.get_secret_value(SecretId=arn, VersionStage="AWSPENDING")
    assert (pending["VersionId"], pending["SecretString"]) == ("4" * 32, "4")
    assert manager.get_secret_value(SecretId=arn)["SecretString"] == VALUE
    code, _ = error_of(
        manager.get_secret_value, SecretId=arn, VersionId="3" * 32, VersionStage="AWSPENDING"
    )
    assert code == "InvalidRequestException"


def test_a_secret_without_a_value_gets_its_first_as_current(manager: Any) -> None:
    arn = manager.create_secret(Name="empty")["ARN"]
    assert error_of(manager.get_secret_value, SecretId=arn)[0] == NOT_FOUND

    manager.put_secret_value(SecretId=arn, SecretString="first", VersionStages=["mine"])

    assert manager.get_secret_value(SecretId=arn)["SecretString"] == "first"
    assert manager.get_secret_value(SecretId=arn, VersionStage="mine")["SecretString"] == "first"
