"""Read a secret for SCRAM, with user name and password, or say why it cannot be read."""

import json
import re
from contextlib import suppress
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from msklink_client.errors import DENIED, MskLinkError, bad_argument, error_code, explained
from msklink_client.secret_policies import ARN, Secret, denied

_CALLER = re.compile(r"User: arn:aws[\w-]*:\w+::(\d{12}):")
_config = Config(user_agent_extra="msklink-client", retries={"mode": "standard"})


def require_name(given: object) -> None:
    """Raise `MskLinkError` where *given* can be neither name nor ARN of a secret, nor is None."""
    if given is None:
        return
    if not isinstance(given, str) or not given.strip():
        raise bad_argument(
            f"{given!r} is neither the name nor the ARN of a secret.",
            "Give the ARN that the owner of the cluster shares, and look whether a variable is not "
            "set.",
        )
    if given.startswith("arn:") and not ARN.fullmatch(given):
        raise bad_argument(
            f"{given!r} is not the ARN of a secret.",
            "Give that of the secret which the owner of the cluster shares, "
            "arn:aws:secretsmanager:<Region>:<account>:secret:AmazonMSK_….",
        )


def read(session: boto3.Session, given: str) -> tuple[str, str]:
    """Return user name and password of a secret, by name or ARN. Raises `MskLinkError`."""
    require_name(given)
    with explained("secretsmanager:GetSecretValue", given):
        client: Any = session.client("secretsmanager", config=_config)
        _require_same_region(given, str(client.meta.region_name))
        try:
            value = client.get_secret_value(SecretId=given)
        except ClientError as error:
            if unreadable := _unreadable(session, client.meta, given, error):
                raise unreadable from error
            raise
    try:
        content = json.loads(value["SecretString"])
        return str(content["username"]), str(content["password"])
    except (KeyError, TypeError, ValueError) as error:
        raise _unusable(
            f"The secret {given} is not JSON with username and password.",
            "Name the one that the owner of the cluster shares; its name begins with AmazonMSK_.",
        ) from error


def _require_same_region(given: str, region: str) -> None:
    """Refuse the ARN of another Region, of which Secrets Manager says that no policy allows it."""
    found = ARN.fullmatch(given)
    if found and found["region"] != region:
        raise MskLinkError(
            "WrongRegion",
            f"The secret {given} is in {found['region']}, and this looks in {region}.",
            f"A secret for MSK is in the Region of its cluster. Set AWS_DEFAULT_REGION="
            f"{found['region']}, or name the secret of the cluster in {region}.",
        )


def _unreadable(
    session: boto3.Session, meta: Any, given: str, error: ClientError
) -> MskLinkError | None:
    """Return what *error* says of the secret; None where it says something else."""
    code = error_code(error)
    if code == "ResourceNotFoundException":
        return _not_found(given, str(meta.region_name))
    if code == "InvalidRequestException":  # the only case: it is marked for deletion
        return _unusable(
            f"The secret {given} cannot be read: {error.response['Error'].get('Message', code)}",
            "Ask the owner of the cluster which secret to use.",
        )
    if code in DENIED:
        said = str(error)
        caller = _CALLER.search(said)
        account = caller[1] if caller else _account(session)
        secret = Secret(given, account, str(meta.partition), str(meta.region_name))
        return denied(secret, said)
    return None


def _account(session: boto3.Session) -> str:
    """Return the account of the caller, which needs no permission to ask for it (STS reference)."""
    with suppress(BotoCoreError, ClientError):
        sts: Any = session.client("sts", config=_config)
        return str(sts.get_caller_identity()["Account"])
    return "<your account>"


def _not_found(given: str, region: str) -> MskLinkError:
    if ARN.fullmatch(given):
        return _unusable(
            f"The secret {given} does not exist.",
            "Ask the owner of the cluster for the ARN of the secret that is associated with it.",
        )
    return _unusable(
        f"The secret {given} does not exist in this account and Region ({region}).",
        "A name is looked up in your own account. If the owner of the cluster has the secret, give "
        "its ARN, which the owner reads by: aws secretsmanager describe-secret "
        f"--secret-id {given} --query ARN --output text",
    )


def _unusable(message: str, remedy: str) -> MskLinkError:
    return MskLinkError("SecretUnusable", message, remedy)
