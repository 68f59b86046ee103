"""
Read a secret for SCRAM, or say which policy does not allow it.

A secret for MSK is in the account of the cluster. To read it from another account, three policies
must allow it: one of the role, that of the secret and that of its key (Secrets Manager user guide,
"Access AWS Secrets Manager secrets from a different account"). AWS says which of them it missed in
the text of its error only (IAM user guide, "Troubleshoot access denied error messages").
"""

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from msklink_client.errors import DENIED, MskLinkError, error_code, explained

KEY_DENIED = "Access to KMS is not allowed"
"""All that Secrets Manager says where the key of a secret is denied (external-secrets 390, 838)."""

_ARN = re.compile(
    r"arn:(?P<partition>aws[\w-]*):secretsmanager:(?P<region>[\w-]+):(?P<account>\d{12}):secret:.+"
)
_CALLER = re.compile(r"User: arn:aws[\w-]*:\w+::(\d{12}):")
_DENIED_ACTION = re.compile(r"perform: (\S+)")
_config = Config(user_agent_extra="msklink-client", retries={"mode": "standard"})


class Policy(Enum):
    """A policy that must allow the caller to read a secret, and who adds to it."""

    ROLE = "Your team adds to a policy of the role"
    SECRET = "The owner of the cluster adds to the policy of the secret, beside what MSK put there"
    KEY = "The owner of the cluster adds to the policy of the key of the secret"


@dataclass(frozen=True)
class Secret:
    """A secret as given, by name or ARN, and who wants to read it."""

    given: str
    caller: str
    """The account of the caller."""
    partition: str
    region: str

    @property
    def account(self) -> str:
        """Return the account that owns it; a name is looked up in the account of the caller."""
        found = _ARN.fullmatch(self.given)
        return found["account"] if found else self.caller

    @property
    def is_of_another_account(self) -> bool:
        return self.account != self.caller

    def statements(self, policy: Policy) -> list[dict[str, Any]]:
        """Return the statements to add to *policy*."""
        caller = {"AWS": f"arn:{self.partition}:iam::{self.caller}:root"}
        read = {"Action": "secretsmanager:GetSecretValue"}
        decrypt = {"Action": "kms:Decrypt"}
        allow = {"Effect": "Allow"}
        if policy is Policy.SECRET:
            return [{**allow, "Principal": caller, **read, "Resource": "*"}]
        if policy is Policy.KEY:
            return [
                {**allow, "Principal": caller, **decrypt, "Resource": "*", **self._by_the_service}
            ]
        keys = f"arn:{self.partition}:kms:{self.region}:{self.account}:key/*"
        return [
            {**allow, **read, "Resource": self._resource},
            {**allow, **decrypt, "Resource": keys, **self._by_the_service},
        ]

    @property
    def _resource(self) -> str:
        """Return its ARN; that of a name ends with six characters that Secrets Manager adds."""
        if _ARN.fullmatch(self.given):
            return self.given
        place = f"arn:{self.partition}:secretsmanager:{self.region}:{self.account}"
        return f"{place}:secret:{self.given}-??????"

    @property
    def _by_the_service(self) -> dict[str, Any]:
        """Return the condition that the key is used by Secrets Manager, and for this secret."""
        domain = "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"
        return {
            "Condition": {
                "StringLike": {
                    "kms:ViaService": f"secretsmanager.{self.region}.{domain}",
                    "kms:EncryptionContext:SecretARN": self._resource,
                }
            }
        }


def read(session: boto3.Session, given: str) -> tuple[str, str]:
    """Return user name and password of a secret, by name or ARN. Raises `MskLinkError`."""
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
    found = _ARN.fullmatch(given)
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
        return _denied(secret, said)
    return None


def _account(session: boto3.Session) -> str:
    """Return the account of the caller, which needs no permission to ask for it (STS reference)."""
    with suppress(BotoCoreError, ClientError):
        sts: Any = session.client("sts", config=_config)
        return str(sts.get_caller_identity()["Account"])
    return "<your account>"


def _denied(secret: Secret, said: str) -> MskLinkError:
    denied = _DENIED_ACTION.search(said)
    action = denied[1] if denied else "secretsmanager:GetSecretValue"
    if KEY_DENIED in said:
        action = "kms:Decrypt"
    lacking, message = _lacking(secret, action, said)
    if not lacking:
        return MskLinkError("NoPermission", message, "Ask the team that has this policy.")
    missing = {
        policy: [one for one in secret.statements(policy) if one["Action"] == action]
        for policy in lacking
    }
    how = " If it is there already: ".join(map(_addition, missing.items()))
    if secret.is_of_another_account:
        rest = {
            policy: [one for one in secret.statements(policy) if one not in missing.get(policy, [])]
            for policy in Policy
        }
        others = " ".join(_addition(one) for one in rest.items() if one[1])
        how += (
            f" The secret is of account {secret.account}, so three policies must allow it, that of "
            f"the role, of the secret and of its key. {others}"
        )
    if Policy.KEY in lacking:
        how += (
            " The ARN of the key is KmsKeyId of: "
            f"aws secretsmanager describe-secret --secret-id {secret.given}"
        )
    return MskLinkError("NoPermission", message, how)


def _lacking(secret: Secret, action: str, said: str) -> tuple[list[Policy], str]:
    """Return the policies that may lack a statement, the likeliest first, and what is denied."""
    is_of_key = action.startswith("kms:")
    on = f"the key that encrypts the secret {secret.given}" if is_of_key else secret.given
    if "explicit deny" in said or "service control policy" in said:
        reason = said.partition("because ")[2] or said.partition(action)[2]
        return [], f"A policy denies {action} on {on}: {reason.strip() or said}."
    if "no identity-based policy" in said:
        return [Policy.ROLE], f"No policy of the role allows {action} on {on}."
    if "no resource-based policy" in said:
        policy = Policy.KEY if is_of_key else Policy.SECRET
        whose = "key" if is_of_key else "secret"
        return [policy], f"The policy of the {whose} does not allow {action} on {on}."
    if is_of_key:
        both = (
            [Policy.KEY, Policy.ROLE] if secret.is_of_another_account else [Policy.ROLE, Policy.KEY]
        )
        return both, f"The policy of the key or of the role does not allow {action} on {on}."
    return [Policy.ROLE], f"The credentials may not do {action} on {on}."


def _addition(addition: tuple[Policy, list[dict[str, Any]]]) -> str:
    """Return who adds which statements to a policy."""
    policy, statements = addition
    return f"{policy.value}: {' '.join(map(json.dumps, statements))}."


def _not_found(given: str, region: str) -> MskLinkError:
    if _ARN.fullmatch(given):
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
