"""Secrets for SCRAM: user name and password, or the policy that does not allow to read them."""

import json
import re
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from msklink.auth_scheme import Scheme
from msklink_client import MskLinkError, Parameters
from msklink_client.secret_policies import KEY_DENIED
from tests.client.conftest import Store
from tests.client.console import Console, calls

NAME = "AmazonMSK_ann"
ARN = f"arn:aws:secretsmanager:eu-west-1:111111111111:secret:{NAME}-a1b2c3"
KEY = "arn:aws:kms:eu-west-1:111111111111:key/0b1c2d3e"
CLIENT = "222222222222"
ROLE = f"arn:aws:sts::{CLIENT}:assumed-role/billing/i-0123"
ENTIRE_ACCOUNT = {"AWS": f"arn:aws:iam::{CLIENT}:root"}

ROLE_DENIES = "because no identity-based policy allows the {0} action"
RESOURCE_DENIES = "because no resource-based policy allows the {0} action"


OF_MSKLINK = f"AmazonMSK_msklink_{CLIENT}_orders_billing"
ARN_OF_MSKLINK = ARN.replace(NAME, OF_MSKLINK)


def denied(reason: str, action: str = "secretsmanager:GetSecretValue", on: str = ARN) -> str:
    """Return what AWS says (IAM user guide, "Troubleshoot access denied error messages")."""
    return (
        f"User: {ROLE} is not authorized to perform: {action} on resource: {on} "
        f"{reason.format(action)}"
    )


def why(said: str, given: str = ARN, code: str = "AccessDeniedException") -> MskLinkError:
    """Return the error where Secrets Manager answers with *code* and the text *said*."""
    parameters = Parameters("orders", session=boto3.Session())

    def fail(**_: Any) -> None:
        raise ClientError({"Error": {"Code": code, "Message": said}}, "GetSecretValue")

    parameters.session.events.register("before-call.secrets-manager", fail)
    with pytest.raises(MskLinkError) as caught:
        parameters.secret(given)
    return caught.value


def statements(text: str) -> list[dict[str, Any]]:
    """Return the statements that a remedy prints."""
    decoder = json.JSONDecoder()
    return [decoder.raw_decode(text, at.start())[0] for at in re.finditer(r'\{\s*"Effect"', text)]


def test_a_secret_is_user_name_and_password(store: Store) -> None:
    store.keep_secret(NAME, json.dumps({"username": "ann", "password": "pass"}))

    assert Parameters("orders").secret(NAME) == ("ann", "pass")


@pytest.mark.parametrize("content", [None, "pass", '"ann"', '{"username": "ann"}'])
def test_an_invalid_secret_is_reported(store: Store, content: str | None) -> None:
    if content:
        store.keep_secret(NAME, content)

    with pytest.raises(MskLinkError, match=f"SecretUnusable: The secret {NAME}"):
        Parameters("orders").secret(NAME)


def test_a_name_that_the_own_account_does_not_have_is_answered_with_how_to_give_the_arn(
    store: Store,  # noqa: ARG001
) -> None:
    with pytest.raises(MskLinkError) as caught:
        Parameters("orders").secret(NAME)

    assert "looked up in your own account" in caught.value.remedy
    assert f"describe-secret --secret-id {NAME} --query ARN" in caught.value.remedy


def test_an_arn_of_another_region_is_refused_before_the_call(store: Store) -> None:  # noqa: ARG001
    with pytest.raises(MskLinkError) as caught:
        Parameters("orders").secret(ARN.replace("eu-west-1", "eu-west-2"))

    assert caught.value.code == "WrongRegion"
    assert "AWS_DEFAULT_REGION=eu-west-2" in caught.value.remedy


def test_a_secret_that_is_being_deleted_is_reported(store: Store) -> None:  # noqa: ARG001
    said = "You can't perform this operation on the secret because it was marked for deletion."

    error = why(said, code="InvalidRequestException")

    assert error.code == "SecretUnusable"
    assert "marked for deletion" in error.message


