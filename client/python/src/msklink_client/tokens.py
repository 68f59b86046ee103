"""
Sign tokens for IAM authentication by OAUTHBEARER with the credentials of the session.

A token is a presigned URL, made without a call and good for 15 minutes, so none is kept. Only AWS's
own Java library speaks AWS_MSK_IAM; all other clients use OAUTHBEARER (MSK developer guide,
"Configure clients to use IAM access control").
"""

from collections.abc import Callable
from typing import Any

import boto3
from botocore.credentials import CredentialProvider, Credentials

from msklink_client.errors import MskLinkError, no_credentials

Token = tuple[str, float]
"""The token, and when it expires in seconds since the epoch."""


class _OfSession(CredentialProvider):
    METHOD = "msklink-client"

    def __init__(self, session: boto3.Session) -> None:
        super().__init__()
        self._session = session

    def load(self) -> Credentials:
        found = self._session.get_credentials()
        if found is None:
            raise no_credentials()
        return found


def token_source(session: boto3.Session, region: str) -> Callable[[], Token]:
    """Return a function that signs a new token for clusters in *region*."""
    try:
        from aws_msk_iam_sasl_signer import MSKAuthTokenProvider  # noqa: PLC0415 an extra
    except ImportError as error:
        raise package_missing("aws-msk-iam-sasl-signer-python", "iam") from error
    credentials = _OfSession(session)

    def sign() -> Token:
        token, expires_ms = MSKAuthTokenProvider.generate_auth_token_from_credentials_provider(
            region, credentials
        )
        return token, expires_ms / 1000

    return sign


def confluent_callback(sign: Callable[[], Token]) -> Callable[[str], Token]:
    """Return what confluent-kafka takes as `oauth_cb`."""
    return lambda _configuration: sign()


def kafka_python_provider(sign: Callable[[], Token]) -> Any:
    """Return what kafka-python takes as `sasl_oauth_token_provider`."""
    try:
        from kafka.net.sasl.oauth import AbstractTokenProvider  # noqa: PLC0415 an extra
    except ImportError:
        try:
            from kafka.sasl.oauth import AbstractTokenProvider  # noqa: PLC0415 before 3.0
        except ImportError as error:
            raise package_missing("kafka-python", "kafka-python") from error

    class Provider(AbstractTokenProvider):  # type: ignore[misc]  # no type information
        def token(self) -> str:
            return sign()[0]

    return Provider()


def aiokafka_provider(sign: Callable[[], Token]) -> Any:
    """Return what aiokafka takes as `sasl_oauth_token_provider`."""
    try:
        from aiokafka.abc import AbstractTokenProvider  # noqa: PLC0415 an extra
    except ImportError as error:
        raise package_missing("aiokafka", "aiokafka") from error

    class Provider(AbstractTokenProvider):  # type: ignore[misc]  # no type information
        async def token(self) -> str:
            return sign()[0]  # refreshing a role's credentials may block for a moment

    return Provider()


def package_missing(package: str, extra: str) -> MskLinkError:
    return MskLinkError(
        "PackageMissing",
        f"{package} is not installed.",
        f"Install it: pip install 'msklink-client[{extra}]'.",
    )
