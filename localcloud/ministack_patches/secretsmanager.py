"""Secrets Manager: serve a secret that a caller of another account names by its ARN.

IAM has decided before. MiniStack looks for every secret in the account of the caller.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from ministack.core.responses import error_response_json, get_account_id, get_region, request_scope
from ministack.services import secretsmanager

from localcloud.iam.secretsmanager import customer_key, owner_of
from localcloud.ministack_patches.secret_lifecycle import delete_expired

Handler = Callable[..., Awaitable[Any]]

# Seen on AWS by LocalStack's tests.
DEFAULT_KEY_IS_NOT_SHARED = (
    "You can't access a secret from a different AWS account if you encrypt the secret with the "
    "default KMS service key."
)
_OF_THE_VALUE = ("GetSecretValue", "PutSecretValue")


def in_owners_account(handler: Handler) -> Handler:
    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Any:
        delete_expired()
        secret_id = _secret_id(body)
        owner, _ = owner_of(secret_id) or (get_account_id(), "")
        if owner == get_account_id():
            return await handler(method, path, headers, body, query)
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        with request_scope(owner, get_region()):
            _, secret = secretsmanager._resolve(secret_id)
            if secret and operation in _OF_THE_VALUE and customer_key(secret) is None:
                return error_response_json(
                    "InvalidRequestException", DEFAULT_KEY_IS_NOT_SHARED, 400
                )
            return await handler(method, path, headers, body, query)

    return handle


def _secret_id(body: bytes) -> str:
    try:
        parsed = json.loads(body or b"{}")
    except ValueError:
        return ""
    return str(parsed.get("SecretId", "")) if isinstance(parsed, dict) else ""