@pytest.mark.parametrize(
    ("said", "lacking", "team"),
    [
        (denied(ROLE_DENIES), "No policy of the role", "Your team"),
        (denied(RESOURCE_DENIES), "The policy of the secret", "The owner of the cluster"),
        (denied(RESOURCE_DENIES, "kms:Decrypt", KEY), "The policy of the key", "The owner"),
        (denied(ROLE_DENIES, "kms:Decrypt", KEY), "No policy of the role", "Your team"),
        (KEY_DENIED, "The policy of the key or of the role", "The owner"),
    ],
    ids=["role", "secret", "key", "role and key", "KMS alone"],
)
def test_the_policy_that_lacks_is_named_with_the_team_that_adds_to_it(
    store: Store,  # noqa: ARG001
    said: str,
    lacking: str,
    team: str,
) -> None:
    error = why(said)

    assert error.code == "NoPermission"
    assert error.message.startswith(lacking)
    assert error.remedy.startswith(team)


@pytest.mark.parametrize(
    "said",
    [
        denied(ROLE_DENIES),
        denied(RESOURCE_DENIES),
        denied(RESOURCE_DENIES, "kms:Decrypt", KEY),
        denied(ROLE_DENIES, "kms:Decrypt", KEY),
        "Access to KMS is not allowed",
    ],
)
def test_for_the_secret_of_another_account_all_three_policies_are_printed(
    store: Store,  # noqa: ARG001
    said: str,
) -> None:
    error = why(said)

    caller = {"AWS": f"arn:aws:iam::{CLIENT if ROLE in said else '123456789012'}:root"}
    found = {(one["Action"], "Principal" in one): one for one in statements(error.remedy)}
    assert found.keys() == {
        (action, of_resource)
        for action in ("secretsmanager:GetSecretValue", "kms:Decrypt")
        for of_resource in (False, True)
    }
    assert found["secretsmanager:GetSecretValue", False]["Resource"] == ARN
    assert found["secretsmanager:GetSecretValue", True]["Principal"] == caller
    assert found["kms:Decrypt", True]["Principal"] == caller


def test_the_key_may_be_used_by_secrets_manager_for_this_secret_alone(store: Store) -> None:  # noqa: ARG001
    [statement] = [
        one
        for one in statements(why(denied(RESOURCE_DENIES, "kms:Decrypt", KEY)).remedy)
        if one["Action"] == "kms:Decrypt" and "Principal" in one
    ]

    assert statement["Principal"] == ENTIRE_ACCOUNT
    assert statement["Condition"]["StringLike"] == {
        "kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com",
        "kms:EncryptionContext:SecretARN": ARN,
    }


def test_in_the_own_account_only_what_lacks_is_printed(store: Store) -> None:  # noqa: ARG001
    error = why(denied(ROLE_DENIES, on=NAME), given=NAME)

    [statement] = statements(error.remedy)
    assert statement["Resource"].endswith(f":{CLIENT}:secret:{NAME}-??????")
    assert "Also needed" not in error.remedy


def test_by_a_name_the_arn_is_asked_for_before_a_statement_of_the_own_account(
    store: Store,  # noqa: ARG001
) -> None:
    """AWS denies a role even to know whether there is a secret of this name."""
    remedy = why(denied(ROLE_DENIES, on=NAME), given=NAME).remedy

    assert remedy.startswith("If the secret belongs to the owner of the cluster, give its ARN")
    assert 0 < remedy.index("own account:") < remedy.index('"Effect"')


def test_the_policy_that_lacks_comes_first_and_each_statement_is_a_block(
    store: Store,  # noqa: ARG001
) -> None:
    remedy = why(denied(RESOURCE_DENIES)).remedy

    first, rest = remedy.split("Also needed, if not there yet")
    [missing] = statements(first)
    assert missing == {
        "Effect": "Allow",
        "Principal": ENTIRE_ACCOUNT,
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
    }
    assert f"\n\n{json.dumps(missing, indent=2)}\n\n" in first
    assert len(statements(rest)) == 3


