"""The topic operations: rules, the view that is a minute old, and pages."""

import base64

import pytest

from localcloud.msk import Assumptions, faults
from localcloud.msk.errors import CONFIGS_OR_PARTITIONS
from localcloud.msk.topic_permissions import OPERATIONS, topic_arn
from tests.emulator.builders import OWNER, Emulator, Json
from tests.emulator.topic_builders import (
    ALL_ARGUMENTS,
    configs,
    create,
    described,
    encoded,
    listed,
    refused,
    update,
    update_refusal,
)


@pytest.fixture
def cluster(emulator: Emulator) -> str:
    return emulator.cluster()


def test_a_topic_is_shown_after_a_minute(emulator: Emulator, cluster: str) -> None:
    arn = topic_arn(cluster, "orders")

    made = create(emulator, cluster)

    assert made == {"TopicArn": arn, "TopicName": "orders", "Status": "CREATING"}
    emulator.later(0.9)
    assert listed(emulator, cluster) == []
    assert (
        emulator.refusal(OWNER, "DescribeTopic", ClusterArn=cluster, TopicName="orders").code
        == "NotFoundException"
    )
    emulator.later(0.1)
    assert emulator.call(OWNER, "ListTopics", ClusterArn=cluster)["Topics"] == [
        {
            "TopicArn": arn,
            "TopicName": "orders",
            "PartitionCount": 3,
            "ReplicationFactor": 3,
            "OutOfSyncReplicaCount": 0,
            "ReplicaIds": [1, 2, 3],
        }
    ]
    assert described(emulator, cluster)["Status"] == "ACTIVE"


def test_a_change_and_a_removal_are_shown_after_a_minute(emulator: Emulator, cluster: str) -> None:
    create(emulator, cluster)
    emulator.later(1)

    assert update(emulator, cluster, PartitionCount=6)["Status"] == "UPDATING"
    assert described(emulator, cluster)["PartitionCount"] == 3
    emulator.later(1)
    assert described(emulator, cluster)["PartitionCount"] == 6

    gone = emulator.call(OWNER, "DeleteTopic", ClusterArn=cluster, TopicName="orders")
    assert gone["Status"] == "DELETING"
    assert listed(emulator, cluster) == ["orders"]
    emulator.later(1)
    assert listed(emulator, cluster) == []


def test_a_name_is_taken_and_free_at_once(emulator: Emulator, cluster: str) -> None:
    create(emulator, cluster)

    error = refused(emulator, cluster)

    assert (error.code, error.status) == ("TopicExistsException", 409)
    assert error.invalid_parameter == "topicName"
    emulator.call(OWNER, "DeleteTopic", ClusterArn=cluster, TopicName="orders")
    create(emulator, cluster)


@pytest.mark.parametrize(
    ("name", "changes", "parameter"),
    [
        ("", {}, "topicName"),
        (".", {}, "topicName"),
        ("..", {}, "topicName"),
        ("orders!", {}, "topicName"),
        ("o" * 250, {}, "topicName"),
        ("a_b", {}, "topicName"),
        ("orders", {"PartitionCount": 0}, "partitionCount"),
        ("orders", {"ReplicationFactor": 0}, "replicationFactor"),
        ("orders", {"ReplicationFactor": 4}, "replicationFactor"),
        ("orders", {"Configs": "no base64"}, "configs"),
        ("orders", {"Configs": encoded("{")}, "configs"),
        ("orders", {"Configs": encoded("retention.ms")}, "configs"),
        ("orders", {"Configs": encoded({"retention": "1"})}, "configs"),
        ("orders", {"Configs": encoded({"retention.ms": "week"})}, "configs"),
        ("orders", {"Configs": encoded({"retention.ms": 1})}, "configs"),
        ("orders", {"Configs": encoded({"cleanup.policy": "delete,never"})}, "configs"),
        ("orders", {"Configs": encoded({"min.cleanable.dirty.ratio": "1.1"})}, "configs"),
    ],
)
def test_what_kafka_would_refuse_is_a_bad_request(
    emulator: Emulator, cluster: str, name: str, changes: Json, parameter: str
) -> None:
    create(emulator, cluster, "a.b")

    error = refused(emulator, cluster, name, **changes)

    assert (error.code, error.invalid_parameter) == ("BadRequestException", parameter)
    emulator.later(1)
    assert listed(emulator, cluster) == ["a.b"]


@pytest.mark.parametrize("name", ["a", "o" * 249, "...", "a.b-c_D9"])
def test_names_of_kafka_are_taken(emulator: Emulator, cluster: str, name: str) -> None:
    create(emulator, cluster, name)
    emulator.later(1)

    assert listed(emulator, cluster) == [name]


@pytest.mark.parametrize(
    "given",
    [{"retention.ms": "5", "cleanup.policy": "compact"}, "retention.ms=5\ncleanup.policy=compact"],
    ids=["object", "lines"],
)
def test_configs_are_shown_with_the_defaults_of_the_others(
    emulator: Emulator, cluster: str, given: object
) -> None:
    create(emulator, cluster, Configs=encoded(given))
    emulator.later(1)

    found = configs(emulator, cluster)

    assert (found["retention.ms"], found["cleanup.policy"]) == ("5", "compact")
    assert (found["segment.ms"], found["min.insync.replicas"]) == ("604800000", "2")


