# Made by `make docs` from wire.py, layers.py, probe.py of client/python.

import base64
import os
import socket
import ssl
import struct
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


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
        """All brokers of the cluster; Metadata version 1, for no topic at all."""
        body = _Reader(self._ask(METADATA, 1, struct.pack(">i", 0)))
        found = []
        for _ in range(body.int32()):
            found.append(Broker(body.int32(), body.string() or "", body.int32()))
            body.string()  # the rack
        return sorted(found, key=lambda broker: broker.number)

    def handshake(self, mechanism: str) -> None:
        """Say by which *mechanism* the login will be. Raises `Rejected`."""
        body = _Reader(self._ask(SASL_HANDSHAKE, 1, _string(mechanism)))
        if body.int16():
            offered = ", ".join(body.strings())
            raise Rejected(f"the broker does not offer {mechanism} but {offered}")

    def authenticate(self, said: bytes) -> bytes:
        """The broker's answer to a message of the login. Raises `Rejected`."""
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


T = TypeVar("T")
Login = Callable[[Connection], str]
"""Logs in, and returns by which mechanism. Raises `Rejected`."""

TIMEOUT_SECONDS = 5.0


class Layer(str, Enum):
    DNS = "DNS"
    TCP = "TCP"
    TLS = "TLS"
    SASL = "SASL"
    METADATA = "metadata"


REMEDIES = {
    Layer.DNS: (
        "Names of brokers resolve only inside the connected VPC, with its DNS resolution and DNS "
        "hostnames on: run this there, and look at a resolver of your own in the DHCP options."
    ),
    Layer.TCP: (
        "Let TCP 14001-14100 out of the application's security group and network ACL, and into "
        "the security group of the endpoint."
    ),
    Layer.TLS: (
        "Something between here and the broker ends TLS, or the trust store lacks Amazon Trust "
        "Services; with tls, use a certificate that the cluster's private CA has signed."
    ),
    Layer.SASL: (
        "With iam, allow kafka-cluster:Connect on the cluster in a policy of your role and in the "
        "cluster policy; with scram, have the owner associate your secret with the cluster."
    ),
    Layer.METADATA: (
        "With iam, allow kafka-cluster:DescribeCluster; with scram and tls, have the owner add an "
        "ACL for your principal."
    ),
}


@dataclass(frozen=True)
class Finding:
    """What one layer came to at one broker, which is host:port."""

    layer: Layer
    broker: str
    good: bool
    detail: str

    @property
    def remedy(self) -> str:
        return "" if self.good else REMEDIES[self.layer]

    def as_json(self) -> dict[str, object]:
        return {
            "layer": self.layer.value,
            "broker": self.broker,
            "good": self.good,
            "detail": self.detail,
            "remedy": self.remedy,
        }


class _Stopped(Exception):
    """A layer has failed, and its finding is noted; or it is not to be looked at."""


@dataclass(frozen=True)
class Check:
    """How to look: by which *login*, if any, how far, and how many seconds to wait for a broker."""

    context: ssl.SSLContext
    login: Login | None = None
    last: Layer = Layer.METADATA
    timeout: float = TIMEOUT_SECONDS

    def run(self, servers: str) -> list[Finding]:
        """Look at each broker of the bootstrap string, and at those that these tell of."""
        asked = servers.split(",")
        visits = self._visit(asked)
        others = {server for visit in visits for server in visit.advertised} - set(asked)
        visits += self._visit(sorted(others))
        return [finding for visit in visits for finding in visit.findings]

    def _visit(self, servers: list[str]) -> "list[_Visit]":
        """All at once, so that three brokers out of reach take no longer than one."""
        visits = [_Visit(self, server) for server in servers]
        if visits:
            with ThreadPoolExecutor(len(visits)) as pool:
                list(pool.map(_Visit.go, visits))
        return visits


class _Visit:
    """What one broker, given as host:port, comes to, layer by layer."""

    def __init__(self, check: Check, server: str) -> None:
        self.findings: list[Finding] = []
        self.advertised: list[str] = []
        self._check = check
        self._server = server
        self._host, _, self._port = server.rpartition(":")

    def go(self) -> None:
        with suppress(_Stopped):
            addresses = self._try(Layer.DNS, self._resolve, ", ".join)
            with self._try(Layer.TCP, self._connect, lambda _: addresses[0]) as stream:
                secured = self._try(
                    Layer.TLS,
                    lambda: self._check.context.wrap_socket(stream, server_hostname=self._host),
                    lambda stream: stream.version() or "",
                )
                with secured:
                    self._talk(Connection(secured))

    def _talk(self, connection: Connection) -> None:
        if login := self._check.login:
            self._try(Layer.SASL, lambda: login(connection), lambda mechanism: mechanism)
        brokers = self._try(
            Layer.METADATA, connection.brokers, lambda brokers: f"{len(brokers)} brokers"
        )
        self.advertised = [f"{broker.host}:{broker.port}" for broker in brokers]

    def _resolve(self) -> list[str]:
        found = socket.getaddrinfo(self._host, int(self._port), type=socket.SOCK_STREAM)
        return sorted({str(address[0]) for *_, address in found})

    def _connect(self) -> socket.socket:
        return socket.create_connection((self._host, int(self._port)), self._check.timeout)

    def _try(self, layer: Layer, act: Callable[[], T], describe: Callable[[T], str]) -> T:
        if layer in _above(self._check.last):
            raise _Stopped
        try:
            result = act()
        except (OSError, Rejected) as error:  # ssl.SSLError and socket.gaierror are of OSError
            self.findings.append(Finding(layer, self._server, False, _reason(error)))
            raise _Stopped from error
        self.findings.append(Finding(layer, self._server, True, describe(result)))
        return result


def _above(last: Layer) -> list[Layer]:
    return list(Layer)[list(Layer).index(last) + 1 :]


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error) or type(error).__name__


LAST = {"iam": Layer.METADATA, "scram": Layer.TLS, "tls": Layer.TCP}
"""How far it comes without a password and without a certificate, which it does not have."""

PATIENCE_SECONDS = 3.0


def handler(event: Mapping[str, str], _context: object) -> dict[str, list[dict[str, object]]]:
    """What each scheme comes to, given its bootstrap string."""
    return {scheme: look(scheme, servers) for scheme, servers in event.items()}


def look(scheme: str, servers: str) -> list[dict[str, object]]:
    login = log_in if scheme == "iam" else None
    check = Check(ssl.create_default_context(), login, LAST[scheme], PATIENCE_SECONDS)
    return [finding.as_json() for finding in check.run(servers)]


def log_in(connection: Connection) -> str:
    connection.authenticate_by_token(token(os.environ))
    return "OAUTHBEARER"


def token(environment: Mapping[str, str]) -> str:
    """What aws-msk-iam-sasl-signer makes, which Lambda's runtime does not bring along."""
    region = environment["AWS_REGION"]
    credentials = Credentials(
        environment["AWS_ACCESS_KEY_ID"],
        environment["AWS_SECRET_ACCESS_KEY"],
        environment.get("AWS_SESSION_TOKEN"),
    )
    request = AWSRequest(
        "GET", f"https://kafka.{region}.amazonaws.com/", params={"Action": "kafka-cluster:Connect"}
    )
    SigV4QueryAuth(credentials, "kafka-cluster", region, expires=900).add_auth(request)
    url = f"{request.prepare().url}&User-Agent=msklink-probe"
    return base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
