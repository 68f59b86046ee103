"""Authenticate a client by SASL."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from kio.index import load_payload_module
from kio.schema.errors import ErrorCode
from kio.schema.sasl_handshake.v1.response import SaslHandshakeResponse
from kio.static.constants import EntityType

from localcloud.kafka import tokens
from localcloud.kafka.tokens import Keys, Refused
from localcloud.kafka.versions import api_versions
from localcloud.kafka.wire import Api, Peer, Request, Versions, encode_response
from localcloud.msk import Caller

OAUTHBEARER: Final = "OAUTHBEARER"
AWS_MSK_IAM: Final = "AWS_MSK_IAM"
MECHANISMS: Final = (AWS_MSK_IAM, OAUTHBEARER)
DISCONNECT_SECONDS: Final = 1

Identify = Callable[[str, bytes], Caller]
"""Returns the caller by mechanism and message. Raises Refused."""


async def authenticate(client: Peer, versions: Versions, identify: Identify) -> Caller | None:
    """
    Authenticate *client* by *identify*, and return the caller.

    Return None if it disconnects before. Raises Refused, after the client got the reason, if SASL
    has a way to send it.
    """
    mechanism = ""
    while request := await client.request():
        match request.api:
            case Api.API_VERSIONS:
                await client.send(api_versions(request, versions))
            case Api.SASL_HANDSHAKE:
                mechanism = await _agree(client, request)
            case Api.SASL_AUTHENTICATE if mechanism:
                return await _answer_authentication(client, request, mechanism, identify)
            case _:
                raise Refused(f"request {request.api} before authentication: is SASL_SSL set?")
    return None


def iam_caller(mechanism: str, message: bytes, host: str, region: str, keys: Keys) -> Caller:
    """Return the caller that sent *message* to the broker *host*, or raise Refused."""
    if mechanism == AWS_MSK_IAM:
        return tokens.caller_of(tokens.from_json(message), host, region, keys)
    # RFC 7628: a GS2 header and then key=value pairs, each ended by \x01.
    fields = message.decode(errors="replace").split("\x01")
    start = "auth=Bearer "
    token = next((item[len(start) :] for item in fields if item.startswith(start)), None)
    if token is None:
        raise Refused("the message is not that of OAUTHBEARER")
    endpoint = f"kafka.{region}.amazonaws.com"
    return tokens.caller_of(tokens.from_bearer(token), endpoint, region, keys)


async def _agree(client: Peer, request: Request) -> str:
    """Return the mechanism that the client requests, or raise Refused."""
    if request.version != 1:
        raise Refused(f"SaslHandshake of version {request.version} is not supported")
    wanted: str = request.payload().mechanism
    known = wanted in MECHANISMS
    code = ErrorCode.none if known else ErrorCode.unsupported_sasl_mechanism
    answer = SaslHandshakeResponse(error_code=code, mechanisms=MECHANISMS)
    await client.send(encode_response(request.correlation, answer))
    if not known:
        raise Refused(f"SASL mechanism {wanted} is not one of {', '.join(MECHANISMS)}")
    return wanted


async def _answer_authentication(
    client: Peer, request: Request, mechanism: str, identify: Identify
) -> Caller:
    try:
        caller = identify(mechanism, request.payload().auth_bytes)
    except Refused as refusal:
        code = ErrorCode.sasl_authentication_failed
        await client.send(_outcome(request, code, message=str(refusal)))
        await _wait_for_disconnect(client)
        raise
    receipt = {"version": "2020_10_22", "request-id": str(request.correlation)}
    payload = json.dumps(receipt).encode() if mechanism == AWS_MSK_IAM else b""
    await client.send(_outcome(request, ErrorCode.none, payload=payload))
    return caller


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
