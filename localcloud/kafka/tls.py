"""Accept TLS with a certificate for the requested broker name, issued by a local CA."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import trustme
from cryptography.x509 import load_der_x509_certificate

from localcloud.kafka.wire import Peer

SHUTDOWN_SECONDS: Final = 1
PEEK_SECONDS: Final = 0.01
LONGEST_HELLO: Final = 16 * 1024

Authorities = Callable[[str], Sequence[bytes] | None]
"""Returns the CAs of client certificates in PEM, by broker name; None if it asks for none."""


@dataclass(frozen=True)
class Accepted:
    """A client, the broker name that it requests, and the subject of its certificate, if any."""

    client: Peer
    host: str
    subject: str | None
    """A distinguished name of RFC 4514, such as `CN=billing,O=Example`."""


class Tls:
    def __init__(self, authorities: Authorities) -> None:
        self._authority = trustme.CA()
        self._authorities = authorities
        self._certificates: dict[str, trustme.LeafCert] = {}

    @property
    def authority(self) -> bytes:
        """The certificate of the CA of the brokers, in PEM."""
        pem: bytes = self._authority.cert_pem.bytes()
        return pem

    async def accept(self, connection: socket.socket) -> Accepted:
        """
        Return the client on *connection*.

        Raises ssl.SSLError for a client that uses no TLS, sends no server name, does not trust the
        CA, or has no certificate that the broker accepts.
        """
        loop = asyncio.get_running_loop()
        host = await _server_name(connection)
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await loop.connect_accepted_socket(
            lambda: protocol,
            connection,
            ssl=self._context_of(host, connection),
            ssl_shutdown_timeout=SHUTDOWN_SECONDS,
        )
        client = Peer(reader, asyncio.StreamWriter(transport, protocol, reader, loop))
        certificate = transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
        if not certificate:
            return Accepted(client, host, None)
        subject = load_der_x509_certificate(certificate).subject
        return Accepted(client, host, subject.rfc4514_string())

    def _context_of(self, host: str, connection: socket.socket) -> ssl.SSLContext:
        context = _Context(ssl.PROTOCOL_TLS_SERVER)
        context.connection = connection
        if not host:
            return context
        if host not in self._certificates:
            self._certificates[host] = self._authority.issue_cert(host)
        self._certificates[host].configure_cert(context)
        authorities = self._authorities(host)
        if authorities is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            for pem in authorities:
                context.load_verify_locations(cadata=pem.decode())
        return context


class _Handshake(ssl.SSLObject):
    """
    A handshake whose alert reaches the client if it fails.

    asyncio closes the connection without it, and the client would not learn that its certificate
    is the reason.
    """

    outgoing: ssl.MemoryBIO
    connection: socket.socket

    def do_handshake(self) -> None:
        try:
            super().do_handshake()
        except ssl.SSLWantReadError:
            raise
        except ssl.SSLError:
            self.connection.send(self.outgoing.read())
            raise


class _Context(ssl.SSLContext):
    """A context for one connection."""

    sslobject_class = _Handshake
    connection: socket.socket

    def wrap_bio(
        self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, *rest: Any, **options: Any
    ) -> ssl.SSLObject:
        handshake = super().wrap_bio(incoming, outgoing, *rest, **options)
        assert isinstance(handshake, _Handshake)
        handshake.outgoing = outgoing
        handshake.connection = self.connection
        return handshake


async def _server_name(connection: socket.socket) -> str:
    """
    Return the server name in the client's first message, which is left unread; "" if none is.

    Whether the client is asked for a certificate depends on the name. In the handshake itself it
    is too late: OpenSSL does not take that setting from a context that a callback selects.
    """
    await _wait_until_readable(connection)
    seen = b""
    while True:
        message = connection.recv(LONGEST_HELLO, socket.MSG_PEEK)
        name = _name_in(message)
        if name is not None or not message or len(message) == LONGEST_HELLO:
            return name or ""
        if message == seen:
            await asyncio.sleep(PEEK_SECONDS)
        seen = message


async def _wait_until_readable(connection: socket.socket) -> None:
    connection.setblocking(False)
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(connection, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(connection)


def _name_in(message: bytes) -> str | None:
    """Return the server name in the start of a handshake; None if *message* is too short."""
    names: list[str] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sni_callback = lambda _handshake, name, _context: names.append(name or "")
    incoming = ssl.MemoryBIO()
    incoming.write(message)
    try:
        context.wrap_bio(incoming, ssl.MemoryBIO(), server_side=True).do_handshake()
    except ssl.SSLWantReadError:
        return names[0] if names else None
    except ssl.SSLError:  # no TLS, or no certificate in this context
        pass
    return names[0] if names else ""