def test_the_command_prints_the_statements_line_by_line(console: Console) -> None:
    console.store.publish(Scheme.SCRAM)
    said = ClientError(
        {"Error": {"Code": "AccessDeniedException", "Message": denied(RESOURCE_DENIES)}},
        "GetSecretValue",
    )
    with pytest.MonkeyPatch.context() as patch:
        calls(patch, GetSecretValue=said)
        printed = console("config", "orders", "--scheme", "scram", "--secret", ARN)

    assert (printed.code, printed.error) == (1, "NoPermission")
    assert max(map(len, printed.err.splitlines())) < 200
    assert len(statements(printed.err)) == 4


def test_an_explicit_deny_is_not_answered_with_a_statement(store: Store) -> None:  # noqa: ARG001
    said = denied("with an explicit deny in a service control policy")

    error = why(said)

    assert "explicit deny in a service control policy" in error.message
    assert statements(error.remedy) == []


def test_a_denied_key_is_named_with_the_missing_permission(store: Store) -> None:  # noqa: ARG001
    """The error of Secrets Manager names neither action nor key (external-secrets 838)."""
    error = why("Access to KMS is not allowed", given=NAME)

    assert error.code == "NoPermission"
    assert "kms:Decrypt on the key" in error.message
    assert f"secret {NAME}" in error.message
    assert f"describe-secret --secret-id {NAME}" in error.remedy
    assert "GetSecretValue" not in str(error)
    assert "both are possible" in error.message
    assert len(statements(error.remedy)) == 2


def test_errors_that_are_none_of_policies_pass(store: Store) -> None:  # noqa: ARG001
    parameters = Parameters("orders", session=boto3.Session())

    def fail(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "GetSecretValue")

    parameters.session.events.register("before-call.secrets-manager", fail)
    with pytest.raises(ClientError, match="Throttling"):
        parameters.secret(NAME)


def of_msklink(reason: str, action: str = "secretsmanager:GetSecretValue") -> MskLinkError:
    on = KEY if action.startswith("kms:") else ARN_OF_MSKLINK
    return why(denied(reason, action, on), given=ARN_OF_MSKLINK)


@pytest.mark.parametrize("action", ["secretsmanager:GetSecretValue", "kms:Decrypt"])
def test_of_a_secret_that_msklink_created_only_the_role_needs_statements(
    store: Store,  # noqa: ARG001
    action: str,
) -> None:
    error = of_msklink(ROLE_DENIES, action)

    assert error.remedy.startswith("Your team adds to a policy of the role")
    assert [one["Action"] for one in statements(error.remedy)] == [
        "secretsmanager:GetSecretValue",
        "kms:Decrypt",
    ]
    assert not any("Principal" in one for one in statements(error.remedy))
    read, decrypt = statements(error.remedy)
    pattern = f"arn:aws:secretsmanager:eu-west-1:111111111111:secret:AmazonMSK_msklink_{CLIENT}_*"
    assert read["Resource"] == pattern
    assert decrypt["Condition"]["StringLike"] == {
        "kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com",
        "kms:EncryptionContext:SecretARN": pattern,
    }


@pytest.mark.parametrize("action", ["secretsmanager:GetSecretValue", "kms:Decrypt"])
def test_policies_that_msklink_makes_are_a_matter_of_its_owner(
    store: Store,  # noqa: ARG001
    action: str,
) -> None:
    error = of_msklink(RESOURCE_DENIES, action)

    assert error.message.startswith("The policy of the ")
    assert statements(error.remedy) == []
    assert "msklink doctor" in error.remedy


def test_where_aws_does_not_say_which_policy_denies_the_role_comes_before_the_owner(
    store: Store,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MOTO_ACCOUNT_ID", CLIENT)

    remedy = why(KEY_DENIED, given=ARN_OF_MSKLINK).remedy

    assert len(statements(remedy)) == 2
    assert remedy.index('"kms:Decrypt"') < remedy.index("msklink doctor")


def test_a_role_of_another_account_is_led_to_the_account_of_the_secret(
    store: Store,  # noqa: ARG001
) -> None:
    other = ARN_OF_MSKLINK.replace(CLIENT, "333333333333")

    error = why(denied(RESOURCE_DENIES, on=other), given=other)

    assert "run with a role of 333333333333, not of 222222222222" in error.remedy
    assert statements(error.remedy) == []
