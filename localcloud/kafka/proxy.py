"""
The proxy of the brokers of all clusters: one TLS port, which routes by server name (SNI).

The server name selects the cluster, the broker and the scheme. The client then authenticates, and
is relayed to the broker of the cluster. A refusal goes to the client and to the log.

Which VPC a client is in cannot be seen here. An IAM client is taken to be in the VPCs of its
account. For SCRAM and TLS it is enough that any VPC has an AVAILABLE connection. An open
connection stays open.

An unknown broker name would not resolve on AWS. Here the client is refused during authentication,
where it can read the reason.
"""

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from ssl import SSLError
from typing import Any, Protocol

from localcloud.kafka.acls import Acls
from localcloud.kafka.broker_processes import BrokerProcesses
from localcloud.kafka.login import Cluster, Login, refusing
from localcloud.kafka.metadata import ClusterBrokers
from localcloud.kafka.relay import Relay
from localcloud.kafka.sasl import authenticate
from localcloud.kafka.tls import Accepted, Tls
from localcloud.kafka.tokens import Keys, Refused
from localcloud.kafka.wire import Peer
from localcloud.msk import BrokerName, Scheme
from localcloud.settings import HOST

logger = logging.getLogger(__name__)


class Clusters(Cluster, Protocol):
    """All clusters; `Msk` implements it."""

    def find_broker(self, host: str) -> BrokerName | None: ...

    def certificate_authorities(self, cluster_arn: str) -> Sequence[bytes]: ...

    def everyone_allowed_without_acl(self, cluster_arn: str) -> bool: ...


class KafkaProxy:
    """Serves in its own thread, from `start` to `stop`."""

    def __init__(
        self, clusters: Clusters, keys: Keys, processes: BrokerProcesses | None = None
    ) -> None:
        self._clusters = clusters
        self._keys = keys
        self._tls = Tls(self._authorities_of_clients)
        self._processes = processes or BrokerProcesses()
        self._acls: dict[str, Acls] = {}
        self._listener = socket.create_server((HOST, 0))
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self._tasks: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="kafka-proxy", daemon=True)

    @property
    def authority(self) -> bytes:
        """The certificate of the CA, in PEM, that clients must trust."""
        return self._tls.authority

    def start(self) -> None:
        self._thread.start()

    def listen_on(self, listener: socket.socket) -> Callable[[], None]:
        """Accept clients of *listener* as well, and return a function that closes it."""
        listener.setblocking(False)

        async def begin() -> asyncio.Task[None]:
            return self._begin(self._accept(listener))

        async def end() -> None:
            accepting.cancel()
            await asyncio.wait([accepting])

        accepting = asyncio.run_coroutine_threadsafe(begin(), self._loop).result()
        return lambda: asyncio.run_coroutine_threadsafe(end(), self._loop).result()

    def stop(self) -> None:
        """Stop serving, after all log messages are written. Idempotent."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._processes.stop()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._accept_until_stop())

    async def _accept_until_stop(self) -> None:
        self._begin(self._accept(self._listener))
        await self._stop.wait()
        everything = [*self._tasks]
        for task in everything:
            task.cancel()
        await asyncio.gather(*everything, return_exceptions=True)

    async def _accept(self, listener: socket.socket) -> None:
        with listener:
            while True:
                connection, _ = await self._loop.sock_accept(listener)
                self._begin(self._serve(connection))

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("client disconnected by an unexpected error", exc_info=error)

    def _authorities_of_clients(self, host: str) -> Sequence[bytes] | None:
        broker = self._clusters.find_broker(host)
        if broker is None or Scheme.TLS not in broker.addresses:
            return None
        return self._clusters.certificate_authorities(broker.cluster_arn)

    async def _serve(self, connection: socket.socket) -> None:
        try:
            accepted = await self._tls.accept(connection)
        except SSLError as error:
            logger.warning("refused a client: is SASL_SSL set, and our CA trusted? %s", error)
            return
        except OSError:
            return  # a port check without TLS
        try:
            await self._serve_accepted(accepted)
        except Refused as refusal:
            logger.warning("refused a client of %s: %s", accepted.host, refusal)
        finally:
            await accepted.client.close()

    async def _serve_accepted(self, accepted: Accepted) -> None:
        broker = self._clusters.find_broker(accepted.host)
        if broker is None:
            reason = f"there is no broker {accepted.host}, or its scheme is off"
            await authenticate(accepted.client, refusing(reason))
            return
        login = Login(self._clusters, self._keys, broker, self._acls_of(broker.cluster_arn))
        principal = await login.authenticate(accepted)
        if principal is None:
            return
        address = self._processes.address_of(broker.cluster_arn)
        server = Peer(*await asyncio.open_connection(*address))
        scheme = login.scheme_of(principal)

        def brokers() -> ClusterBrokers:
            now = self._clusters.find_broker(accepted.host) or broker
            return ClusterBrokers(now.addresses.get(scheme, broker.addresses[scheme]))

        try:
            await Relay(accepted.client, server, principal, brokers, login.acls).run()
        finally:
            await server.close()

    def _acls_of(self, cluster_arn: str) -> Acls:
        if cluster_arn not in self._acls:
            allowed = partial(self._clusters.everyone_allowed_without_acl, cluster_arn)
            self._acls[cluster_arn] = Acls(allowed)
        return self._acls[cluster_arn]


@contextmanager
def running_proxy(clusters: Clusters, keys: Keys) -> Iterator[KafkaProxy]:
    proxy = KafkaProxy(clusters, keys)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
