"""
Resolve broker names for Kafka clients on this machine, as MSK's private hosted zone does in a VPC.

    from localcloud.kafka import resolver
    resolver.install()

Then broker names resolve to the Kafka proxy in this process, with any port. This works for clients
that use Python's sockets, such as kafka-python and aiokafka. librdkafka resolves names in C.
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
    """Resolve broker names to *port* on this machine; its default is in the environment."""
    there = port or int(os.environ[PORT_VARIABLE])

    def getaddrinfo(host: Any, port: Any, *rest: Any, **options: Any) -> Any:
        if isinstance(host, str) and BROKER_NAME.fullmatch(host):
            host, port = HOST, there
        return _getaddrinfo(host, port, *rest, **options)

    socket.getaddrinfo = getaddrinfo


@contextmanager
def installed(port: int) -> Iterator[None]:
    """Do so until the block ends."""
    before = socket.getaddrinfo
    install(port)
    try:
        yield
    finally:
        socket.getaddrinfo = before
