"""
As much of the Kafka protocol as a check needs: log in, and ask for the brokers.

Frames and versions are those of the Kafka protocol guide. The Kafka libraries for Python would do
this, but say the same of a broker that is out of reach, of bad TLS and of a refused login.
"""

import base64
import hashlib
import hmac
import os
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
        self._handshake("OAUTHBEARER")
        answer = self._authenticate(f"n,,\x01auth=Bearer {token}\x01\x01".encode())
        if answer:  # a JSON document that says why not
            self._authenticate(b"\x01")
            raise Rejected(answer.decode(errors="replace"))

    def authenticate_by_password(self, username: str, password: str) -> None:
        """Log in by SCRAM-SHA-512 (RFC 5802). Raises `Rejected`."""
        self._handshake("SCRAM-SHA-512")
        exchange = ScramExchange(username, password)
        answer = self._authenticate(exchange.first())
        answer = self._authenticate(exchange.final(answer))
        if not exchange.is_from_server(answer):
            raise Rejected("the broker does not know the password either")

    def brokers(self) -> list[Broker]:
        """All brokers of the cluster; Metadata version 1, for no topic at all."""
        body = _Reader(self._ask(METADATA, 1, struct.pack(">i", 0)))
        found = []
        for _ in range(body.int32()):
            found.append(Broker(body.int32(), body.string() or "", body.int32()))
            body.string()  # the rack
        return sorted(found, key=lambda broker: broker.number)

    def _handshake(self, mechanism: str) -> None:
        body = _Reader(self._ask(SASL_HANDSHAKE, 1, _string(mechanism)))
        if body.int16():
            offered = ", ".join(body.strings())
            raise Rejected(f"the broker does not offer {mechanism} but {offered}")

    def _authenticate(self, said: bytes) -> bytes:
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


class ScramExchange:
    """One login by SCRAM-SHA-512, from the side of the client."""

    def __init__(self, username: str, password: str, nonce: str = "") -> None:
        self._password = password.encode()
        name = username.replace("=", "=3D").replace(",", "=2C")
        self._nonce = nonce or base64.b64encode(os.urandom(18)).decode()
        self._first = f"n={name},r={self._nonce}"
        self._expected = b""

    def first(self) -> bytes:
        return f"n,,{self._first}".encode()

    def final(self, challenge: bytes) -> bytes:
        said = _attributes(challenge)
        if "e" in said or not said["r"].startswith(self._nonce):
            raise Rejected(said.get("e", "the broker answered somebody else"))
        salted = hashlib.pbkdf2_hmac(
            "sha512", self._password, base64.b64decode(said["s"]), int(said["i"])
        )
        final = f"c=biws,r={said['r']}"
        signed = ",".join([self._first, challenge.decode(), final]).encode()
        key = hmac.digest(salted, b"Client Key", "sha512")
        signature = hmac.digest(hashlib.sha512(key).digest(), signed, "sha512")
        proof = bytes(one ^ other for one, other in zip(key, signature, strict=True))
        self._expected = hmac.digest(hmac.digest(salted, b"Server Key", "sha512"), signed, "sha512")
        return f"{final},p={base64.b64encode(proof).decode()}".encode()

    def is_from_server(self, answer: bytes) -> bool:
        said = _attributes(answer)
        if "e" in said:
            raise Rejected(said["e"])
        return hmac.compare_digest(base64.b64decode(said.get("v", "")), self._expected)


def _attributes(message: bytes) -> dict[str, str]:
    return dict(part.split("=", 1) for part in message.decode().split(",") if "=" in part)


def _string(text: str) -> bytes:
    return struct.pack(">h", len(text.encode())) + text.encode()


class _Reader:
    """Reads the parts of a response one after the other."""

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
