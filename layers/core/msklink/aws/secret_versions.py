"""The versions of a secret, of which MSK reads the current one."""

import json
from typing import Final

from msklink.aws import secrets

CURRENT: Final = "AWSCURRENT"
PENDING: Final = "AWSPENDING"


def stages(arn: str) -> dict[str, list[str]]:
    """Return the stages of each version, by its id."""
    return secrets.client().describe_secret(SecretId=arn).get("VersionIdsToStages", {})


def read_user(arn: str, stage: str) -> str:
    """Return the username in a version. Raises KeyError where it has no username or password."""
    found = secrets.client().get_secret_value(SecretId=arn, VersionStage=stage)
    value = json.loads(found["SecretString"])
    return str({name: value[name] for name in ("username", "password")}["username"])


def write_pending(arn: str, token: str) -> None:
    """Write a new password as the version *token*, unless it has one already."""
    client = secrets.client()
    try:
        client.get_secret_value(SecretId=arn, VersionId=token, VersionStage=PENDING)
    except client.exceptions.ResourceNotFoundException:
        client.put_secret_value(
            SecretId=arn,
            ClientRequestToken=token,
            SecretString=secrets.credentials(read_user(arn, CURRENT)),
            VersionStages=[PENDING],
        )


def make_current(arn: str, token: str, before: str) -> None:
    """Make the version *token* the current one in place of the version *before*."""
    secrets.client().update_secret_version_stage(
        SecretId=arn,
        VersionStage=CURRENT,
        MoveToVersionId=token,
        RemoveFromVersionId=before,
    )
