"""
Run librdkafka's mock cluster, one for each MSK cluster that a client connects to.

It keeps records in memory, supports consumer groups and idempotent producers, and creates a topic
of four partitions on a Metadata request. It does not support CreateTopics, ACLs, quotas and
retention. It listens in plaintext on this machine.
"""

import socket
from dataclasses import dataclass
from typing import Final

from confluent_kafka import Producer
from kio.schema.api_versions.v0.request import ApiVersionsRequest

from localcloud.kafka.wire import Api, Versions, decode_response, encode_request, framed

START_SECONDS: Final = 10


@dataclass(frozen=True)
class MockCluster:
    """The addresses of the brokers, by number, and their API versions."""

    addresses: dict[int, tuple[str, int]]
    versions: Versions
    _holder: Producer  # the mock cluster lives as long as this client


class MockClusters:
    def __init__(self) -> None:
        self._clusters: dict[tuple[str, int], MockCluster] = {}

    def get(self, name: str, brokers: int) -> MockCluster:
        """Return the cluster called *name*; a new number of *brokers* starts an empty one."""
        if (name, brokers) not in self._clusters:
            self._clusters[name, brokers] = _started(brokers)
        return self._clusters[name, brokers]


def _started(brokers: int) -> MockCluster:
    holder = Producer({"test.mock.num.brokers": brokers, "log_level": 0})
    found = holder.list_topics(timeout=START_SECONDS).brokers
    addresses = {number: (broker.host, broker.port) for number, broker in found.items()}
    return MockCluster(addresses, _versions(addresses[1]), holder)


def _versions(address: tuple[str, int]) -> Versions:
    header = {
        "request_api_key": Api.API_VERSIONS,
        "request_api_version": 0,
        "correlation_id": 0,
        "client_id": None,
    }
    with socket.create_connection(address, START_SECONDS) as connection:
        connection.sendall(framed(encode_request(header, ApiVersionsRequest())))
        with connection.makefile("rb") as stream:
            frame = stream.read(int.from_bytes(stream.read(4)))
    answer = decode_response(Api.API_VERSIONS, 0, frame)
    return {item.api_key: (item.min_version, item.max_version) for item in answer.api_keys}
