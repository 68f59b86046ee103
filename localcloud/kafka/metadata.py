"""
Rewrite what names brokers: the broker behind the proxy is one, those of the cluster are many.

Every broker of the cluster leads to the same process. So the partitions and groups are shared out
among them here, by number and by name.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kio.index import load_payload_module
from kio.schema.errors import ErrorCode
from kio.static.constants import EntityType

from localcloud.kafka.authorization import Operation, Principal, Resource
from localcloud.kafka.wire import Api, Request
from localcloud.msk import Address, placed


@dataclass(frozen=True)
class ClusterBrokers:
    """The brokers of a cluster as a client sees them: the address of each, by broker id."""

    addresses: Mapping[int, Address]

    def metadata(self, request: Request, payload: Any, answer: Any, principal: Principal) -> Any:
        """Return the *answer* to Metadata as *principal* sees it, with these brokers."""
        module = load_payload_module(Api.METADATA, request.version, EntityType.response)
        racks = {} if request.version < 1 else {"rack": None}
        brokers = tuple(
            module.MetadataResponseBroker(node_id=number, host=host, port=port, **racks)
            for number, (host, port) in self.addresses.items()
        )
        by_name = bool(payload.topics)
        topics = tuple(
            self._topic(topic) if _may_describe(principal, topic) else _hidden(topic)
            for topic in answer.topics
            if by_name or _may_describe(principal, topic)
        )
        controller = {} if request.version < 1 else {"controller_id": self._ids[0]}
        return replace(answer, brokers=brokers, topics=topics, **controller)

    def coordinator(self, payload: Any, answer: Any) -> Any:
        """Return the *answer* to FindCoordinator with the broker that has this group."""
        if answer.error_code is not ErrorCode.none:
            return answer
        number = self._ids[zlib.crc32(payload.key.encode()) % len(self._ids)]
        host, port = self.addresses[number]
        return replace(answer, node_id=number, host=host, port=port)

    @property
    def _ids(self) -> Sequence[int]:
        return list(self.addresses)

    def _topic(self, topic: Any) -> Any:
        return replace(topic, partitions=tuple(self._partition(each) for each in topic.partitions))

    def _partition(self, partition: Any) -> Any:
        """Return a partition with as many replicas, on brokers in turn, all of them in sync."""
        nodes = tuple(placed(self._ids, partition.partition_index, len(partition.replica_nodes)))
        return replace(partition, leader_id=nodes[0], replica_nodes=nodes, isr_nodes=nodes)


def _may_describe(principal: Principal, topic: Any) -> bool:
    return principal.may(Operation.DESCRIBE, Resource.TOPIC, topic.name)


def _hidden(topic: Any) -> Any:
    """Return a topic that was asked for by its name, as one that the client may not describe."""
    return replace(topic, error_code=ErrorCode.topic_authorization_failed, partitions=())
