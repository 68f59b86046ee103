"""Passing messages on, with the brokers called as the client knows them."""

import asyncio
from dataclasses import replace
from typing import Any, Final

from localcloud.kafka.versions import api_versions
from localcloud.kafka.wire import (
    Api,
    Peer,
    Request,
    Versions,
    correlation_of,
    decode_response,
    encode_response,
)
from localcloud.msk import PrivateBroker

REWRITTEN: Final = (Api.METADATA, Api.FIND_COORDINATOR)


async def relay(client: Peer, behind: Peer, broker: PrivateBroker, versions: Versions) -> None:
    """Pass requests and responses on until one side ends."""
    awaited: dict[int, Request] = {}
    both = [
        asyncio.create_task(_requests(client, behind, versions, awaited)),
        asyncio.create_task(_responses(behind, client, broker, awaited)),
    ]
    try:
        done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in both:
            task.cancel()
        await asyncio.gather(*both, return_exceptions=True)


async def _requests(
    client: Peer, behind: Peer, versions: Versions, awaited: dict[int, Request]
) -> None:
    while request := await client.request():
        if request.api == Api.API_VERSIONS:
            await client.send(api_versions(request, versions))
            continue
        if request.api in REWRITTEN:
            awaited[request.correlation] = request
        await behind.send(request.frame)


async def _responses(
    behind: Peer, client: Peer, broker: PrivateBroker, awaited: dict[int, Request]
) -> None:
    while (frame := await behind.frame()) is not None:
        request = awaited.pop(correlation_of(frame), None)
        await client.send(_renamed(frame, request, broker) if request else frame)


def _renamed(frame: bytes, request: Request, broker: PrivateBroker) -> bytes:
    answer = decode_response(request.api, request.version, frame)
    if request.api == Api.METADATA:
        brokers = tuple(_at_its_name(item, broker) for item in answer.brokers)
        answer = replace(answer, brokers=brokers)
    else:
        answer = _at_its_name(answer, broker)
    return encode_response(request.correlation, answer)


def _at_its_name(node: Any, broker: PrivateBroker) -> Any:
    """Return *node* with the address it has for the client; none is known by number -1."""
    if node.node_id < 1:
        return node
    host, port = broker.addresses[node.node_id - 1]
    return replace(node, host=host, port=port)
