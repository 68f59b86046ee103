"""moto's Secrets Manager as MSK reads it."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from localcloud.moto_adapter import MotoSecretStore, in_process_msk
from localcloud.msk import Secret
from localcloud.msk.secret_store import DEFAULT_KEY
from tests.emulator.builders import OWNER, REGION


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
