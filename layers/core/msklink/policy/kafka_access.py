"""
Translate the access of an IAM client to Kafka resources into statements of the cluster policy.

Actions and resources are those of the MSK developer guide, "Semantics of IAM authorization policy
actions and resources". The identity policy in docs/client.md has the same actions: across accounts,
IAM requires that both policies allow a call.
"""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, Field

from msklink.arns import ClusterArn

# Kafka's own rule for topic names (org.apache.kafka.common.internals.Topic), with a wildcard.
Name = Annotated[str, Field(pattern=r"^[a-zA-Z0-9._*-]+$", max_length=249)]
Names = Annotated[tuple[Name, ...], Field(default=(), max_length=32)]

# Kafka UIs, Kafka Connect and AdminClient describe the cluster (provectus/kafka-ui#1100).
ON_CLUSTER = ("kafka-cluster:Connect", "kafka-cluster:DescribeCluster")
# Producers are idempotent by default since Kafka 3.0; that action is authorized on the cluster.
PRODUCE_ON_CLUSTER = ("kafka-cluster:WriteDataIdempotently",)

ACTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "produce": ("topic", ("kafka-cluster:DescribeTopic", "kafka-cluster:WriteData")),
    "consume": ("topic", ("kafka-cluster:DescribeTopic", "kafka-cluster:ReadData")),
    "create": ("topic", ("kafka-cluster:CreateTopic", "kafka-cluster:DescribeTopic")),
    "groups": ("group", ("kafka-cluster:AlterGroup", "kafka-cluster:DescribeGroup")),
    "transactional_ids": (
        "transactional-id",
        ("kafka-cluster:AlterTransactionalId", "kafka-cluster:DescribeTransactionalId"),
    ),
}
"""By field of `KafkaAccess`, the type of its resources, and the actions on them."""


class KafkaAccess(BaseModel, frozen=True, extra="forbid"):
    """
    Topics to produce to, to consume and to create, groups, and transactional ids.

    Each is a name or a pattern with `*`. No other name is accessible.
    """

    produce: Names = ()
    consume: Names = ()
    create: Names = ()
    groups: Names = ()
    transactional_ids: Names = ()

    def __lt__(self, other: "KafkaAccess") -> bool:
        return self.model_dump_json() < other.model_dump_json()

    @property
    def is_nothing(self) -> bool:
        return not any(getattr(self, field) for field in ACTIONS)

    def permissions(self, cluster: ClusterArn) -> Iterator[dict[str, Any]]:
        """Yield Action and Resource of each statement."""
        on_cluster = ON_CLUSTER + (PRODUCE_ON_CLUSTER if self.produce else ())
        yield {"Action": list(on_cluster), "Resource": cluster.text}
        for field, (kind, actions) in ACTIONS.items():
            if names := getattr(self, field):
                yield _on(cluster, kind, names, actions)


def _on(
    cluster: ClusterArn, kind: str, names: tuple[str, ...], actions: tuple[str, ...]
) -> dict[str, Any]:
    start = f"arn:{cluster.partition}:kafka:{cluster.region}:{cluster.account}"
    place = f"{start}:{kind}/{cluster.name}/{cluster.uuid}"
    return {"Action": list(actions), "Resource": sorted(f"{place}/{name}" for name in names)}
