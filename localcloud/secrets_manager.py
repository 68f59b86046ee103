"""
MiniStack's Secrets Manager as the secret store of the MSK emulator.

MSK reads a secret as the service kafka.amazonaws.com, by the secret's resource policy. The caller
of BatchAssociateScramSecret needs kms:CreateGrant on the key (Service Authorization Reference of
MSK, dependent actions). kms:RetireGrant is a dependent action too, but not in the managed policy
AmazonMSKFullAccess, so it is not checked. MSK changes the policy by its service-linked role.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import request_scope
from ministack.services import secretsmanager

from localcloud.iam.authorization import authorize_caller
from localcloud.iam.checks import Check
from localcloud.iam.secretsmanager import customer_key
from localcloud.ministack_adapter import access_key
from localcloud.msk import Caller, Secret
from localcloud.msk.secret_store import DEFAULT_KEY, with_msk_statement

MSK = "kafka.amazonaws.com"


class SecretsManager:
    def secret(self, arn: str) -> Secret | None:
        with _owner(arn):
            found = _find(arn)
        return Secret(arn, found.get("KmsKeyId") or DEFAULT_KEY) if found else None

    def admit_msk(self, caller: Caller, arn: str) -> None:
        with _owner(arn):
            key = customer_key(_find(arn) or {})
        if key:
            keys = {
                "kms:CallerAccount": caller.account,
                "kms:GrantIsForAWSResource": "true",
                "kms:ViaService": f"kafka.{caller.region}.amazonaws.com",
            }
            check = Check("kms:CreateGrant", key, keys)
            if denied := authorize_caller(access_key.get(), "kms", caller.region, check):
                raise PermissionError(str(denied))
        with _owner(arn):
            policies = secretsmanager._resource_policies
            policies[arn] = with_msk_statement(policies.get(arn), arn)

    def value(self, arn: str) -> str | None:
        with _owner(arn):
            if not _find(arn) or not _admits_msk(arn, secretsmanager._resource_policies.get(arn)):
                return None
            value: str | None = secretsmanager.resolve_secret_string(arn)
            return value


@contextmanager
def _owner(arn: str) -> Iterator[None]:
    _, _, _, region, account, *_ = arn.split(":")
    with request_scope(account, region):
        yield


def _find(arn: str) -> dict[str, Any] | None:
    _, found = secretsmanager._resolve(arn)
    known = found and found["ARN"] == arn and not found.get("DeletedDate")
    return dict(found) if known else None


def _admits_msk(arn: str, policy: str | None) -> bool:
    """Return whether the resource policy lets MSK read; the owner can break it by an edit."""
    _, _, _, region, account, *_ = arn.split(":")
    context = iam_evaluator.EvalContext(
        principal_arn=MSK,
        principal_type="Service",
        principal_account="",
        action="secretsmanager:GetSecretValue",
        resource_arn=arn,
        region=region,
        service_context={"aws:sourceaccount": account},
    )
    result = iam_evaluator.evaluate_resource_policy(policy, context, service=MSK)
    return bool(result.decision == "Allow")
