"""Whether the templates grant the calls that the functions make; moto itself allows everything."""

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

from tests.support.functions import running
from tests.support.permissions import permissions_of

# Rights that a call needs besides its own when it brings a parameter (service authorization
# reference, dependent actions).
DEPENDENT_ACTIONS = {
    ("ssm:PutParameter", "Tags"): "ssm:AddTagsToResource",
    ("ec2:CreateSecurityGroup", "TagSpecifications"): "ec2:CreateTags",
    ("kafka:CreateVpcConnection", "Tags"): "kafka:TagResource",
}
ACTION_NAMES = {"lambda:Invoke": "lambda:InvokeFunction"}
CLIENT_ROLE = "the client role"

IMPLICIT_ACTIONS = {
    *DEPENDENT_ACTIONS.values(),
    # What AWS asks of a caller when it makes one of its other calls (service authorization
    # reference, dependent actions): of CreateSchedule, UpdateConnectivity, CreateVpcConnection and
    # DeleteVpcConnection.
    "iam:PassRole",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSubnets",
    "ec2:CreateVpcEndpoint",
    "ec2:DeleteVpcEndpoints",
    "iam:AttachRolePolicy",
    "iam:CreateServiceLinkedRole",
    "iam:PutRolePolicy",
    # Lambda sends what a function failed on three times with the role of the function.
    "sqs:SendMessage",
}
"""Rights that are used by calls of other names, or of others."""

_one_at_a_time = threading.RLock()
"""moto's stores are not made for the threads in which its Map calls our functions."""


@cache
def granted(who: str) -> frozenset[str]:
    """The actions that the role of the function *who* may do, or CLIENT_ROLE."""
    if who == CLIENT_ROLE:
        found = permissions_of("client.yaml", "ClientRole")
    else:
        found = permissions_of("template.yaml", f"{who}Role")
    return frozenset(permission.action for permission in found)


@contextmanager
def check_permissions(denied: Collection[tuple[str, str]]) -> Iterator[dict[str, set[str]]]:
    """
    The actions that each function and the client role use without being granted them.

    The client role of an account may not do what *denied* holds for it.
    """
    missing: dict[str, set[str]] = {}
    call = BaseClient._make_api_call  # type: ignore[attr-defined]  # the one way of all calls

    def watched(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        function = running.get()
        if function:
            key = client._request_signer._credentials.access_key
            assumed = key.startswith("ASIA")
            who = CLIENT_ROLE if assumed else function
            if assumed and (get_account_id_from(key), operation) in denied:
                error = {"Code": "UnauthorizedOperation", "Message": operation}
                raise ClientError({"Error": error}, operation)  # type: ignore[typeddict-item]
            allowed = granted(who) & _in_scope(key) if assumed else granted(who)
            if lacking := _needed(client, operation, parameters) - allowed:
                missing.setdefault(who, set()).update(lacking)
        with _one_at_a_time:
            return call(client, operation, parameters)

    with mock.patch.object(BaseClient, "_make_api_call", watched):
        yield missing


@contextmanager
def release_engine_lock() -> Iterator[None]:
    """
    Let calls of other runs through while a handler waits for one.

    The engine holds the lock for as long as it invokes the handler.
    """
    held = _one_at_a_time._release_save()  # type: ignore[attr-defined]  # as threading.Condition does
    try:
        yield
    finally:
        _one_at_a_time._acquire_restore(held)  # type: ignore[attr-defined]


def _in_scope(access_key: str) -> set[str]:
    """The actions that the session policy of an assumed role allows."""
    backend = sts_backends[get_account_id_from(access_key)]["aws"]
    role = backend.get_assumed_role_from_access_key(access_key)
    document = json.loads(role.policy) if role and role.policy else {"Statement": []}
    return {action for statement in document["Statement"] for action in statement["Action"]}


def _needed(client: Any, operation: str, parameters: dict[str, Any]) -> set[str]:
    action = action_of(client, operation)
    return {action} | {
        besides
        for (of, name), besides in DEPENDENT_ACTIONS.items()
        if of == action and name in parameters
    }


def action_of(client: Any, operation: str) -> str:
    """What IAM calls the *operation*."""
    action = f"{client.meta.service_model.signing_name}:{operation}"
    return ACTION_NAMES.get(action, action)
