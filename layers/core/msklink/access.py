"""What an IAM client may do to topics and groups, as statements of the cluster policy.

Actions and resources are those of the MSK developer guide, "IAM access control: action bundles".
"""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, Field

from msklink.arns import ClusterArn

# Kafka's own rule for topic names (org.apache.kafka.common.internals.Topic), and a wildcard.
Name = Annotated[str, Field(pattern=r"^[a-zA-Z0-9._*-]+$", max_length=249)]

CONNECT = ("kafka-cluster:Connect",)
# Producers are idempotent by default since Kafka 3.0, and that is judged on the cluster.
PRODUCE_ON_CLUSTER = ("kafka-cluster:WriteDataIdempotently",)
PRODUCE = ("kafka-cluster:DescribeTopic", "kafka-cluster:WriteData")
CONSUME = ("kafka-cluster:DescribeTopic", "kafka-cluster:ReadData")
CONSUME_GROUP = ("kafka-cluster:AlterGroup", "kafka-cluster:DescribeGroup")


class Access(BaseModel, frozen=True, extra="forbid"):
    """Topics to write to, topics to read from, and the consumer groups to read in."""

    produce: tuple[Name, ...] = Field(default=(), max_length=32)
    consume: tuple[Name, ...] = Field(default=(), max_length=32)
    groups: tuple[Name, ...] = Field(default=(), max_length=32)

    def __lt__(self, other: "Access") -> bool:
        return self.model_dump_json() < other.model_dump_json()

    @property
    def is_nothing(self) -> bool:
        return not (self.produce or self.consume or self.groups)

    def permissions(self, cluster: ClusterArn) -> Iterator[dict[str, Any]]:
        """Action and Resource of each statement; a group is of use to who may consume only."""
        on_cluster = CONNECT + (PRODUCE_ON_CLUSTER if self.produce else ())
        yield {"Action": list(on_cluster), "Resource": cluster.text}
        if self.produce:
            yield _on(cluster, "topic", self.produce, PRODUCE)
        if self.consume:
            yield _on(cluster, "topic", self.consume, CONSUME)
        if self.groups:
            yield _on(cluster, "group", self.groups, CONSUME_GROUP)


def _on(
    cluster: ClusterArn, kind: str, names: tuple[str, ...], actions: tuple[str, ...]
) -> dict[str, Any]:
    start = f"arn:{cluster.partition}:kafka:{cluster.region}:{cluster.account}"
    place = f"{start}:{kind}/{cluster.name}/{cluster.uuid}"
    return {"Action": list(actions), "Resource": sorted(f"{place}/{name}" for name in names)}
