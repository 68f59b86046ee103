"""
Check one layer after the other, from the name of a broker to the metadata of the cluster.

A layer that fails is the one to mend; those above it are not tried on that broker.
"""

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from msklink_client.parallel import in_parallel
from msklink_client.wire import Connection, Rejected

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
    TOPIC = "topic"


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
        "With iam, two policies must allow kafka-cluster:Connect on the cluster: one of your role, "
        "and the cluster policy, which does once you have requested access (docs/access.md)."
    ),
    Layer.METADATA: (
        "With iam, allow kafka-cluster:DescribeCluster; with scram and tls, have the owner add an "
        "ACL for your principal."
    ),
    Layer.TOPIC: "Have the owner of the cluster allow you to describe the topic.",
}

TOPIC_ERRORS = {3: "UNKNOWN_TOPIC_OR_PARTITION", 29: "TOPIC_AUTHORIZATION_FAILED"}
"""Kafka protocol guide, error codes."""

ASKS_FOR_CERTIFICATE = ("CERTIFICATE_REQUIRED", "BAD_CERTIFICATE", "HANDSHAKE_FAILURE")
"""Alerts of a broker to a client without a certificate: of TLS 1.3, of Java, of OpenSSL."""


@dataclass(frozen=True)
class Finding:
    """What one layer came to at one broker, which is host:port."""

    layer: Layer
    broker: str
    good: bool | None
    """None for a layer that was not checked."""
    detail: str
    advice: str = ""
    """A remedy for this cause; without it, there is one for the layer."""

    @property
    def remedy(self) -> str:
        return "" if self.good else self.advice or REMEDIES[self.layer]

    def as_json(self) -> dict[str, object]:
        return {
            "layer": self.layer.value,
            "broker": self.broker,
            "good": self.good,
            "detail": self.detail,
            "remedy": self.remedy,
        }


class Interrupted(KeyboardInterrupt):
    """Ctrl-C while brokers were checked, with the findings until then."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__()
        self.findings = findings


class _Stopped(Exception):
    """A layer has failed, and its finding is noted; or it is not to be checked."""


@dataclass(frozen=True)
class Check:
    """How to look: by which *login*, if any, how far, and how many seconds to wait for a broker."""

    context: ssl.SSLContext
    login: Login | None = None
    last: Layer = Layer.TOPIC
    timeout: float = TIMEOUT_SECONDS
    topic: str = ""
    is_mutual: bool = False
    """Scheme tls, where the certificate of the client is its login."""

    def run(self, servers: str) -> list[Finding]:
        """
        Check each broker of the bootstrap string, and the others in its metadata.

        All are visited at once, so that three brokers out of reach take no longer than one.
        Raises `Interrupted` at Ctrl-C.
        """
        asked = servers.split(",")
        visits = [_Visit(self, server) for server in asked]
        try:
            in_parallel(_Visit.go, visits)
            others = {server for visit in visits for server in visit.advertised} - set(asked)
            more = [_Visit(self, server) for server in sorted(others)]
            visits += more
            in_parallel(_Visit.go, more)
        except KeyboardInterrupt as error:
            raise Interrupted(_findings(visits)) from error
        return _findings(visits)


class _Visit:
    """Visit one broker, given as host:port, layer by layer."""

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
                    lambda: self._secure(stream),
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
        if self._check.topic:
            self._try(Layer.TOPIC, lambda: self._describe(connection), lambda topic: topic)

    def _describe(self, connection: Connection) -> str:
        topic = self._check.topic
        if code := connection.topic_error(topic):
            raise Rejected(f"{topic}: {TOPIC_ERRORS.get(code, 'no metadata')} (error {code})")
        return topic

    def _secure(self, stream: socket.socket) -> ssl.SSLSocket:
        try:
            return self._check.context.wrap_socket(stream, server_hostname=self._host)
        except ssl.SSLError as error:
            is_without = self._check.is_mutual and self._check.last is Layer.TLS
            if is_without and any(one in str(error.reason) for one in ASKS_FOR_CERTIFICATE):
                asks = "the broker asks for a certificate"
                self.findings.append(Finding(Layer.TLS, self._server, True, asks))
                raise _Stopped from error
            raise

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
            detail = _reason(error)
            if layer is Layer.METADATA and self._is_of_certificate(error):
                layer, detail = Layer.TLS, f"after the handshake: {detail}"
                self.findings.pop()
            self.findings.append(Finding(layer, self._server, False, detail))
            raise _Stopped from error
        self.findings.append(Finding(layer, self._server, True, describe(result)))
        return result

    def _is_of_certificate(self, error: Exception) -> bool:
        """
        Return whether the broker refuses the certificate of the client.

        In TLS 1.3 the client has finished before the broker looks at it, so the alert, or the end
        of the connection, comes with the first answer (RFC 8446, section 4.4.2.4).
        """
        is_answer = isinstance(error, (Rejected, TimeoutError))
        return self._check.is_mutual and not is_answer


def _findings(visits: "list[_Visit]") -> list[Finding]:
    return [finding for visit in visits for finding in visit.findings]


def _above(last: Layer) -> list[Layer]:
    return list(Layer)[list(Layer).index(last) + 1 :]


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error) or type(error).__name__
