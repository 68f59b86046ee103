"""A broker with scripted responses, encoded by kio instead of our codec."""

import io
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from kio.schema.metadata.v1.request import MetadataRequest
from kio.schema.metadata.v4.request import MetadataRequest as TopicRequest
from kio.schema.request_header.v1.header import RequestHeader
from kio.schema.response_header.v0.header import ResponseHeader
from kio.schema.sasl_authenticate.v0.request import SaslAuthenticateRequest
from kio.schema.sasl_handshake.v1.request import SaslHandshakeRequest
from kio.serial import entity_reader, entity_writer

REQUESTS = {
    (3, 1): MetadataRequest,
    (3, 4): TopicRequest,
    (17, 1): SaslHandshakeRequest,
    (36, 0): SaslAuthenticateRequest,
}


class Script:
    """Responses that are sent one by one, and the requests received."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)
        self.requests: list[Any] = []

    def serve(self, stream: socket.socket) -> None:
        with stream, suppress(OSError):  # the client may hang up at any time
            for answer in self._answers:
                size = stream.recv(4)
                if not size:
                    return
                header, request = _parsed(stream.recv(struct.unpack(">i", size)[0]))
                self.requests.append(request)
                reply = answer(request) if callable(answer) else answer
                body = _written(ResponseHeader(correlation_id=header.correlation_id))
                body += _written(reply)
                stream.sendall(struct.pack(">i", len(body)) + body)


@contextmanager
def serving(script: Script) -> Iterator[socket.socket]:
    """Yield the client's end of a connection that sends *script* and then closes."""
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=script.serve, args=(theirs,))
    thread.start()
    with ours:
        yield ours
    thread.join()


@contextmanager
def listening(script: Script, context: ssl.SSLContext | None) -> Iterator[int]:
    """Yield a port that serves *script* to one client, with TLS if there is a context."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_serve_one, args=(server, script, context))
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def _serve_one(server: socket.socket, script: Script, context: ssl.SSLContext | None) -> None:
    stream, _ = server.accept()
    try:
        secured = context.wrap_socket(stream, server_side=True) if context else stream
    except OSError:  # the client does not like the certificate
        stream.close()
        return
    script.serve(secured)


def _parsed(content: bytes) -> tuple[Any, Any]:
    header, size = entity_reader(RequestHeader)(content, 0)
    read: Any = entity_reader(REQUESTS[header.request_api_key, header.request_api_version])
    request, rest = read(content, size)
    assert len(content) == size + rest, "more than one request"
    return header, request


def _written(entity: Any) -> bytes:
    buffer = io.BytesIO()
    entity_writer(type(entity))(buffer, entity)
    return buffer.getvalue()
