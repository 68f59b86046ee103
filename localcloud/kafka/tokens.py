"""
Verify the token of an IAM client: a presigned request of kafka-cluster:Connect, never sent.

With OAUTHBEARER it is a base64 URL of the Region's endpoint (aws-msk-iam-sasl-signer), with
AWS_MSK_IAM it is JSON for the broker's name (aws-msk-iam-auth). Both are verified alike.
"""

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from localcloud.clock import real_now

SERVICE: Final = "kafka-cluster"
ACTION: Final = "kafka-cluster:Connect"
CLOCK_SKEW: Final = timedelta(minutes=5)

_SIGNATURE: Final = "X-Amz-Signature"
_FIELDS: Final = (
    "Action",
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-Security-Token",
    "X-Amz-SignedHeaders",
    _SIGNATURE,
)
# The signers add the second after signing.
_UNSIGNED: Final = (_SIGNATURE, "User-Agent")


class Refused(Exception):
    """The client is refused; it gets the message."""


Denial = Callable[[str, str], str | None]
"""Returns why a caller may not do an action on an ARN, or None if it may."""


def _nothing_denied(action: str, resource: str) -> str | None:  # noqa: ARG001 as the type says
    return None


@dataclass(frozen=True)
class Identity:
    """The owner of an access key; *arn* is that of the user, the root or the role session."""

    secret: str
    account: str
    arn: str
    denial: Denial = _nothing_denied
    """What its identity-based policies say; the root of an account may do everything."""


Keys = Callable[[str, str | None], Identity]
"""Looks up an access key id with its session token. Raises Refused if unknown."""


@dataclass(frozen=True)
class Presigned:
    host: str
    query: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        if not self.query.get(name):
            raise Refused(f"the token has no {name}")
        return self.query[name]


def from_bearer(token: str) -> Presigned:
    try:
        padded = token + "=" * (-len(token) % 4)
        url = urlsplit(base64.urlsafe_b64decode(padded).decode("ascii"))
    except ValueError as error:
        raise Refused("the token is not a URL in base64") from error
    if url.scheme != "https" or url.path != "/":
        raise Refused("the token is not a URL of the form https://host/?query")
    return Presigned(url.netloc, dict(parse_qsl(url.query, keep_blank_values=True)))


def from_json(message: bytes) -> Presigned:
    try:
        given = json.loads(message)
        names = {name.lower(): name for name in _FIELDS}
        query = {names[key]: str(value) for key, value in given.items() if key in names}
        return Presigned(str(given["host"]), query)
    except (ValueError, AttributeError, KeyError) as error:
        raise Refused("the message is not the JSON of AWS_MSK_IAM") from error


def identity_of(
    token: Presigned, host: str, region: str, keys: Keys, now: datetime | None = None
) -> Identity:
    """
    Return who signed *token*, which must be for *host* in *region*.

    Raises Refused with the reason.
    """
    if token.host != host:
        raise Refused(f"the token is for host {token.host}, not {host}")
    if token["Action"] != ACTION:
        raise Refused(f"the token is for action {token['Action']}, not {ACTION}")
    key = _key_of(token, region)
    _check_time(token, now or real_now())
    session_token = token.query.get("X-Amz-Security-Token")
    identity = keys(key, session_token)
    expected = _signature(token, region, Credentials(key, identity.secret, session_token))
    if not hmac.compare_digest(token[_SIGNATURE], expected):
        raise Refused(
            f"the signature does not match: the secret is not that of access key {key}, "
            "or the token was changed after signing"
        )
    return identity


def _key_of(token: Presigned, region: str) -> str:
    """Return the access key id from the credential, after a check of its scope."""
    try:
        key, date, signed_region, service, end = token["X-Amz-Credential"].split("/")
    except ValueError as error:
        raise Refused("the token's X-Amz-Credential is malformed") from error
    if signed_region != region:
        raise Refused(f"the token is for Region {signed_region}, not {region}")
    if service != SERVICE:
        raise Refused(f"the token is for service {service}, not {SERVICE}")
    if (date, end) != (token["X-Amz-Date"][:8], "aws4_request"):
        raise Refused("the token's X-Amz-Credential is malformed")
    return key


def _check_time(token: Presigned, now: datetime) -> None:
    try:
        signed = datetime.strptime(token["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        expires = signed + timedelta(seconds=int(token["X-Amz-Expires"]))
    except (ValueError, OverflowError) as error:
        raise Refused("the token's X-Amz-Date or X-Amz-Expires is malformed") from error
    if now > expires:
        raise Refused(f"the token expired at {expires.isoformat()}")
    if now < signed - CLOCK_SKEW:
        raise Refused(f"the token is dated {signed.isoformat()}, in the future")


def _signature(token: Presigned, region: str, credentials: Credentials) -> str:
    if token["X-Amz-Algorithm"] != "AWS4-HMAC-SHA256" or token["X-Amz-SignedHeaders"] != "host":
        raise Refused("the token is not signed by AWS4-HMAC-SHA256 with the host as only header")
    signed = {name: value for name, value in token.query.items() if name not in _UNSIGNED}
    request = AWSRequest("GET", f"https://{token.host}/?{urlencode(signed)}")
    request.context["timestamp"] = token["X-Amz-Date"]
    signer = SigV4QueryAuth(credentials, SERVICE, region)
    # The query has everything that is signed, so nothing is added to the request.
    text = signer.string_to_sign(request, signer.canonical_request(request))
    signature: str = signer.signature(text, request)
    return signature
