"""MiniStack's Secrets Manager as MSK reads it: by the statement in the resource policy."""

import json
from collections.abc import Iterator

import pytest
from ministack.core.responses import request_scope
from ministack.services import secretsmanager

from localcloud.ministack_adapter import access_key
from localcloud.msk import Secret
from localcloud.secrets_manager import SecretsManager
from tests.emulator.builders import OWNER, REGION

VALUE = '{"username": "billing", "password": "hunter2"}'


@pytest.fixture
def arn() -> Iterator[str]:
    """A secret of the owner, whose root is the caller."""
    token = access_key.set(OWNER.account)
    with request_scope(OWNER.account, REGION):
        made, _ = secretsmanager._store_new_secret("AmazonMSK_billing", VALUE, kms_key_id="key-1")
    yield made
    secretsmanager.reset()
    access_key.reset(token)


def put_policy(arn: str, *statements: object) -> None:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    with request_scope(OWNER.account, REGION):
        secretsmanager._put_resource_policy(
            {"SecretId": arn, "ResourcePolicy": json.dumps(document)}
        )


def admit(arn: str) -> None:
    with request_scope(OWNER.account, REGION):
        SecretsManager().admit_msk(OWNER, arn)


def test_msk_reads_a_secret_after_it_was_associated(arn: str) -> None:
    store = SecretsManager()
    before = store.value(arn)

    admit(arn)

    assert (before, store.value(arn)) == (None, VALUE)
    assert store.secret(arn) == Secret(arn, "key-1")


def test_an_owner_who_replaces_the_resource_policy_locks_msk_out(arn: str) -> None:
    admit(arn)
    assert SecretsManager().value(arn) == VALUE

    role = {"AWS": "arn:aws:iam::222222222222:role/application"}
    put_policy(arn, {"Effect": "Allow", "Principal": role, "Action": "*", "Resource": "*"})
    without_msk = SecretsManager().value(arn)
    admit(arn)

    assert SecretsManager().value(arn) == VALUE
    assert without_msk is None


def test_msk_reads_the_current_version_and_not_the_pending_one(arn: str) -> None:
    admit(arn)
    pending = {"SecretId": arn, "SecretString": "new", "VersionStages": ["AWSPENDING"]}
    with request_scope(OWNER.account, REGION):
        secretsmanager._put_secret_value(pending)
        before = SecretsManager().value(arn)
        secretsmanager._put_secret_value(pending | {"VersionStages": ["AWSCURRENT"]})

    assert (before, SecretsManager().value(arn)) == (VALUE, "new")


def test_msk_does_not_read_a_secret_that_is_marked_for_deletion(arn: str) -> None:
    admit(arn)
    assert SecretsManager().value(arn) == VALUE

    with request_scope(OWNER.account, REGION):
        secretsmanager._delete_secret({"SecretId": arn})
    deleted = SecretsManager().value(arn), SecretsManager().secret(arn)
    with request_scope(OWNER.account, REGION):
        secretsmanager._restore_secret({"SecretId": arn})

    assert deleted == (None, None)
    assert SecretsManager().value(arn) == VALUE
