"""Secrets Manager: versions by their request token, recovery windows, and checked policies."""

import json
import time
from collections.abc import Callable
from typing import Any, Final

from ministack.core.responses import error_response_json, json_response, request_scope
from ministack.services import secretsmanager

from localcloud.secret_rules import MARKED, NOT_ITS_STAGE, SCHEDULED, policy_refusal

Json = dict[str, Any]
Operation = Callable[[Json], Any]

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
        due = secret.get("DeletedDate")
        if due and due <= time.time():
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
        block = bool(data.get("BlockPublicPolicy"))
        refusal = policy_refusal(data.get("ResourcePolicy", ""), block_public=block)
        if secret and refusal:
            return error_response_json(*refusal, 400)
        return original(data)

    return put
