"""
moto's Secrets Manager as MSK reads it, and where it differs from AWS in a way MSKLink would notice.

moto takes the name of a secret that is scheduled for deletion for an existing one, keeps such
secrets for ever, takes every policy, and rotates at once by a container. Here a rotation only
begins: the function is not invoked, and tests call it with the version that is AWSPENDING.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from unittest import mock

from moto.secretsmanager.exceptions import InvalidRequestException, SecretsManagerClientError
from moto.secretsmanager.models import (
    FakeSecret,
    SecretsManagerBackend,
    secretsmanager_backends,
)
from moto.secretsmanager.responses import SecretsManagerResponse

from localcloud.msk import Caller, Secret
from localcloud.msk.secret_store import DEFAULT_KEY, with_msk_statement
from localcloud.secret_rules import (
    MARKED,
    NO_FUNCTION,
    NOT_COMPLETE,
    SCHEDULED,
    policy_refusal,
)

CURRENT: Final = "AWSCURRENT"
PENDING: Final = "AWSPENDING"


class MotoSecretStore:
    """The secrets of moto's Secrets Manager, which evaluates no policy."""

    def secret(self, arn: str) -> Secret | None:
        found = _secret(arn)
        return Secret(arn, found.kms_key_id or DEFAULT_KEY) if found else None

    def admit_msk(self, caller: Caller, arn: str) -> None:  # noqa: ARG002 no policy is evaluated
        if found := _secret(arn):
            found.policy = with_msk_statement(found.policy, arn)

    def value(self, arn: str) -> str | None:
        found = _secret(arn)
        current = _version(found, CURRENT) if found else None
        value: str | None = (
            found.versions[current].get("secret_string") if found and current else None
        )
        return value


def _secret(arn: str) -> FakeSecret | None:
    _, _, _, region, account, *_ = arn.split(":")
    found = secretsmanager_backends[account][region].secrets.get(arn)
    known = isinstance(found, FakeSecret) and found.arn == arn and not found.is_deleted()
    return found if isinstance(found, FakeSecret) and known else None


def _version(secret: FakeSecret, stage: str) -> str | None:
    """Return the version that has the staging label *stage*."""
    for version, content in secret.versions.items():
        if stage in content["version_stages"]:
            return version
    return None


@contextmanager
def secrets_as_on_aws() -> Iterator[None]:
    """Correct moto's Secrets Manager until the block ends."""
    backend = SecretsManagerBackend
    patches: list[tuple[type, str, Callable[..., Any]]] = [
        (backend, "_is_valid_identifier", _expiring(backend._is_valid_identifier)),
        (backend, "create_secret", _create(backend.create_secret)),
        (backend, "get_secret_value", _get_value(backend.get_secret_value)),
        (backend, "get_resource_policy", _usable(backend.get_resource_policy)),
        (backend, "put_resource_policy", _usable(backend.put_resource_policy)),
        (backend, "rotate_secret", _rotate(backend.rotate_secret)),
        (SecretsManagerResponse, "put_resource_policy", _put_policy()),
    ]
    with ExitStack() as stack:
        for owner, name, patched in patches:
            stack.enter_context(mock.patch.object(owner, name, patched))
        yield


def _expiring(original: Callable[..., bool]) -> Callable[..., bool]:
    """Delete secrets whose recovery window is over."""

    def is_valid_identifier(backend: SecretsManagerBackend, identifier: str) -> bool:
        for secret in list(backend.secrets.values()):
            due = secret.deleted_date if isinstance(secret, FakeSecret) else None
            if due and due <= time.time():
                backend.secrets.pop(secret.name)
        return original(backend, identifier)

    return is_valid_identifier


def _create(original: Callable[..., str]) -> Callable[..., str]:
    def create(backend: SecretsManagerBackend, name: str, **given: Any) -> str:
        backend._is_valid_identifier(name)
        found = dict.get(backend.secrets, name)
        if isinstance(found, FakeSecret) and found.is_deleted():
            raise InvalidRequestException(SCHEDULED)
        return original(backend, name, **given)

    return create


def _get_value(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return the version that is AWSCURRENT, which UpdateSecretVersionStage may have moved."""

    def get(
        backend: SecretsManagerBackend, secret_id: str, version_id: str, version_stage: str
    ) -> Any:
        stage = version_stage if version_id else version_stage or CURRENT
        return original(backend, secret_id, version_id, stage)

    return get


def _usable(original: Callable[..., Any]) -> Callable[..., Any]:
    def operation(backend: SecretsManagerBackend, secret_id: str, *rest: Any) -> Any:
        found = backend.secrets.get(secret_id)
        if isinstance(found, FakeSecret) and found.is_deleted():
            raise InvalidRequestException(MARKED)
        return original(backend, secret_id, *rest)

    return operation


def _put_policy() -> Callable[..., str]:
    original = SecretsManagerResponse.put_resource_policy

    def put(response: SecretsManagerResponse) -> str:
        block = bool(response._get_param("BlockPublicPolicy"))
        refusal = policy_refusal(response._get_param("ResourcePolicy"), block_public=block)
        if refusal and response.backend._is_valid_identifier(response._get_param("SecretId")):
            raise SecretsManagerClientError(*refusal)
        return original(response)

    return put


def _rotate(original: Callable[..., str]) -> Callable[..., str]:
    """Begin a rotation: label an empty version AWSPENDING, or only set the schedule."""

    def rotate(  # noqa: PLR0913, PLR0917 moto's signature
        backend: SecretsManagerBackend,
        secret_id: str,
        client_request_token: str | None = None,
        rotation_lambda_arn: str | None = None,
        rotation_rules: dict[str, Any] | None = None,
        rotate_immediately: bool = True,
    ) -> str:
        secret = backend.secrets[secret_id] if backend._is_valid_identifier(secret_id) else None
        if not isinstance(secret, FakeSecret) or secret.is_deleted():
            return original(backend, secret_id)  # its errors
        pending = _version(secret, PENDING)
        if pending and CURRENT not in secret.versions[pending]["version_stages"]:
            raise InvalidRequestException(NOT_COMPLETE)
        if not (rotation_lambda_arn or secret.rotation_lambda_arn):
            raise InvalidRequestException(NO_FUNCTION)
        secret.rotation_requested = secret.rotation_enabled = True
        secret.rotation_lambda_arn = rotation_lambda_arn or secret.rotation_lambda_arn
        if days := (rotation_rules or {}).get("AutomaticallyAfterDays"):
            secret.auto_rotate_after_days = days
            secret.next_rotation_date = int(time.time()) + days * 24 * 60 * 60
        if not rotate_immediately:
            return secret.to_short_dict(include_version_id=False)
        token = backend._from_client_request_token(client_request_token)
        secret.remove_version_stages_from_old_versions([PENDING])
        secret.versions[token] = {
            "createdate": int(time.time()),
            "version_id": token,
            "version_stages": [PENDING],
        }
        return secret.to_short_dict(version_id=token)

    return rotate
