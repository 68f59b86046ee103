"""
Say which policy does not allow to read a secret for SCRAM, and what to add to it.

A secret for MSK is in the account of the cluster. To read it from another account, three policies
must allow it: one of the role, that of the secret and that of its key (Secrets Manager user guide,
"Access AWS Secrets Manager secrets from a different account"). AWS says which of them it missed in
the text of its error only (IAM user guide, "Troubleshoot access denied error messages").

Of a secret that MSKLink created, it also makes the policies of secret and key. Only the policy of
the role is left to add to.
"""

import json
import re
from dataclasses import dataclass
from enum import Enum
from typing import Any

from msklink_client.errors import MskLinkError

KEY_DENIED = "Access to KMS is not allowed"
"""All that Secrets Manager says where the key of a secret is denied (external-secrets 390, 838)."""

ARN = re.compile(
    r"arn:(?P<partition>aws[\w-]*):secretsmanager:(?P<region>[\w-]+):(?P<account>\d{12}):secret:.+"
)
_DENIED_ACTION = re.compile(r"perform: (\S+)")
_OF_MSKLINK = re.compile(
    r"(?P<readers>.+:secret:AmazonMSK_[a-z][a-z0-9-]{1,19}_(?P<client>\d{12})_).+"
)
"""A secret that MSKLink created has in its name the one client account that may read it."""


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
        found = ARN.fullmatch(self.given)
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
    def client(self) -> str | None:
        """The account for which MSKLink created it; None for a secret that others created."""
        found = _OF_MSKLINK.fullmatch(self.given)
        return found["client"] if found else None

    @property
    def _resource(self) -> str:
        """
        Return its ARN; that of a name ends with six characters that Secrets Manager adds.

        For a secret that MSKLink created, return the pattern of all that the account may read.
        """
        if created := _OF_MSKLINK.fullmatch(self.given):
            return f"{created['readers']}*"
        if ARN.fullmatch(self.given):
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


def denied(secret: Secret, said: str) -> MskLinkError:
    """Return which policy lacks a statement by what AWS *said*, and what to add to each."""
    found = _DENIED_ACTION.search(said)
    action = found[1] if found else "secretsmanager:GetSecretValue"
    if KEY_DENIED in said:
        action = "kms:Decrypt"
    lacking, message = _lacking(secret, action, said)
    if not lacking:
        return MskLinkError("NoPermission", message, "Ask the team that has this policy.")
    if secret.client:
        return MskLinkError("NoPermission", message, _of_msklink(secret, secret.client, lacking))
    missing = {
        policy: [one for one in secret.statements(policy) if one["Action"] == action]
        for policy in lacking
    }
    parts = ["\n\nIf it is there already: ".join(map(_addition, missing.items()))]
    if action.startswith("secretsmanager:") and not ARN.fullmatch(secret.given):
        parts.insert(0, _OF_THE_OWNER)
    if secret.is_of_another_account:
        rest = {
            policy: [one for one in secret.statements(policy) if one not in missing.get(policy, [])]
            for policy in Policy
        }
        parts += [
            f"Also needed, if not there yet, since the secret is of account {secret.account}:",
            *(_addition(one) for one in rest.items() if one[1]),
        ]
    if Policy.KEY in lacking:
        parts.append(
            "The ARN of the key is KmsKeyId of: "
            f"aws secretsmanager describe-secret --secret-id {secret.given}"
        )
    return MskLinkError("NoPermission", message, "\n\n".join(parts))


def _of_msklink(secret: Secret, client: str, lacking: list[Policy]) -> str:
    """Return the remedy for a secret whose own policy, and that of whose key, MSKLink makes."""
    if client != secret.caller:
        return (
            f"MSKLink created it for account {client}, and lets no other read it: run with a role "
            f"of {client}, not of {secret.caller}."
        )
    owner = (
        "MSKLink makes the policies of the secret and of its key: ask the owner of the cluster to "
        "run msklink doctor, and whether a policy of their organization denies it."
    )
    if Policy.ROLE not in lacking:
        return owner
    role = _addition((Policy.ROLE, secret.statements(Policy.ROLE)))
    return f"{role}\n\nIf both are there already: {owner}"


_OF_THE_OWNER = (
    "If the secret belongs to the owner of the cluster, give its ARN: a name is looked up in your "
    "own account. If it is of your own account:"
)


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
        which = "AWS does not say which, and both are possible."
        message = f"The policy of the key or of the role does not allow {action} on {on}. {which}"
        return both, message
    return [Policy.ROLE], f"The credentials may not do {action} on {on}."


def _addition(addition: tuple[Policy, list[dict[str, Any]]]) -> str:
    """Return who adds which statements to a policy, the statements as a block to copy."""
    policy, statements = addition
    block = ",\n".join(json.dumps(one, indent=2) for one in statements)
    return f"{policy.value}:\n\n{block}"
