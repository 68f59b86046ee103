"""The part of Secrets Manager that MSK uses, and an implementation in memory for tests."""

import json
from dataclasses import dataclass, field
from typing import Final, Protocol

from localcloud.msk.model import Caller

DEFAULT_KEY: Final = "alias/aws/secretsmanager"
"""The key that Secrets Manager uses for a secret without a key of its own."""
SID: Final = "AWSKafkaResourcePolicy"


@dataclass(frozen=True)
class Secret:
    arn: str
    key_id: str = DEFAULT_KEY
    """The key as the secret names it: an id, an ARN or an alias."""

    @property
    def name(self) -> str:
        """The name in the ARN, without the hyphen and the six characters that follow it."""
        return self.arn.partition(":secret:")[2][:-7]


def with_msk_statement(policy: str | None, arn: str) -> str:
    """
    Return the resource policy *policy* of the secret *arn* with the statement of MSK.

    The developer guide says that MSK attaches a policy; its text is that of the example of
    Terraform's aws_msk_scram_secret_association. Statements of the owner stay.
    """
    document = json.loads(policy or '{"Version": "2012-10-17"}')
    statements = document.get("Statement", [])
    if isinstance(statements, dict):
        statements = [statements]
    if any(statement.get("Sid") == SID for statement in statements):
        return json.dumps(document)
    msk = {
        "Sid": SID,
        "Effect": "Allow",
        "Principal": {"Service": "kafka.amazonaws.com"},
        "Action": "secretsmanager:getSecretValue",
        "Resource": arn,
    }
    return json.dumps({**document, "Statement": [*statements, msk]})


class SecretStore(Protocol):
    """The secrets of every account. MSK reads them with its own permissions."""

    def secret(self, arn: str) -> Secret | None:
        """Return the secret with exactly this ARN; one that is marked for deletion is none."""

    def admit_msk(self, caller: Caller, arn: str) -> None:
        """
        Attach the statement to the secret's resource policy that lets MSK read it.

        Raise PermissionError if the caller may not let MSK use the secret's key.
        """

    def value(self, arn: str) -> str | None:
        """Return the current value as MSK reads it; None if it cannot be read."""


@dataclass
class MemorySecretStore:
    """Secrets in memory, filled by `put`."""

    secrets: dict[str, Secret] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    admitted: set[str] = field(default_factory=set)

    def put(self, arn: str, value: str, key_id: str = "key-1") -> str:
        self.secrets[arn] = Secret(arn, key_id)
        self.values[arn] = value
        return arn

    def delete(self, arn: str) -> None:
        del self.secrets[arn], self.values[arn]

    def secret(self, arn: str) -> Secret | None:
        return self.secrets.get(arn)

    def admit_msk(self, caller: Caller, arn: str) -> None:  # noqa: ARG002 there is no IAM here
        self.admitted.add(arn)

    def value(self, arn: str) -> str | None:
        return self.values.get(arn) if arn in self.admitted else None
