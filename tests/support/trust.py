"""AssumeRole as AWS judges it; moto lets anybody assume any role."""

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
    AssumeRole as AWS judges it, as far as MSKLink can tell one denial from another.

    moto lets anybody assume any role. AWS answers alike for a role that is not there and for a
    trust policy that is not met; an explicit deny is told (IAM user guide, access denied
    messages).
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
    """Whether the role is there and wants no other external id; who we are is not judged."""
    for role in iam_backends[account]["aws"].roles.values():
        if role.name == name:
            [trust] = json.loads(role.assume_role_policy_document)["Statement"]
            wanted = trust["Condition"].get("StringEquals", {}).get("sts:ExternalId")
            return wanted in {None, external_id}
    return False


def as_deployed(node: Any, external_id: str) -> Any:
    """*node* of client.yaml as in a client account of the tests."""
    values = {
        "AWS::Partition": "aws",
        "AWS::Region": REGION,
        "Namespace": NAMESPACE,
        "OwnerAccountId": OWNER,
        "ExternalId": external_id,
    }
    return filled_in(node, values)
