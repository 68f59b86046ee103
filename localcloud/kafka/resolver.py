"""
Name resolution for a Kafka client on this machine, as the private hosted zone does it in a VPC.

    from localcloud.kafka import resolver
    resolver.install()

From then on the brokers' names lead to the embedded AWS in this process, whatever port they are
given with. Clients in Python that use the standard library's sockets are reached by this, such as
kafka-python and aiokafka; librdkafka resolves names by itself, in C.
"""

import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from localcloud.settings import HOST

PORT_VARIABLE: Final = "MSKLINK_KAFKA_PORT"
BROKER_NAME: Final = re.compile(r".+\.kafka\.[a-z0-9-]+\.amazonaws\.com", re.IGNORECASE)

_getaddrinfo = socket.getaddrinfo


def install(port: int | None = None) -> None:
    """Let brokers' names lead to *port* here; without it the environment says which."""
    there = port or int(os.environ[PORT_VARIABLE])

    def getaddrinfo(host: Any, port: Any, *rest: Any, **options: Any) -> Any:
        if isinstance(host, str) and BROKER_NAME.fullmatch(host):
            host, port = HOST, there
        return _getaddrinfo(host, port, *rest, **options)

    socket.getaddrinfo = getaddrinfo


@contextmanager
def installed(port: int) -> Iterator[None]:
    """The same until the block is left; then it is as it was before."""
    before = socket.getaddrinfo
    install(port)
    try:
        yield
    finally:
        socket.getaddrinfo = before
