"""Scenarios of SCRAM users: what exists before, and the requests."""

import json
from typing import Any
from unittest import mock

from localcloud.msk import Secret
from msklink.settings import settings
from tests.faults.environment import Environment, find_vpc
from tests.faults.setups import DAY_SECONDS, onboarded
from tests.support.aws import CLIENT
from tests.support.client_events import request
from tests.support.functions import OWNER

ROTATION = {"USER_ROTATION_DAYS": "30"}
TAKEN = "reports"
SECRET = f"AmazonMSK_msklink_{CLIENT}_orders_billing"
VERSION = "0f1e2d3c-0f1e-2d3c-0f1e-2d3c0f1e2d3c"
"""The id of the version of the secret that a rotation makes."""


def with_user_bounds(environment: Environment) -> None:
    """Allow users, of which the owner has created one by itself."""
    onboarded(environment)
    bounds = {"names": ["billing.*"], "actions": ["produce"], "users": ["billing", TAKEN]}
    environment.accounts.allow("default", bounds)
    secret = _secrets(environment).create_secret(
        Name=f"AmazonMSK_{TAKEN}",
        KmsKeyId="of-the-owner",
        SecretString=json.dumps({"username": TAKEN, "password": "hunter2"}),
    )["ARN"]
    environment.accounts.client("kafka").batch_associate_scram_secret(
        ClusterArn=environment.cluster, SecretArnList=[secret]
    )


def with_user(environment: Environment) -> None:
    with_user_bounds(environment)
    request_users(environment)
    environment.accounts.clock.advance(1)  # a request of the same second is no later one


def with_rotation_turned_off(environment: Environment) -> None:
    """Create the user while the owner stack has a period of rotation."""
    with mock.patch.dict("os.environ", ROTATION):
        settings.cache_clear()
        with_user(environment)
    settings.cache_clear()


def with_user_disassociated(environment: Environment) -> None:
    """Let others end the association of the user."""
    with_user(environment)
    arn = _secrets(environment).describe_secret(SecretId=SECRET)["ARN"]
    environment.accounts.client("kafka").batch_disassociate_scram_secret(
        ClusterArn=environment.cluster, SecretArnList=[arn]
    )


def with_secret_policy_replaced(environment: Environment) -> None:
    """Let others replace the policy of the user's secret, so that MSK cannot read it."""
    with_user(environment)
    statement = {
        "Sid": "Theirs",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{OWNER}:root"},
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    _secrets(environment).put_resource_policy(SecretId=SECRET, ResourcePolicy=json.dumps(policy))


def with_user_removed(environment: Environment) -> None:
    """Request the user no more, and let the grace period pass."""
    with_user(environment)
    _request(environment)
    environment.accounts.clock.advance(DAY_SECONDS)


def with_removed_user(environment: Environment) -> None:
    with_user_removed(environment)
    environment.reconcile()
    environment.accounts.clock.advance(1)


def with_last_scram_connection_removed(environment: Environment) -> None:
    """Remove scram from the tag of the user's VPC, and let the grace period pass."""
    with_user(environment)
    vpc_id = find_vpc(environment.accounts, CLIENT, "VPC")
    environment.deliver("ReceiveEventFunction", request(CLIENT, vpc_id=vpc_id))
    environment.accounts.tag_vpc(CLIENT, vpc_id, "iam")
    environment.reconcile()
    environment.accounts.clock.advance(DAY_SECONDS)


def request_users(environment: Environment) -> None:
    """Request a user that is created, one that is taken, and one that the bounds do not allow."""
    _request(environment, {"name": "billing"}, {"name": TAKEN}, {"name": "admin"})


def rotate_password(environment: Environment) -> None:
    """Invoke the steps of a rotation as Secrets Manager does, up to one that fails."""
    for step in ("createSecret", "setSecret", "testSecret", "finishSecret"):
        arn = _secrets(environment).describe_secret(SecretId=SECRET)["ARN"]
        event = {"Step": step, "SecretId": arn, "ClientRequestToken": VERSION}
        before = environment.injector.injected
        environment.deliver("RotatePasswordFunction", event)
        if environment.injector.injected and not before:
            return


def secrets_of(environment: Environment) -> list[dict[str, Any]]:
    """Return the secrets of the owner account, with what of their values does not change."""
    client = _secrets(environment)
    found = client.list_secrets(IncludePlannedDeletion=True)["SecretList"]
    found.sort(key=lambda one: one["Name"])
    return [
        {
            "name": one["Name"],
            "is deleted": "DeletedDate" in one,
            "is rotated": one.get("RotationEnabled", False),
            "has the rotated password": "AWSCURRENT" in _stages(client, one["Name"]),
            "policy": [] if "DeletedDate" in one else _policy(client, one["Name"]),
        }
        for one in found
    ]


def associated(environment: Environment) -> list[str]:
    found = environment.accounts.client("kafka").list_scram_secrets(ClusterArn=environment.cluster)
    return [Secret(arn).name for arn in found["SecretArnList"]]


def _stages(client: Any, name: str) -> list[str]:
    """Return the stages of the version that a rotation makes."""
    versions = client.describe_secret(SecretId=name).get("VersionIdsToStages", {})
    return list(versions.get(VERSION, ()))


def _policy(client: Any, name: str) -> list[str]:
    text = client.get_resource_policy(SecretId=name).get("ResourcePolicy", "{}")
    return [f"{one['Sid']} {one['Principal']}" for one in json.loads(text).get("Statement", [])]


def _request(environment: Environment, *users: dict[str, str]) -> None:
    vpc_id = find_vpc(environment.accounts, CLIENT, "VPC")
    detail = {"vpc_id": vpc_id, "schemes": ["scram"], "users": users}
    environment.deliver("ReceiveEventFunction", request(CLIENT, **detail))


def _secrets(environment: Environment) -> Any:
    return environment.accounts.client("secretsmanager", OWNER)
