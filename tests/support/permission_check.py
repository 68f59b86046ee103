"""Check that the templates grant the calls of the functions; moto itself allows everything."""

import json
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest import mock

from botocore.client import BaseClient
from botocore.exceptions import ClientError
from moto.iam.models import get_account_id_from
from moto.sts.models import sts_backends

from msklink.aws.dry_run.call import READS
from msklink.aws.dry_run.recorder import is_dry_run
from tests.support.functions import running
from tests.support.permissions import permissions_of

# Actions that a call needs besides its own if it passes a parameter (service authorization
# reference, dependent actions).
DEPENDENT_ACTIONS = {
    ("ssm:PutParameter", "Tags"): "ssm:AddTagsToResource",
    ("ec2:CreateSecurityGroup", "TagSpecifications"): "ec2:CreateTags",
    ("kafka:CreateVpcConnection", "Tags"): "kafka:TagResource",
    ("secretsmanager:CreateSecret", "Tags"): "secretsmanager:TagResource",
    # With a customer managed key, as that of the users.
    ("secretsmanager:CreateSecret", "KmsKeyId"): "kms:GenerateDataKey",
    ("secretsmanager:CreateSecret", "SecretString"): "kms:Decrypt",
    ("secretsmanager:PutSecretValue", "SecretString"): "kms:GenerateDataKey",
    ("secretsmanager:GetSecretValue", "SecretId"): "kms:Decrypt",
    ("secretsmanager:RotateSecret", "RotationLambdaARN"): "lambda:InvokeFunction",
    ("kafka:BatchAssociateScramSecret", "SecretArnList"): "kms:CreateGrant",
    ("kafka:BatchDisassociateScramSecret", "SecretArnList"): "kms:RetireGrant",
}
ACTION_NAMES = {"lambda:Invoke": "lambda:InvokeFunction"}
CLIENT_ROLE = "the client role"

IMPLICIT_ACTIONS = {
    *DEPENDENT_ACTIONS.values(),
    # Dependent actions of CreateSchedule, UpdateConnectivity, CreateVpcConnection and
    # DeleteVpcConnection (service authorization reference).
    "iam:PassRole",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSubnets",
    "ec2:CreateVpcEndpoint",
    "ec2:DeleteVpcEndpoints",
    "iam:AttachRolePolicy",
    "iam:CreateServiceLinkedRole",
    "iam:PutRolePolicy",
    # Dependent actions of CreateTopic and DescribeTopic.
    "kafka-cluster:Connect",
    "kafka-cluster:CreateTopic",
    "kafka-cluster:DescribeTopic",
    "kafka-cluster:DescribeTopicDynamicConfiguration",
    # Lambda sends what a function failed on three times with the role of the function.
    "sqs:SendMessage",
}
"""Rights that are used by calls of other names, or of others."""

_one_at_a_time = threading.RLock()
"""moto's backends are not thread-safe, and its Map state invokes functions in threads."""


@cache
def granted(who: str) -> frozenset[str]:
    """Return the actions that the role of the function *who* allows, or CLIENT_ROLE."""
    if who == CLIENT_ROLE:
        found = permissions_of("client.yaml", "ClientRole")
    else:
        found = permissions_of("template.yaml", f"{who}Role")
    return frozenset(permission.action for permission in found)


@contextmanager
def check_permissions(denied: Collection[tuple[str, str]]) -> Iterator[dict[str, set[str]]]:
    """
    Yield the actions that each function and the client role used without a grant.

    *denied* are operations that fail with the client role, as (account, operation).
    """
    missing: dict[str, set[str]] = {}
    call = BaseClient._make_api_call  # type: ignore[attr-defined]  # all calls pass here

    def checked(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        function = running.get()
        # A dry run answers what would change something; `tests/faults/test_plan.py` holds that.
        if function and (not is_dry_run() or operation.startswith(READS)):
            key = client._request_signer._credentials.access_key
            assumed = key.startswith("ASIA")
            who = CLIENT_ROLE if assumed else function
            if assumed and (get_account_id_from(key), operation) in denied:
                error = {"Code": "UnauthorizedOperation", "Message": operation}
                raise ClientError({"Error": error}, operation)  # type: ignore[typeddict-item]
            allowed = granted(who) & _in_scope(key) if assumed else granted(who)
            if ungranted := _needed(client, operation, parameters) - allowed:
                missing.setdefault(who, set()).update(ungranted)
        with _one_at_a_time:
            return call(client, operation, parameters)

    with mock.patch.object(BaseClient, "_make_api_call", checked):
        yield missing


@contextmanager
def release_engine_lock() -> Iterator[None]:
    """
    Release the lock while a handler waits for another run.

    The engine holds the lock while it invokes the handler.
    """
    held = _one_at_a_time._release_save()  # type: ignore[attr-defined]  # as threading.Condition does
    try:
        yield
    finally:
        _one_at_a_time._acquire_restore(held)  # type: ignore[attr-defined]


def _in_scope(access_key: str) -> set[str]:
    """Return the actions that the session policy of an assumed role allows."""
    backend = sts_backends[get_account_id_from(access_key)]["aws"]
    role = backend.get_assumed_role_from_access_key(access_key)
    document = json.loads(role.policy) if role and role.policy else {"Statement": []}
    return {action for statement in document["Statement"] for action in statement["Action"]}


def _needed(client: Any, operation: str, parameters: dict[str, Any]) -> set[str]:
    action = action_of(client, operation)
    return {action} | {
        dependent
        for (of, name), dependent in DEPENDENT_ACTIONS.items()
        if of == action and name in parameters
    }


def action_of(client: Any, operation: str) -> str:
    """Return the IAM action of *operation*."""
    action = f"{client.meta.service_model.signing_name}:{operation}"
    return ACTION_NAMES.get(action, action)
