"""Evaluate trust policies in AssumeRole; moto lets anybody assume any role."""

import json
from collections.abc import Callable
from typing import Any

from moto.core.exceptions import AccessDeniedError
from moto.iam.models import iam_backends
from moto.sts.models import STSBackend

from tests.support.cloudformation import filled_in
from tests.support.functions import NAMESPACE, OWNER, REGION

_assume_role = STSBackend.assume_role


def assume_role_like_aws(blocked: set[str]) -> Callable[..., Any]:
    """
    Return an AssumeRole that denies as AWS does, as far as MSKLink can distinguish denials.

    AWS answers alike for a missing role and for a trust policy that does not match. An explicit
    deny is named in the message (IAM user guide, access denied messages).
    """

    def assume(self: STSBackend, *args: Any, **given: Any) -> Any:
        account, _, name = given["role_arn"].split(":", 4)[4].rpartition(":role/")
        action = f"sts:AssumeRole on resource: {given['role_arn']}"
        if name == "admin":
            return _assume_role(self, *args, **given)
        if account in blocked:
            action += " with an explicit deny in a service control policy"
        elif _is_trusted(account, name, given["external_id"]):
            return _assume_role(self, *args, **given)
        raise AccessDeniedError(f"arn:aws:iam::{OWNER}:root", action)

    return assume


def _is_trusted(account: str, name: str, external_id: str | None) -> bool:
    """Return whether the role exists and accepts the external id; the principal is not checked."""
    for role in iam_backends[account]["aws"].roles.values():
        if role.name == name:
            [trust] = json.loads(role.assume_role_policy_document)["Statement"]
            wanted = trust["Condition"].get("StringEquals", {}).get("sts:ExternalId")
            return wanted in {None, external_id}
    return False


def as_deployed(node: Any, external_id: str) -> Any:
    """Return *node* of client.yaml as deployed in a client account of the tests."""
    values = {
        "AWS::Partition": "aws",
        "AWS::Region": REGION,
        "Namespace": NAMESPACE,
        "OwnerAccountId": OWNER,
        "ExternalId": external_id,
    }
    return filled_in(node, values)
