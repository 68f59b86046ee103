"""The part of Kafka's admin API that MSK uses for topics, and an implementation in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, Protocol

NO_CONFIGS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True)
class Topic:
    name: str
    partitions: int
    replicas: int
    configs: Mapping[str, str] = NO_CONFIGS
    """Those that the topic has of its own."""


def placed(brokers: Sequence[int], partition: int, replicas: int) -> list[int]:
    """Return the brokers of the replicas of *partition*, the leader first."""
    copies = min(replicas, len(brokers))
    return [brokers[(partition + nth) % len(brokers)] for nth in range(copies)]


class Topics(Protocol):
    """
    The topics on the brokers of every cluster, by the ARN of the cluster.

    What is asked for is valid, and the topic exists, unless it is to be created.
    """

    def all(self, cluster_arn: str) -> Sequence[Topic]: ...

    def create(self, cluster_arn: str, topic: Topic) -> None: ...

    def add_partitions(self, cluster_arn: str, topic: Topic, count: int) -> None:
        """Give *topic* partitions until it has *count* of them."""

    def configure(self, cluster_arn: str, topic: Topic, configs: Mapping[str, str]) -> None:
        """Replace the configs of *topic*."""

    def delete(self, cluster_arn: str, name: str) -> None: ...

    def forget(self, cluster_arn: str) -> None:
        """Remove all topics of a cluster that is deleted; a cluster without any is no error."""


@dataclass
class MemoryTopics:
    """Topics in memory, to which nothing is written."""

    topics: dict[str, dict[str, Topic]] = field(default_factory=dict)

    def all(self, cluster_arn: str) -> Sequence[Topic]:
        return list(self.topics.get(cluster_arn, {}).values())

    def create(self, cluster_arn: str, topic: Topic) -> None:
        self.topics.setdefault(cluster_arn, {})[topic.name] = topic

    def add_partitions(self, cluster_arn: str, topic: Topic, count: int) -> None:
        self.create(cluster_arn, replace(topic, partitions=count))

    def configure(self, cluster_arn: str, topic: Topic, configs: Mapping[str, str]) -> None:
        self.create(cluster_arn, replace(topic, configs=dict(configs)))

    def delete(self, cluster_arn: str, name: str) -> None:
        del self.topics[cluster_arn][name]

    def forget(self, cluster_arn: str) -> None:
        self.topics.pop(cluster_arn, None)
