"""
Serve Kafka clients on the ports of private connectivity, which bootstrap strings carry.

They are 14001 to 14100 (MSK developer guide, "Port information"). All are claimed, or none, so two
embedded AWS on one machine take turns. Clients in Python need none of them (resolver.py).
"""

import socket
import threading
from collections.abc import Callable
from typing import Final

from localcloud.settings import HOST

BROKER_PORTS: Final = range(14001, 14101)

ListenOn = Callable[[socket.socket], Callable[[], None]]
"""Serves clients of a listening socket, and returns a function that closes it."""


class PortTaken(Exception):
    """Another process listens on one of the ports; the message names it and the remedy."""


class BrokerPorts:
    def __init__(self, listen_on: ListenOn) -> None:
        self._listen_on = listen_on
        self._lock = threading.Lock()
        self._closes: list[Callable[[], None]] = []

    @property
    def claimed(self) -> bool:
        return bool(self._closes)

    def claim(self) -> None:
        """Listen on all ports. Idempotent. Raises PortTaken, and then listens on none."""
        with self._lock:
            if not self._closes:
                self._closes = [self._listen_on(listener) for listener in _listeners()]

    def release(self) -> None:
        """Close all ports. Idempotent; connections stay open."""
        with self._lock:
            while self._closes:
                self._closes.pop()()


def _listeners() -> list[socket.socket]:
    """Return a socket for each port. The first port is taken first, so of two claims one wins."""
    listeners: list[socket.socket] = []
    try:
        for port in BROKER_PORTS:
            listeners.append(socket.create_server((HOST, port)))
    except OSError as error:
        for listener in listeners:
            listener.close()
        raise PortTaken(
            f"port {port} of {HOST} is taken by another process: if that is another embedded AWS, "
            "stop it, or let it release the ports by DELETE /_localcloud/kafka/ports"
        ) from error
    return listeners
