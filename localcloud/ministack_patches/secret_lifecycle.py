"""
Secrets Manager: versions by their request token, recovery windows, and checked policies.

The texts of errors were seen on AWS, except those for a policy that is no JSON or is public.

Unverified: a policy is public here if a statement allows everyone without a condition.
"""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from ministack.core import iam_evaluator
from ministack.core.responses import error_response_json, json_response, request_scope
from ministack.services import secretsmanager

Json = dict[str, Any]
Operation = Callable[[Json], Any]

SCHEDULED: Final = (
    "You can't create this secret because a secret with this name is already scheduled for "
    "deletion."
)
MARKED: Final = "You can't perform this operation on the secret because it was marked for deletion."
NOT_ITS_STAGE: Final = (
    "You provided a VersionStage that is not associated to the provided VersionId."
)
_VALUE: Final = ("SecretString", "SecretBinary")


def install() -> None:
    secretsmanager._create_secret = _create(secretsmanager._create_secret)
    secretsmanager._put_secret_value = _put_value(secretsmanager._put_secret_value)
    secretsmanager._get_secret_value = _get_value(secretsmanager._get_secret_value)
    secretsmanager._put_resource_policy = _checked(_usable(secretsmanager._put_resource_policy))
    secretsmanager._get_resource_policy = _usable(secretsmanager._get_resource_policy)
    secretsmanager._delete_resource_policy = _usable(secretsmanager._delete_resource_policy)


def delete_expired() -> None:
    """Delete the secrets whose recovery window is over; AWS does so some time later."""
    for (account, region, name), secret in list(secretsmanager._secrets._data.items()):
        if (secret.get("DeletedDate") or time.time()) < time.time():
            with request_scope(account, region):
                secretsmanager._purge_secret(name, secret)


# --------------------------------------------------------------------------------------- versions


def _create(original: Operation) -> Operation:
    """Create the first version with the token as its id, and none without a value."""

    def create(data: Json) -> Any:
        secret = secretsmanager._secrets.get(data.get("Name"))
        if secret and secret.get("DeletedDate"):
            return error_response_json("InvalidRequestException", SCHEDULED, 400)
        token = str(data.get("ClientRequestToken") or secretsmanager.new_uuid())
        if secret and token in secret["Versions"]:
            return _again(secret, token, data)
        status, headers, body = original(data)
        if status >= 400:  # noqa: PLR2004 of HTTP
            return status, headers, body
        made = json.loads(body)
        version = secretsmanager._secrets[data["Name"]]["Versions"]
        content = version.pop(made.pop("VersionId"))
        if not _has_value(data):
            return json_response(made)
        version[token] = content
        return json_response({**made, "VersionId": token})

    return create


def _put_value(original: Operation) -> Operation:
    """Change no version that has a value, and take its staging labels from other versions."""

    def put(data: Json) -> Any:
        _, secret = secretsmanager._resolve(data.get("SecretId"))
        if not secret or secret.get("DeletedDate"):
            return original(data)
        versions = secret["Versions"]
        token = str(data.get("ClientRequestToken") or secretsmanager.new_uuid())
        if token in versions and _has_value(versions[token]):
            return _again(secret, token, data)
        stages = data.get("VersionStages") or ["AWSCURRENT"]
        if not any(_has_value(version) for version in versions.values()):
            stages = [*dict.fromkeys([*stages, "AWSCURRENT"])]
        for stage in set(stages) - {"AWSCURRENT"}:
            secretsmanager._remove_stage_everywhere(secret, stage, except_version_id=token)
        answer = original({**data, "ClientRequestToken": token, "VersionStages": stages})
        for stage in stages:
            secretsmanager._add_stage(secret, token, stage)
        return answer

    return put


def _again(secret: Json, token: str, data: Json) -> Any:
    """Answer a repeated call; one with another value is refused."""
    version = secret["Versions"][token]
    if any(version.get(name) != data.get(name) for name in _VALUE):
        return error_response_json(
            "ResourceExistsException",
            f"You can't use ClientRequestToken {token} because that value is already in use for a "
            f"version of secret {secret['ARN']}.",
            400,
        )
    stages = list(version["Stages"])
    made = {"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": token}
    return json_response(made if "Name" in data else {**made, "VersionStages": stages})


def _get_value(original: Operation) -> Operation:
    """Find no version without a value, as the rotation of a secret starts with."""

    def get(data: Json) -> Any:
        _, secret = secretsmanager._resolve(data.get("SecretId"))
        if not secret or secret.get("DeletedDate"):
            return original(data)
        token, stage = data.get("VersionId"), data.get("VersionStage")
        version = secret["Versions"].get(token)
        if version and stage and stage not in version["Stages"]:
            return error_response_json("InvalidRequestException", NOT_ITS_STAGE, 400)
        label = stage or "AWSCURRENT"
        if not token:
            _, version = secretsmanager._find_stage_version(secret, label)
        if version and not _has_value(version):
            named = f"VersionId: {token}" if token else f"staging label: {label}"
            text = f"Secrets Manager can't find the specified secret value for {named}"
            return error_response_json("ResourceNotFoundException", text, 400)
        return original(data)

    return get


def _has_value(version: Json) -> bool:
    return any(version.get(name) is not None for name in _VALUE)


# --------------------------------------------------------------------------------------- policies


def _usable(original: Operation) -> Operation:
    """Refuse the operation on a secret that is scheduled for deletion."""

    def operation(data: Json) -> Any:
        _, secret = secretsmanager._resolve(data.get("SecretId"))
        if secret and secret.get("DeletedDate"):
            return error_response_json("InvalidRequestException", MARKED, 400)
        return original(data)

    return operation


def _checked(original: Operation) -> Operation:
    def put(data: Json) -> Any:
        _, secret = secretsmanager._resolve(data.get("SecretId"))
        if not secret:
            return original(data)
        try:
            document = json.loads(data.get("ResourcePolicy", ""))
        except ValueError:
            text = "This policy contains invalid Json"
            return error_response_json("MalformedPolicyDocumentException", text, 400)
        if not _is_policy(document):
            text = "This policy has invalid syntax."
            return error_response_json("MalformedPolicyDocumentException", text, 400)
        if data.get("BlockPublicPolicy") and any(map(_is_public, _statements(document))):
            text = "This policy allows broad access to your secret."
            return error_response_json("PublicPolicyException", text, 400)
        return original(data)

    return put


def _is_policy(document: Any) -> bool:
    return (
        iam_evaluator.validate_policy_document(document) is None
        and document.get("Version", "2008-10-17") in {"2008-10-17", "2012-10-17"}
        and all({"Principal", "NotPrincipal"} & one.keys() for one in _statements(document))
    )


def _statements(document: Json) -> Iterator[Json]:
    statements = document["Statement"]
    yield from statements if isinstance(statements, list) else [statements]


def _is_public(statement: Json) -> bool:
    principal = statement.get("Principal")
    named = principal.get("AWS", []) if isinstance(principal, dict) else principal
    everyone = "*" in (named if isinstance(named, list) else [named])
    return statement["Effect"] == "Allow" and everyone and not statement.get("Condition")
