"""
Speak as much of the Kafka protocol as a check needs: log in, ask for the brokers and for a topic.

Frames and versions are those of the Kafka protocol guide. The Kafka libraries for Python would do
this, but say the same of a broker that is out of reach, of bad TLS and of a refused login.
"""

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

SASL_HANDSHAKE, SASL_AUTHENTICATE, METADATA = 17, 36, 3
_CLIENT_ID = "msklink-client"


class Rejected(Exception):
    """The broker said no; the message is its own."""


@dataclass(frozen=True)
class Broker:
    number: int
    host: str
    port: int


class Connection:
    """Requests one after the other over *stream*, which is connected, with TLS where it has it."""

    def __init__(self, stream: socket.socket) -> None:
        self._stream = stream
        self._number = 0

    def authenticate_by_token(self, token: str) -> None:
        """Log in by OAUTHBEARER (RFC 7628). Raises `Rejected`."""
        self.handshake("OAUTHBEARER")
        answer = self.authenticate(f"n,,\x01auth=Bearer {token}\x01\x01".encode())
        if answer:  # a JSON document that says why not
            self.authenticate(b"\x01")
            raise Rejected(answer.decode(errors="replace"))

    def brokers(self) -> list[Broker]:
        """Return all brokers of the cluster; Metadata version 1, for no topic at all."""
        body = _Reader(self._ask(METADATA, 1, struct.pack(">i", 0)))
        return sorted(_brokers(body), key=lambda broker: broker.number)

    def topic_error(self, topic: str) -> int:
        """Return the error code of *topic*; Metadata version 4 can ask without creating it."""
        asked = struct.pack(">i", 1) + _string(topic) + b"\x00"
        body = _Reader(self._ask(METADATA, 4, asked))
        body.int32()  # the time by which it was throttled
        list(_brokers(body))
        body.string(), body.int32()  # the id of the cluster, and its controller
        body.int32()  # one topic
        return body.int16()

    def handshake(self, mechanism: str) -> None:
        """Announce the *mechanism* of the login. Raises `Rejected`."""
        body = _Reader(self._ask(SASL_HANDSHAKE, 1, _string(mechanism)))
        if body.int16():
            offered = ", ".join(body.strings())
            raise Rejected(f"the broker does not offer {mechanism} but {offered}")

    def authenticate(self, said: bytes) -> bytes:
        """Return the broker's answer to a message of the login. Raises `Rejected`."""
        body = _Reader(self._ask(SASL_AUTHENTICATE, 0, struct.pack(">i", len(said)) + said))
        code, message = body.int16(), body.string()
        if code:
            raise Rejected(f"{message or 'no reason given'} (error {code})")
        return body.block()

    def _ask(self, api: int, version: int, body: bytes) -> bytes:
        self._number += 1
        request = struct.pack(">hhi", api, version, self._number) + _string(_CLIENT_ID) + body
        self._stream.sendall(struct.pack(">i", len(request)) + request)
        answer = self._read(struct.unpack(">i", self._read(4))[0])
        return answer[4:]  # after the number of the request

    def _read(self, size: int) -> bytes:
        parts = b""
        while len(parts) < size:
            part = self._stream.recv(size - len(parts))
            if not part:
                raise ConnectionResetError("the broker closed the connection without an answer")
            parts += part
        return parts


def _brokers(body: "_Reader") -> Iterator[Broker]:
    for _ in range(body.int32()):
        yield Broker(body.int32(), body.string() or "", body.int32())
        body.string()  # the rack


def _string(text: str) -> bytes:
    return struct.pack(">h", len(text.encode())) + text.encode()


class _Reader:
    """Read the parts of a response one after the other."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def int16(self) -> int:
        return int(struct.unpack(">h", self._take(2))[0])

    def int32(self) -> int:
        return int(struct.unpack(">i", self._take(4))[0])

    def string(self) -> str | None:
        size = self.int16()
        return None if size < 0 else self._take(size).decode()

    def block(self) -> bytes:
        return self._take(max(self.int32(), 0))

    def strings(self) -> Iterator[str]:
        for _ in range(self.int32()):
            yield self.string() or ""

    def _take(self, size: int) -> bytes:
        part = self._content[self._at : self._at + size]
        self._at += size
        return part
