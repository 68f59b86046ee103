"""
The checks of calls about one secret (Service Authorization Reference, AWS Secrets Manager).

Reading a value needs kms:Decrypt on the secret's key, and writing one kms:GenerateDataKey as well
(Secrets Manager User Guide, secret encryption and decryption). The default key allows every
principal of its account that may use the secret.
"""

from typing import Any

from ministack.core.responses import request_scope
from ministack.services import kms, secretsmanager

from localcloud.iam.checks import Check, Request
from localcloud.msk.secret_store import DEFAULT_KEY

KMS_DENIED = "Access to KMS is not allowed"


def secretsmanager_checks(request: Request) -> list[Check]:
    body = request.json()
    secret_id = str(body.get("SecretId", ""))
    if not secret_id:
        return []
    owner, region = owner_of(secret_id) or (request.account, request.region)
    with request_scope(owner, region):
        _, secret = secretsmanager._resolve(secret_id)
        key = customer_key(secret) if secret else None
    if not secret:
        return [Check(request.action, secret_id)] if owner != request.account else []
    keys: dict[str, Any] = {"secretsmanager:SecretId": secret["ARN"]}
    if request.operation == "GetSecretValue":
        keys["secretsmanager:VersionStage"] = body.get("VersionStage", "AWSCURRENT")
    checks = [Check(request.action, secret["ARN"], keys)]
    if key:
        context = {
            "kms:CallerAccount": request.account,
            "kms:EncryptionContext:SecretARN": secret["ARN"],
            "kms:ViaService": f"secretsmanager.{region}.amazonaws.com",
        }
        checks += [
            Check(action, key, context, KMS_DENIED)
            for action in _key_actions(request.operation, body)
        ]
    return checks


def _key_actions(operation: str, body: dict[str, Any]) -> tuple[str, ...]:
    if operation == "GetSecretValue":
        return ("kms:Decrypt",)
    if "SecretString" in body or "SecretBinary" in body:  # PutSecretValue or UpdateSecret
        return ("kms:GenerateDataKey", "kms:Decrypt")
    return ()


def owner_of(secret_id: str) -> tuple[str, str] | None:
    """Return account and Region of the ARN of a secret; None for a name."""
    match secret_id.split(":"):
        case ["arn", _, "secretsmanager", region, account, "secret", *_]:
            return account, region
    return None


def customer_key(secret: dict[str, Any]) -> str | None:
    """Return the ARN of the secret's key, in the secret's account; None for the default key."""
    key_id = secret.get("KmsKeyId")
    if not key_id or key_id.endswith(DEFAULT_KEY):
        return None
    record = kms._resolve_key(key_id)
    if record:
        return str(record["Arn"])
    return key_id if key_id.startswith("arn:") else str(kms._arn(key_id))
