"""Sessions in our own account and, by the role of client.yaml, in client accounts."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Final

import boto3
import botocore.loaders
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from msklink.aws.errors import (
    aws_refusals,
    error_message,
    impersonal,
    is_denied,
    is_of_our_stack,
    is_transient,
)
from msklink.client_role import ClientAccount
from msklink.errors import LostRace, Refused, TransientError
from msklink.refusals import Code, Refusal, refuse
from msklink.settings import settings

ATTEMPTS: Final = 3
CONNECT_SECONDS: Final = 5
READ_SECONDS: Final = 15

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

# A call that hangs ends long before its function would, which then ends with no error of its own.
CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    connect_timeout=CONNECT_SECONDS,
    read_timeout=READ_SECONDS,
    user_agent_extra="msklink",
)

AWS_ERRORS: Final = (BotoCoreError, ClientError)
"""What comes of calls to AWS: no answer in time, or one that says no."""

CLIENT_ERRORS: Final = (LostRace, Refused, TransientError, *AWS_ERRORS)
"""What can go wrong in a client account, for steps that are not about that account."""


@cache
def own_session() -> boto3.Session:
    """The session of the function itself. Cached: Lambda renews its credentials by itself."""
    return boto3.Session(botocore_session=_core())


def client_session(account: ClientAccount, scope: str, run: str) -> boto3.Session:
    """
    A session in *account*, for this invocation only: a warm Lambda outlives it.

    It can do what *scope*, a session policy, allows, and is named after the *run*. Raises Refused
    when the role cannot be assumed, and says why.
    """
    name = re.sub(r"[^\w+=,.@-]", "-", run)[:64]
    try:
        with aws_refusals():
            answer = sts().assume_role(
                RoleArn=account.role,
                RoleSessionName=name,
                ExternalId=settings().external_id,
                DurationSeconds=900,
                Policy=scope,
            )
    except ClientError as error:
        if is_transient(error):
            raise TransientError(str(error)) from error
        raise Refused(_refusal(account, name, error)) from error
    credentials = answer["Credentials"]
    core = _core()
    core.set_credentials(
        credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"]
    )
    return boto3.Session(botocore_session=core, region_name=account.region)


@cache
def sts() -> "STSClient":
    """One for all threads, which may share clients, but not sessions (boto3 guide)."""
    return own_session().client("sts", config=CONFIG)


def _core() -> botocore.session.Session:
    core = botocore.session.get_session()
    core.register_component("data_loader", _models())
    return core


@cache
def _models() -> botocore.loaders.Loader:
    """The service models, which every session would read from disk again."""
    return botocore.loaders.create_loader()


def _refusal(account: ClientAccount, name: str, error: ClientError) -> Refusal:
    """
    Why the client role could not be assumed.

    STS answers AccessDenied alike for a role that is not there, a wrong external id and a trust
    policy that names somebody else; only an explicit deny of a policy is told. So client.yaml has
    a second role, without any right, that trusts us without an external id.
    """
    role = account.role
    if "explicit deny" in error_message(error):
        return refuse(Code.CLIENT_ROLE_BLOCKED, role=role, problem=impersonal(error_message(error)))
    try:
        with aws_refusals():
            sts().assume_role(
                RoleArn=account.presence_role,
                RoleSessionName=name,
                DurationSeconds=900,
            )
    except ClientError as absent:
        if not is_denied(absent):
            raise
        return refuse(Code.CLIENT_STACK_MISSING, role=role, account=account.id, owner=account.owner)
    return refuse(
        Code.EXTERNAL_ID_WRONG, role=role, account=account.id, external_id=settings().external_id
    )


@contextmanager
def client_refusals(account: ClientAccount) -> Iterator[None]:
    """
    Turn a call inside that AWS refuses into Refused, and a transient fault into TransientError.

    A denied call is for the client team to mend. Of any other refusal nobody foresaw the reason, so
    that AWS's own words are passed on.
    """
    try:
        with aws_refusals():
            yield
    except ClientError as error:
        if is_transient(error):
            raise TransientError(str(error)) from error
        if is_of_our_stack(error):
            raise
        raise Refused(
            refuse(
                Code.CLIENT_ROLE_DENIED,
                role=account.role,
                account=account.id,
                problem=impersonal(str(error)),
            )
        ) from error
