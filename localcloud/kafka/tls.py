"""TLS with a certificate for whatever broker the client asks for, from an authority of our own."""

import asyncio
import socket
import ssl
from typing import Final

import trustme

from localcloud.kafka.wire import Peer

SHUTDOWN_SECONDS: Final = 1


class Tls:
    def __init__(self) -> None:
        self._authority = trustme.CA()
        self._contexts: dict[str, _Context] = {}

    @property
    def authority(self) -> bytes:
        """Its certificate in PEM."""
        pem: bytes = self._authority.cert_pem.bytes()
        return pem

    async def accept(self, connection: socket.socket) -> tuple[Peer, str]:
        """
        Return the client on *connection* and the name of the broker that it asks for.

        Raises ssl.SSLError for a client that speaks no TLS, gives no server name, or does not
        trust our authority.
        """
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await loop.connect_accepted_socket(
            lambda: protocol,
            connection,
            ssl=self._nameless,
            ssl_shutdown_timeout=SHUTDOWN_SECONDS,
        )
        host = transport.get_extra_info("ssl_object").context.host
        return Peer(reader, asyncio.StreamWriter(transport, protocol, reader, loop)), host

    @property
    def _nameless(self) -> ssl.SSLContext:
        """A context without a certificate, which a server name replaces by one with its own."""

        def choose(handshake: ssl.SSLObject, host: str | None, _: ssl.SSLContext) -> None:
            if host:
                handshake.context = self._context_of(host)

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.sni_callback = choose
        return context

    def _context_of(self, host: str) -> "_Context":
        if host not in self._contexts:
            context = _Context(ssl.PROTOCOL_TLS_SERVER)
            context.host = host
            self._authority.issue_cert(host).configure_cert(context)
            self._contexts[host] = context
        return self._contexts[host]


class _Context(ssl.SSLContext):
    host: str
