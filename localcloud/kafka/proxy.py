"""
The proxy of the brokers of all clusters: one TLS port, which routes by server name (SNI).

The server name selects the cluster, the broker and the scheme. The client then authenticates, and
is relayed to the broker if its account may connect to the cluster. A refusal goes to the client
and to the log.

Only IAM is supported: secrets and client certificates of a cluster are not emulated, so clients by
SCRAM and TLS are refused. Permissions for topics and groups are not checked, nor are identity
policies. An open connection stays open.

An unknown broker name would not resolve on AWS. Here the client is refused during authentication,
where it can read the reason.
"""

import asyncio
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ssl import SSLError
from typing import Protocol

from localcloud.kafka.mock_clusters import MockClusters
from localcloud.kafka.relay import relay
from localcloud.kafka.sasl import authenticate, iam_caller
from localcloud.kafka.tls import Tls
from localcloud.kafka.tokens import Keys, Refused
from localcloud.kafka.wire import Peer
from localcloud.msk import Caller, PrivateBroker, Scheme
from localcloud.settings import HOST

logger = logging.getLogger(__name__)


class Authorizer(Protocol):
    """Maps broker names to brokers, and decides who may connect; `Msk` implements it."""

    def find_broker(self, host: str) -> PrivateBroker | None: ...

    def denial_reason(self, caller: Caller, broker: PrivateBroker) -> str | None: ...


class KafkaProxy:
    """Serves in its own thread, from `start` to `stop`."""

    def __init__(self, authorizer: Authorizer, keys: Keys) -> None:
        self._authorizer = authorizer
        self._keys = keys
        self._tls = Tls()
        self._clusters = MockClusters()
        self._listener = socket.create_server((HOST, 0))
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self._stop = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="kafka-proxy", daemon=True)

    @property
    def authority(self) -> bytes:
        """The certificate of the CA, in PEM, that clients must trust."""
        return self._tls.authority

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop serving, after all log messages are written. Idempotent."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._accept_until_stop())

    async def _accept_until_stop(self) -> None:
        tasks: set[asyncio.Task[None]] = set()

        async def accept() -> None:
            while True:
                connection, _ = await self._loop.sock_accept(self._listener)
                task = asyncio.create_task(self._serve(connection))
                tasks.add(task)
                task.add_done_callback(ended)

        def ended(task: asyncio.Task[None]) -> None:
            tasks.discard(task)
            if not task.cancelled() and (error := task.exception()):
                logger.error("client disconnected by an unexpected error", exc_info=error)

        accepting = asyncio.create_task(accept())
        await self._stop.wait()
        everything = [accepting, *tasks]
        for task in everything:
            task.cancel()
        await asyncio.gather(*everything, return_exceptions=True)
        self._listener.close()

    async def _serve(self, connection: socket.socket) -> None:
        try:
            client, host = await self._tls.accept(connection)
        except SSLError as error:
            logger.warning("refused a client: is SASL_SSL set, and our CA trusted? %s", error)
            return
        except OSError:
            return  # a port check without TLS
        try:
            await self._serve_known(client, host)
        except Refused as refusal:
            logger.warning("refused a client of %s: %s", host, refusal)
        finally:
            await client.close()

    async def _serve_known(self, client: Peer, host: str) -> None:
        broker = self._authorizer.find_broker(host)
        if broker is None:
            reason = f"there is no broker {host}, or its scheme is off in private connectivity"
        elif broker.scheme is not Scheme.IAM:
            reason = f"clients by {broker.scheme} are not served here, only those by iam"
        else:
            await self._serve_iam(client, host, broker)
            return

        def refuse(*_: object) -> Caller:
            raise Refused(reason)

        await authenticate(client, {}, refuse)

    async def _serve_iam(self, client: Peer, host: str, broker: PrivateBroker) -> None:
        cluster = self._clusters.get(broker.cluster_arn, len(broker.addresses))

        def identify(mechanism: str, message: bytes) -> Caller:
            caller = iam_caller(mechanism, message, host, broker.region, self._keys)
            if reason := self._authorizer.denial_reason(caller, broker):
                raise Refused(reason)
            return caller

        if await authenticate(client, cluster.versions, identify) is None:
            return
        server = Peer(*await asyncio.open_connection(*cluster.addresses[broker.number]))
        try:
            await relay(client, server, broker, cluster.versions)
        finally:
            await server.close()


@contextmanager
def running_proxy(authorizer: Authorizer, keys: Keys) -> Iterator[KafkaProxy]:
    proxy = KafkaProxy(authorizer, keys)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
