"""Relay messages between client and broker, with broker names rewritten to those of MSK."""

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


async def relay(client: Peer, server: Peer, broker: PrivateBroker, versions: Versions) -> None:
    """Relay requests and responses until one side closes."""
    awaited: dict[int, Request] = {}
    both = [
        asyncio.create_task(_requests(client, server, versions, awaited)),
        asyncio.create_task(_responses(server, client, broker, awaited)),
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
    client: Peer, server: Peer, versions: Versions, awaited: dict[int, Request]
) -> None:
    while request := await client.request():
        if request.api == Api.API_VERSIONS:
            await client.send(api_versions(request, versions))
            continue
        if request.api in REWRITTEN:
            awaited[request.correlation] = request
        await server.send(request.frame)


async def _responses(
    server: Peer, client: Peer, broker: PrivateBroker, awaited: dict[int, Request]
) -> None:
    while (frame := await server.frame()) is not None:
        request = awaited.pop(correlation_of(frame), None)
        await client.send(_with_msk_addresses(frame, request, broker) if request else frame)


def _with_msk_addresses(frame: bytes, request: Request, broker: PrivateBroker) -> bytes:
    answer = decode_response(request.api, request.version, frame)
    if request.api == Api.METADATA:
        brokers = tuple(_with_msk_address(item, broker) for item in answer.brokers)
        answer = replace(answer, brokers=brokers)
    else:
        answer = _with_msk_address(answer, broker)
    return encode_response(request.correlation, answer)


def _with_msk_address(node: Any, broker: PrivateBroker) -> Any:
    """Return *node* with its MSK address; the number -1 stands for no node."""
    if node.node_id < 1:
        return node
    host, port = broker.addresses[node.node_id - 1]
    return replace(node, host=host, port=port)
