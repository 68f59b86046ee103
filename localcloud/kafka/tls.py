"""Accept TLS with a certificate for the requested broker name, issued by a local CA."""

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
        """The certificate of the CA, in PEM."""
        pem: bytes = self._authority.cert_pem.bytes()
        return pem

    async def accept(self, connection: socket.socket) -> tuple[Peer, str]:
        """
        Return the client on *connection*, and the broker name that it requests.

        Raises ssl.SSLError for a client that uses no TLS, sends no server name, or does not trust
        the CA.
        """
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await loop.connect_accepted_socket(
            lambda: protocol,
            connection,
            ssl=self._default_context,
            ssl_shutdown_timeout=SHUTDOWN_SECONDS,
        )
        host = transport.get_extra_info("ssl_object").context.host
        return Peer(reader, asyncio.StreamWriter(transport, protocol, reader, loop)), host

    @property
    def _default_context(self) -> ssl.SSLContext:
        """A context without certificate, which is replaced when the server name is known."""

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
