"""Encode and decode the Kafka messages that the proxy needs, by kio's schemas."""

import asyncio
import io
import struct
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from kio.index import load_request_schema, load_response_schema
from kio.serial import entity_reader, entity_writer

Versions = dict[int, tuple[int, int]]
"""The lowest and highest version, by API key."""

_LARGEST: Final = 100 * 1024 * 1024  # a broker's socket.request.max.bytes
_START: Final = struct.Struct(">hhi")


class Api(IntEnum):
    """The APIs that clients may use, by their key (Kafka protocol guide)."""

    PRODUCE = 0
    FETCH = 1
    LIST_OFFSETS = 2
    METADATA = 3
    OFFSET_COMMIT = 8
    OFFSET_FETCH = 9
    FIND_COORDINATOR = 10
    JOIN_GROUP = 11
    HEARTBEAT = 12
    LEAVE_GROUP = 13
    SYNC_GROUP = 14
    DESCRIBE_GROUPS = 15
    LIST_GROUPS = 16
    SASL_HANDSHAKE = 17
    API_VERSIONS = 18
    CREATE_TOPICS = 19
    DELETE_TOPICS = 20
    DELETE_RECORDS = 21
    INIT_PRODUCER_ID = 22
    ADD_PARTITIONS_TO_TXN = 24
    ADD_OFFSETS_TO_TXN = 25
    END_TXN = 26
    TXN_OFFSET_COMMIT = 28
    DESCRIBE_ACLS = 29
    CREATE_ACLS = 30
    DELETE_ACLS = 31
    DESCRIBE_CONFIGS = 32
    SASL_AUTHENTICATE = 36
    DELETE_GROUPS = 42
    INCREMENTAL_ALTER_CONFIGS = 44


@dataclass(frozen=True)
class Request:
    api: int
    version: int
    correlation: int
    frame: bytes

    def payload(self) -> Any:
        return _decoded(load_request_schema(self.api, self.version), self.frame)


@dataclass(frozen=True)
class Peer:
    """The other side of a connection; messages are prefixed by their length."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def frame(self) -> bytes | None:
        """Return the next message; None if the other side closed."""
        try:
            size = int.from_bytes(await self.reader.readexactly(4))
            return await self.reader.readexactly(size) if size <= _LARGEST else None
        except (asyncio.IncompleteReadError, OSError):
            return None

    async def request(self) -> Request | None:
        frame = await self.frame()
        if frame is None or len(frame) < _START.size:
            return None
        api, version, correlation = _START.unpack_from(frame)
        return Request(api, version, correlation, frame)

    async def send(self, frame: bytes) -> None:
        self.writer.write(framed(frame))
        with suppress(OSError):  # the reader notices the same
            await self.writer.drain()

    async def close(self) -> None:
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()


def framed(frame: bytes) -> bytes:
    return len(frame).to_bytes(4) + frame


def correlation_of(response: bytes) -> int:
    return int.from_bytes(response[:4], signed=True)


def decode_response(api: int, version: int, frame: bytes) -> Any:
    return _decoded(load_response_schema(api, version), frame)


def encode_response(correlation: int, payload: Any) -> bytes:
    return _encoded(payload.__header_schema__(correlation_id=correlation), payload)


def encode_request(header: dict[str, Any], payload: Any) -> bytes:
    return _encoded(payload.__header_schema__(**header), payload)


def _decoded(schema: Any, frame: bytes) -> Any:
    _, size = entity_reader(schema.__header_schema__)(frame, 0)
    return entity_reader(schema)(frame, size)[0]


def _encoded(*entities: Any) -> bytes:
    buffer = io.BytesIO()
    for entity in entities:
        entity_writer(type(entity))(buffer, entity)
    return buffer.getvalue()
