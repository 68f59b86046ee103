"""
The permissions of the topic operations.

Each operation has an action of its own, with actions of `kafka-cluster:` as dependent actions
(Service Authorization Reference, Amazon MSK): `kafka:ListTopics` on the cluster, the others on the
topic. The table of the developer guide ("Topic operations", IAM permissions) has the same
`kafka-cluster:` actions, for UpdateTopic all of them whatever changes. `kafka-cluster:Connect` is
on the cluster, the others on the topic.

The guide and CloudFormation's AWS::MSK::Topic leave the `kafka:` actions out. Both kinds are needed
here, so a policy that works here works whichever is right.
"""

from collections.abc import Mapping
from typing import Final

Permission = tuple[str, str]
"""An action and the ARN of a resource."""

_ON_TOPIC: Final[Mapping[str, tuple[str, ...]]] = {
    "ListTopics": ("DescribeTopic",),
    "DescribeTopic": ("DescribeTopic", "DescribeTopicDynamicConfiguration"),
    "DescribeTopicPartitions": ("DescribeTopic", "DescribeTopicDynamicConfiguration"),
    "CreateTopic": ("CreateTopic",),
    "DeleteTopic": ("DescribeTopic", "DeleteTopic"),
    "UpdateTopic": ("DescribeTopic", "AlterTopic", "AlterTopicDynamicConfiguration"),
}
OPERATIONS: Final = frozenset(_ON_TOPIC)
EVERY_TOPIC: Final = "*"
"""The name that stands for all topics of a cluster in an ARN, as ListTopics needs them."""


def topic_arn(cluster_arn: str, name: str) -> str:
    return f"{cluster_arn.replace(':cluster/', ':topic/', 1)}/{name}"


def topic_permissions(
    operation: str, cluster_arn: str, name: str = EVERY_TOPIC
) -> list[Permission]:
    """Return what a caller of *operation* needs; its own action is the first."""
    topic = topic_arn(cluster_arn, name)
    return [
        (f"kafka:{operation}", cluster_arn if operation == "ListTopics" else topic),
        ("kafka-cluster:Connect", cluster_arn),
        *((f"kafka-cluster:{action}", topic) for action in _ON_TOPIC[operation]),
    ]
