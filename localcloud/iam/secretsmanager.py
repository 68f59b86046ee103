"""
The checks of calls about one secret (Service Authorization Reference, AWS Secrets Manager).

Reading a value needs kms:Decrypt on the secret's key, and writing one or choosing the key
kms:GenerateDataKey as well (Secrets Manager User Guide, secret encryption and decryption). The
default key allows every principal of its account that may use the secret. Rotating needs
lambda:InvokeFunction on the rotation function (API reference, RotateSecret).

A name that no secret has is authorized as the ARN of a secret of that name: AWS says that a secret
is missing only to those who may use such a name, and names what it denies as the call did.
"""

from typing import Any, Final

from ministack.core.responses import request_scope
from ministack.services import kms, secretsmanager

from localcloud.iam.checks import Check, Request, request_tags
from localcloud.msk.secret_store import DEFAULT_KEY

KMS_DENIED: Final = "Access to KMS is not allowed"

ANY_SUFFIX: Final = "-??????"
"""In place of the hyphen and the six characters that end the ARN of a secret."""

# Of the request: condition keys of the service by the name of the parameter.
_PARAMETERS: Final = {
    "CreateSecret": ("Name", "Description", "KmsKeyId"),
    "DeleteSecret": ("RecoveryWindowInDays", "ForceDeleteWithoutRecovery"),
    "GetSecretValue": ("VersionId", "VersionStage"),
    "PutResourcePolicy": ("BlockPublicPolicy",),
    "RotateSecret": ("RotationLambdaARN", "RotateImmediately"),
    "UpdateSecret": ("Description", "KmsKeyId"),
    "UpdateSecretVersionStage": ("VersionStage",),
}
_DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    "GetSecretValue": {"VersionStage": "AWSCURRENT"},
    "RotateSecret": {"RotateImmediately": True},
}


def secretsmanager_checks(request: Request) -> list[Check]:
    body = request.json()
    if request.operation == "CreateSecret":
        return _create_secret(request, body)
    secret_id = str(body.get("SecretId", ""))
    if not secret_id:
        return []
    owner, region = owner_of(secret_id) or (request.account, request.region)
    with request_scope(owner, region):
        _, secret = secretsmanager._resolve(secret_id)
        key = _key_of_call(secret, body) if secret else None
    keys = _request_keys(request.operation, body)
    if not secret:
        arn = secret_id if owner_of(secret_id) else _arn_of_name(request, secret_id)
        return [Check(request.action, arn, keys, named=secret_id)]
    checks = [Check(request.action, secret["ARN"], keys | _secret_keys(secret))]
    if request.operation == "RotateSecret":
        function = body.get("RotationLambdaARN") or secret.get("RotationLambdaARN")
        checks += [Check("lambda:InvokeFunction", str(function))] if function else []
    return checks + _key_checks(request, body, key, secret["ARN"])


def _create_secret(request: Request, body: dict[str, Any]) -> list[Check]:
    """Return the checks on the secret to create, on its tags, and on the key that it names."""
    name = str(body.get("Name", ""))
    arn = _arn_of_name(request, name)
    keys = _request_keys(request.operation, body)
    checks = [Check(request.action, arn, keys, named=name)]
    if body.get("Tags"):
        checks.append(Check("secretsmanager:TagResource", arn, keys, named=name))
    with request_scope(request.account, request.region):
        key = customer_key(body)
    return checks + _key_checks(request, body, key, arn)


def _key_of_call(secret: dict[str, Any], body: dict[str, Any]) -> str | None:
    """Return the key that the call uses; UpdateSecret may name another one for the secret."""
    return customer_key(body if "KmsKeyId" in body else secret)


def _key_checks(
    request: Request, body: dict[str, Any], key: str | None, secret_arn: str
) -> list[Check]:
    if not key:
        return []
    context = {
        "kms:CallerAccount": request.account,
        "kms:EncryptionContext:SecretARN": secret_arn,
        "kms:ViaService": f"secretsmanager.{key.split(':')[3]}.amazonaws.com",
    }
    return [
        Check(action, key, context, KMS_DENIED) for action in _key_actions(request.operation, body)
    ]


def _key_actions(operation: str, body: dict[str, Any]) -> tuple[str, ...]:
    if operation == "GetSecretValue":
        return ("kms:Decrypt",)
    if {"KmsKeyId", "SecretString", "SecretBinary"} & body.keys():
        return ("kms:GenerateDataKey", "kms:Decrypt")
    return ()


def _request_keys(operation: str, body: dict[str, Any]) -> dict[str, Any]:
    given = {**_DEFAULTS.get(operation, {}), **body}
    keys = {
        f"secretsmanager:{name}": _text(given[name])
        for name in _PARAMETERS.get(operation, ())
        if name in given
    }
    if operation == "RotateSecret":
        keys["secretsmanager:ModifyRotationRules"] = _text("RotationRules" in body)
    if operation == "UntagResource":
        return {"aws:TagKeys": list(body.get("TagKeys", []))}
    tags = {str(tag.get("Key")): str(tag.get("Value", "")) for tag in body.get("Tags") or []}
    return keys | request_tags(tags)


def _secret_keys(secret: dict[str, Any]) -> dict[str, Any]:
    keys = {"secretsmanager:SecretId": secret["ARN"]}
    for tag in secret.get("Tags") or []:
        for prefix in ("aws:ResourceTag", "secretsmanager:ResourceTag"):
            keys[f"{prefix}/{tag['Key']}"] = tag.get("Value", "")
    if function := secret.get("RotationLambdaARN"):
        keys["secretsmanager:resource/AllowRotationLambdaArn"] = function
    return keys


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _arn_of_name(request: Request, name: str) -> str:
    place = f"arn:aws:secretsmanager:{request.region}:{request.account}"
    return f"{place}:secret:{name}{ANY_SUFFIX}"


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
