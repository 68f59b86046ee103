"""
The secrets of SCRAM users in Secrets Manager.

Source: MSK developer guide, "Set up SASL/SCRAM authentication": a name that begins with AmazonMSK_,
a customer managed key that is not named by an alias, and a JSON object with username and password.
"""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from msklink.arns import ClusterArn
from msklink.aws.errors import error_code, error_message, impersonal, is_denied, is_transient
from msklink.aws.session import CONFIG, own_session
from msklink.errors import Refused, TransientError
from msklink.refusals import Code, refuse
from msklink.settings import settings
from msklink.tags import MANAGED_BY

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

PASSWORD_BYTES: Final = 32
"""Random bytes of a password, which has 43 characters that need no quotes."""

RECOVERY_DAYS: Final = 7
"""The shortest time for which a deleted secret can be restored (API reference, DeleteSecret)."""

SID: Final = "MSKLinkClient"
"""Marks our statement in the resource policy; MSK adds one of its own."""

SID_OF_MSK: Final = "AWSKafkaResourcePolicy"
MSK: Final = "kafka.amazonaws.com"

READS: Final = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]


@dataclass(frozen=True)
class Secret:
    """A secret as it is."""

    arn: str
    is_ours: bool
    is_deleted: bool
    """Whether it is scheduled for deletion."""
    rotation_days: int
    """The days between rotations by our function; 0 where it does not rotate the secret."""


@cache
def client() -> "SecretsManagerClient":
    return own_session().client("secretsmanager", config=CONFIG)


def credentials(user: str) -> str:
    """Return the value of a secret, with a new password."""
    return json.dumps({"username": user, "password": secrets.token_urlsafe(PASSWORD_BYTES)})


def describe(name: str) -> Secret | None:
    """Return the secret of this name or ARN; None where there is none."""
    try:
        found = client().describe_secret(SecretId=name)
    except client().exceptions.ResourceNotFoundException:
        return None
    tags = {tag["Key"]: tag["Value"] for tag in found.get("Tags", ())}
    by_us = found.get("RotationLambdaARN") == settings().rotate_function_arn
    rotates = bool(found.get("RotationEnabled")) and by_us
    return Secret(
        arn=found["ARN"],
        is_ours=tags.get(MANAGED_BY) == settings().stack_name,
        is_deleted="DeletedDate" in found,
        rotation_days=found["RotationRules"].get("AutomaticallyAfterDays", 0) if rotates else 0,
    )


def create(name: str, user: str) -> Secret:
    """
    Create a secret with a new password.

    Raises TransientError where it has been created meanwhile, by this call if its answer was lost.
    """
    try:
        answer = client().create_secret(
            Name=name,
            Description="Written by MSKLink",
            KmsKeyId=settings().secrets_key_arn,
            SecretString=credentials(user),
            Tags=[{"Key": MANAGED_BY, "Value": settings().stack_name}],
        )
    except client().exceptions.ResourceExistsException as error:
        raise TransientError(f"secret {name} was created meanwhile") from error
    return Secret(answer["ARN"], is_ours=True, is_deleted=False, rotation_days=0)


def renew(secret: Secret, user: str) -> None:
    """Write a new password into a secret, whose deletion is cancelled."""
    if secret.is_deleted:
        client().restore_secret(SecretId=secret.arn)
    client().put_secret_value(SecretId=secret.arn, SecretString=credentials(user))


def share(arn: str, principal: str, *, anew: bool) -> None:
    """
    Let *principal*, and no other account, read the secret.

    The statement that MSK adds with an association stays, unless the secret is shared *anew*.
    """
    policy: dict[str, Any] = {} if anew else _policy(arn)
    before = policy.get("Statement", [])
    ours = {
        "Sid": SID,
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": READS,
        "Resource": "*",
    }
    if ours not in before:
        others = [one for one in before if one.get("Sid") != SID]
        policy = {"Version": "2012-10-17", **policy, "Statement": [*others, ours]}
        client().put_resource_policy(
            SecretId=arn, ResourcePolicy=json.dumps(policy), BlockPublicPolicy=True
        )


def admits_msk(arn: str) -> bool:
    """
    Return whether the secret has the statement that MSK adds with an association.

    AWS documents neither its id nor its principal, so either counts; both are those of Terraform's
    aws_msk_scram_secret_association. A secret that is taken for broken gets a new password.
    """
    return any(
        one.get("Sid") == SID_OF_MSK or MSK in json.dumps(one.get("Principal"))
        for one in _policy(arn).get("Statement", [])
        if one.get("Effect") == "Allow"
    )


def _policy(arn: str) -> dict[str, Any]:
    text = client().get_resource_policy(SecretId=arn).get("ResourcePolicy")
    return dict(json.loads(text or "{}"))


def rotate(secret: Secret, days: int) -> None:
    """Let our function change the password every so many *days*, or no more with 0."""
    if days == secret.rotation_days:
        return
    if days:
        client().rotate_secret(
            SecretId=secret.arn,
            RotationLambdaARN=settings().rotate_function_arn,
            RotationRules={"AutomaticallyAfterDays": days},
            RotateImmediately=False,
        )
    else:
        client().cancel_rotate_secret(SecretId=secret.arn)


def delete(secret: Secret) -> None:
    """Delete a secret, which can be restored for some days."""
    if not secret.is_deleted:
        client().delete_secret(SecretId=secret.arn, RecoveryWindowInDays=RECOVERY_DAYS)


@contextmanager
def user_refusals(cluster: ClusterArn, user: str) -> Iterator[None]:
    """
    Raise Refused for a call for *user* that AWS refuses, and TransientError for a transient fault.

    Denied calls pass through: the owner's stack has to allow them.
    """
    try:
        yield
    except ClientError as error:
        if is_transient(error):
            raise TransientError(str(error)) from error
        if is_denied(error):
            raise
        raise refused(
            cluster, user, error_code(error) or "no code", impersonal(error_message(error))
        ) from error


def refused(cluster: ClusterArn, user: str, error: str, problem: str) -> Refused:
    """Return that AWS does not create *user*, in its words."""
    return Refused(
        refuse(
            Code.USER_REFUSED,
            user=user,
            cluster=cluster.name,
            error=error,
            problem=problem or "no message",
        )
    )
