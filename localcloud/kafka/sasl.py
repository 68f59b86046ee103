"""Authenticate a client by SASL, before anything else is answered."""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final, Protocol

from kio.index import load_payload_module
from kio.schema.errors import ErrorCode
from kio.schema.sasl_handshake.v1.response import SaslHandshakeResponse
from kio.static.constants import EntityType

from localcloud.kafka import tokens
from localcloud.kafka.authorization import IamPrincipal, Principal
from localcloud.kafka.tokens import Identity, Keys, Presigned, Refused
from localcloud.kafka.versions import api_versions
from localcloud.kafka.wire import Api, Peer, Request, encode_response

OAUTHBEARER: Final = "OAUTHBEARER"
AWS_MSK_IAM: Final = "AWS_MSK_IAM"
DISCONNECT_SECONDS: Final = 1


class Exchange(Protocol):
    """The messages of one authentication."""

    @property
    def principal(self) -> Principal | None:
        """The client, when it is authenticated."""

    def answer(self, message: bytes) -> bytes:
        """Return the answer to a message of the client. Raises Refused."""


Mechanisms = Mapping[str, Callable[[], Exchange]]
"""Begins an exchange, by the mechanism's name."""


async def authenticate(client: Peer, mechanisms: Mechanisms) -> Principal | None:
    """
    Authenticate *client*, and return who it is.

    Return None if it disconnects before. Raises Refused, after the client got the reason, if SASL
    has a way to send it.
    """
    exchange: Exchange | None = None
    while request := await client.request():
        match request.api:
            case Api.API_VERSIONS:
                await client.send(api_versions(request))
            case Api.SASL_HANDSHAKE:
                exchange = await _agree(client, request, mechanisms)
            case Api.SASL_AUTHENTICATE if exchange:
                await _take_message(client, request, exchange)
                if exchange.principal:
                    return exchange.principal
            case _:
                raise Refused(f"request {request.api} before authentication: is SASL_SSL set?")
    return None


class IamExchange:
    """The single message of an IAM client; *permitted* returns what the signer may do."""

    def __init__(
        self,
        identify: Callable[[bytes], Identity],
        permitted: Callable[[Identity], IamPrincipal],
        receipt: bytes = b"",
    ) -> None:
        self.principal: Principal | None = None
        self._identify = identify
        self._permitted = permitted
        self._receipt = receipt

    def answer(self, message: bytes) -> bytes:
        principal = self._permitted(self._identify(message))
        principal.check_connect()
        self.principal = principal
        return self._receipt


def iam_mechanisms(
    host: str, region: str, keys: Keys, permitted: Callable[[Identity], IamPrincipal]
) -> Mechanisms:
    """Return the two mechanisms by which IAM clients sign, for the broker *host*."""
    receipt = json.dumps({"version": "2020_10_22", "request-id": "localcloud"}).encode()

    def by_message(message: bytes) -> Identity:
        return tokens.identity_of(tokens.from_json(message), host, region, keys)

    def by_bearer(message: bytes) -> Identity:
        endpoint = f"kafka.{region}.amazonaws.com"
        return tokens.identity_of(_bearer(message), endpoint, region, keys)

    return {
        AWS_MSK_IAM: lambda: IamExchange(by_message, permitted, receipt),
        OAUTHBEARER: lambda: IamExchange(by_bearer, permitted),
    }


def _bearer(message: bytes) -> Presigned:
    """Read the message of RFC 7628: a GS2 header, then key=value pairs, each ended by \\x01."""
    fields = message.decode(errors="replace").split("\x01")
    start = "auth=Bearer "
    token = next((item[len(start) :] for item in fields if item.startswith(start)), None)
    if token is None:
        raise Refused("the message is not that of OAUTHBEARER")
    return tokens.from_bearer(token)


async def _agree(client: Peer, request: Request, mechanisms: Mechanisms) -> Exchange:
    """Begin the exchange that the client requests, or raise Refused."""
    if request.version != 1:
        raise Refused(f"SaslHandshake of version {request.version} is not supported")
    wanted: str = request.payload().mechanism
    known = wanted in mechanisms
    code = ErrorCode.none if known else ErrorCode.unsupported_sasl_mechanism
    answer = SaslHandshakeResponse(error_code=code, mechanisms=tuple(mechanisms))
    await client.send(encode_response(request.correlation, answer))
    if not known:
        raise Refused(f"SASL mechanism {wanted} is not one of {', '.join(mechanisms)}")
    return mechanisms[wanted]()


async def _take_message(client: Peer, request: Request, exchange: Exchange) -> None:
    try:
        answer = exchange.answer(request.payload().auth_bytes)
    except Refused as refusal:
        code = ErrorCode.sasl_authentication_failed
        await client.send(_outcome(request, code, message=str(refusal)))
        await _wait_for_disconnect(client)
        raise
    await client.send(_outcome(request, ErrorCode.none, payload=answer))


async def _wait_for_disconnect(client: Peer) -> None:
    """Wait for the client to disconnect: some would report a lost connection, not the reason."""
    with suppress(TimeoutError):
        async with asyncio.timeout(DISCONNECT_SECONDS):
            await client.frame()


def _outcome(
    request: Request, code: ErrorCode, message: str | None = None, payload: bytes = b""
) -> bytes:
    module = load_payload_module(Api.SASL_AUTHENTICATE, request.version, EntityType.response)
    answer = module.SaslAuthenticateResponse(
        error_code=code, error_message=message, auth_bytes=payload
    )
    return encode_response(request.correlation, answer)
