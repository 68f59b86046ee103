"""Secrets for SCRAM: user name and password, or why they cannot be read."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from msklink_client import MskLinkError, Parameters
from tests.client.conftest import Store


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
