"""Sessions in our own account and, with the role of client.yaml, in client accounts."""

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

from msklink.aws.dry_run.recorder import is_dry_run, observe
from msklink.aws.errors import (
    aws_refusals,
    error_message,
    impersonal,
    is_denied,
    is_of_our_stack,
    is_transient,
)
from msklink.client_role import ClientAccount, read_only
from msklink.errors import LostRace, Refused, TransientError
from msklink.refusals import Code, Refusal, refuse
from msklink.settings import settings

ATTEMPTS: Final = 3
CONNECT_SECONDS: Final = 5
READ_SECONDS: Final = 15

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

# A call times out long before its function, whose time-out would name no error.
CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    connect_timeout=CONNECT_SECONDS,
    read_timeout=READ_SECONDS,
    user_agent_extra="msklink",
)

AWS_ERRORS: Final = (BotoCoreError, ClientError)
"""Errors of a call to AWS: no answer in time, or an error response."""

CLIENT_ERRORS: Final = (LostRace, Refused, TransientError, *AWS_ERRORS)
"""Errors of work in a client account, for tasks that go on without that account."""


@cache
def own_session() -> boto3.Session:
    """Return the function's own session. Cached: Lambda renews its credentials."""
    return boto3.Session(botocore_session=_core())


def client_session(account: ClientAccount, scope: str, run: str) -> boto3.Session:
    """
    Return a session in *account*, for this invocation only: a warm Lambda outlives it.

    *scope* is its session policy, and *run* its name. In a dry run the session can only read.
    Raises Refused with the reason where the role cannot be assumed.
    """
    name = re.sub(r"[^\w+=,.@-]", "-", run)[:64]
    try:
        with aws_refusals():
            answer = sts().assume_role(
                RoleArn=account.role,
                RoleSessionName=name,
                ExternalId=settings().external_id,
                DurationSeconds=900,
                Policy=read_only(scope) if is_dry_run() else scope,
            )
    except ClientError as error:
        if is_transient(error):
            raise TransientError(str(error)) from error
        raise Refused(_refusal(account, name, error)) from error
    credentials = answer["Credentials"]
    core = _core(account.id)
    core.set_credentials(
        credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"]
    )
    return boto3.Session(botocore_session=core, region_name=account.region)


@cache
def sts() -> "STSClient":
    """Return the client for all threads, which may share clients but not sessions (boto3 guide)."""
    return own_session().client("sts", config=CONFIG)


def _core(account: str = "") -> botocore.session.Session:
    core = botocore.session.get_session()
    observe(core, account)
    core.register_component("data_loader", _models())
    return core


@cache
def _models() -> botocore.loaders.Loader:
    """Return a loader that caches the service models; otherwise each session reads them again."""
    return botocore.loaders.create_loader()


def _refusal(account: ClientAccount, name: str, error: ClientError) -> Refusal:
    """
    Return why the client role could not be assumed.

    STS answers AccessDenied alike for a role that does not exist, a wrong external id and a trust
    policy for another account; it names only an explicit deny. Therefore client.yaml has a second
    role, without any permission, that trusts us without an external id.
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
    Raise Refused for a call inside that AWS refuses, and TransientError for a transient fault.

    The client team has to allow a denied call. Any other refusal is unexpected, so it has AWS's own
    words.
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
