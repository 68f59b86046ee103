"""
The door to the brokers of all clusters: one TLS port, behind which the server name decides.

A connection is told by its server name (SNI) which broker of which cluster it wants and by which
scheme. The client then authenticates, and is passed on if its account gets through to that
cluster. What is refused is told to the client, and to the log.

Only IAM is served: the secrets and the client certificates of a cluster are not emulated, so that
clients by SCRAM and TLS are refused. What an identity may do with topics and groups is not judged,
and neither are the policies of its own account. A connection once let in stays.

A name of no broker would not resolve on AWS; here it gets as far as authentication, because only
there a client can be told why it is refused.
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
    """What names stand for, and what keeps whom from what they stand for: `Msk` is one."""

    def find_broker(self, host: str) -> PrivateBroker | None: ...

    def denial_reason(self, caller: Caller, broker: PrivateBroker) -> str | None: ...


class KafkaProxy:
    """Serves in a thread of its own from `start` to `stop`."""

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
        self._thread = threading.Thread(target=self._run, name="kafka-front", daemon=True)

    @property
    def authority(self) -> bytes:
        """The certificate, in PEM, that clients have to trust."""
        return self._tls.authority

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End it, with all that it has still to say in the log; again is harmless."""
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
                logger.error("lost a client by a fault of its message or of ours", exc_info=error)

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
            return  # it only looked whether somebody listens
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
        behind = Peer(*await asyncio.open_connection(*cluster.addresses[broker.number]))
        try:
            await relay(client, behind, broker, cluster.versions)
        finally:
            await behind.close()


@contextmanager
def running_proxy(authorizer: Authorizer, keys: Keys) -> Iterator[KafkaProxy]:
    proxy = KafkaProxy(authorizer, keys)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
