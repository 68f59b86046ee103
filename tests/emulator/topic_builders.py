"""Ask the emulator about topics, as the owner of their cluster."""

import base64
import json
from typing import Any

from localcloud.msk import MskError
from tests.emulator.builders import OWNER, Emulator, Json

ALL_ARGUMENTS: dict[str, Json] = {
    "ListTopics": {},
    "DescribeTopic": {"TopicName": "orders"},
    "DescribeTopicPartitions": {"TopicName": "orders"},
    "CreateTopic": {"TopicName": "orders", "PartitionCount": 1, "ReplicationFactor": 3},
    "UpdateTopic": {"TopicName": "orders", "PartitionCount": 4},
    "DeleteTopic": {"TopicName": "orders"},
}


def create(emulator: Emulator, cluster: str, name: str = "orders", **changes: Any) -> Json:
    wanted = {"PartitionCount": 3, "ReplicationFactor": 3} | changes
    return emulator.call(OWNER, "CreateTopic", ClusterArn=cluster, TopicName=name, **wanted)


def refused(emulator: Emulator, cluster: str, name: str = "orders", **changes: Any) -> MskError:
    wanted = {"PartitionCount": 3, "ReplicationFactor": 3} | changes
    return emulator.refusal(OWNER, "CreateTopic", ClusterArn=cluster, TopicName=name, **wanted)


def described(emulator: Emulator, cluster: str, name: str = "orders") -> Json:
    return emulator.call(OWNER, "DescribeTopic", ClusterArn=cluster, TopicName=name)


def update(emulator: Emulator, cluster: str, name: str = "orders", **changes: Any) -> Json:
    return emulator.call(OWNER, "UpdateTopic", ClusterArn=cluster, TopicName=name, **changes)


def update_refusal(emulator: Emulator, cluster: str, **changes: Any) -> MskError:
    asked = {"ClusterArn": cluster, "TopicName": "orders"} | changes
    return emulator.refusal(OWNER, "UpdateTopic", **asked)


def listed(emulator: Emulator, cluster: str, **filters: Any) -> list[str]:
    answer = emulator.call(OWNER, "ListTopics", ClusterArn=cluster, **filters)
    return [topic["TopicName"] for topic in answer["Topics"]]


def encoded(content: object) -> str:
    text = content if isinstance(content, str) else json.dumps(content)
    return base64.b64encode(text.encode()).decode()


def configs(emulator: Emulator, cluster: str) -> Json:
    content: Json = json.loads(base64.b64decode(described(emulator, cluster)["Configs"]))
    return content