def test_whether_configs_are_shown_as_an_object_can_be_chosen() -> None:
    emulator = Emulator(Assumptions(topic_configs_are_json=False))
    cluster = emulator.cluster()
    create(emulator, cluster, Configs=encoded({"retention.ms": "5"}))
    emulator.later(1)

    text = base64.b64decode(described(emulator, cluster)["Configs"]).decode()

    assert {"retention.ms=5", "compression.type=producer"} <= set(text.splitlines())


def test_an_update_of_configs_replaces_those_of_the_topic(emulator: Emulator, cluster: str) -> None:
    create(emulator, cluster, Configs=encoded({"retention.ms": "5"}))

    update(emulator, cluster, Configs=encoded({"segment.ms": "7"}))

    emulator.later(1)
    found = configs(emulator, cluster)
    assert (found["retention.ms"], found["segment.ms"]) == ("604800000", "7")


def test_an_update_is_of_configs_or_of_partitions(emulator: Emulator, cluster: str) -> None:
    create(emulator, cluster)

    neither = update_refusal(emulator, cluster)
    both = update_refusal(emulator, cluster, PartitionCount=6, Configs=encoded({}))

    assert neither.message == both.message == CONFIGS_OR_PARTITIONS


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_partitions_only_grows(emulator: Emulator, cluster: str, count: int) -> None:
    create(emulator, cluster)

    error = update_refusal(emulator, cluster, PartitionCount=count)

    assert (error.code, error.invalid_parameter) == ("BadRequestException", "partitionCount")


@pytest.mark.parametrize("operation", sorted(OPERATIONS - {"ListTopics", "CreateTopic"}))
def test_a_missing_topic_is_not_found(emulator: Emulator, cluster: str, operation: str) -> None:
    error = emulator.refusal(OWNER, operation, ClusterArn=cluster, **ALL_ARGUMENTS[operation])

    assert (error.code, error.invalid_parameter) == ("NotFoundException", "topicName")


def test_pages_and_prefixes(emulator: Emulator, cluster: str) -> None:
    for name in ("prod-c", "test-a", "prod-a", "prod-b"):
        create(emulator, cluster, name)
    emulator.later(1)

    first = emulator.call(
        OWNER, "ListTopics", ClusterArn=cluster, MaxResults=2, TopicNameFilter="prod-"
    )
    emulator.call(OWNER, "DeleteTopic", ClusterArn=cluster, TopicName="prod-a")
    emulator.later(1)
    second = emulator.call(
        OWNER,
        "ListTopics",
        ClusterArn=cluster,
        MaxResults=2,
        TopicNameFilter="prod-",
        NextToken=first["NextToken"],
    )

    assert [topic["TopicName"] for topic in first["Topics"]] == ["prod-a", "prod-b"]
    assert [topic["TopicName"] for topic in second["Topics"]] == ["prod-c"]
    assert "NextToken" not in second
    assert listed(emulator, cluster, TopicNameFilter="rod") == []


def test_partitions_are_led_by_brokers_in_turn(emulator: Emulator, cluster: str) -> None:
    create(emulator, cluster, PartitionCount=4, ReplicationFactor=2)
    emulator.later(1)
    topic = {"ClusterArn": cluster, "TopicName": "orders", "MaxResults": 3}

    first = emulator.call(OWNER, "DescribeTopicPartitions", **topic)
    second = emulator.call(OWNER, "DescribeTopicPartitions", **topic, NextToken=first["NextToken"])

    partitions = [*first["Partitions"], *second["Partitions"]]
    assert [item["Partition"] for item in partitions] == [0, 1, 2, 3]
    assert [item["Leader"] for item in partitions] == [1, 2, 3, 1]
    assert partitions[2] == {"Partition": 2, "Leader": 3, "Replicas": [3, 1], "Isr": [3, 1]}


def test_topics_go_with_their_cluster(emulator: Emulator, cluster: str) -> None:
    create(emulator, cluster)

    emulator.call(OWNER, "DeleteCluster", ClusterArn=cluster)
    emulator.later(5)
    emulator.msk.settle()

    assert emulator.topics.all(cluster) == []
    error = emulator.refusal(OWNER, "ListTopics", ClusterArn=cluster)
    assert error.code == "NotFoundException"


def test_a_fault_comes_before_or_after_the_effect(emulator: Emulator, cluster: str) -> None:
    before, after = (
        faults.error("CreateTopic", "KafkaTimeoutException", when="before"),
        faults.error("CreateTopic", "KafkaTimeoutException", when="after"),
    )

    emulator.msk.faults.add(before)
    assert refused(emulator, cluster).code == "KafkaTimeoutException"
    assert emulator.topics.all(cluster) == []

    emulator.msk.faults.add(after)
    assert refused(emulator, cluster).code == "KafkaTimeoutException"
    assert [topic.name for topic in emulator.topics.all(cluster)] == ["orders"]
