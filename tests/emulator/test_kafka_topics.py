"""Topics of the API are those of the brokers, and IAM decides who may call the API."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic

from localcloud.cloud import Cloud
from localcloud.kafka import resolver
from localcloud.logins import owner_settings
from localcloud.msk.topic_permissions import OPERATIONS, topic_arn, topic_permissions
from localcloud.networks import make_networks
from tests.emulator.kafka_builders import DEADLINE

pytestmark = pytest.mark.xdist_group("kafka-topics")

CALLS: dict[str, dict[str, Any]] = {
    "CreateTopic": {"TopicName": "iam", "PartitionCount": 1, "ReplicationFactor": 3},
    "ListTopics": {},
    "DescribeTopic": {"TopicName": "iam"},
    "DescribeTopicPartitions": {"TopicName": "iam"},
    "UpdateTopic": {"TopicName": "iam", "PartitionCount": 2},
    "DeleteTopic": {"TopicName": "iam"},
}
"""In the order in which they work."""


@dataclass
class Owner:
    """The owner of a cluster in the running embedded AWS."""

    cloud: Cloud
    cluster: str

    @property
    def kafka(self) -> Any:
        return self.cloud.client("kafka", self.cloud.owner)

    def create(self, name: str, partitions: int = 1) -> None:
        self.kafka.create_topic(
            ClusterArn=self.cluster, TopicName=name, PartitionCount=partitions, ReplicationFactor=3
        )

    def listed(self, name: str) -> list[int]:
        """Return the numbers of partitions of the topics whose name begins with *name*."""
        found = self.kafka.list_topics(ClusterArn=self.cluster, TopicNameFilter=name)["Topics"]
        return [topic["PartitionCount"] for topic in found]

    @contextmanager
    def client(self, kind: type[Any], *topics: str, **settings: Any) -> Iterator[Any]:
        """Yield a Kafka client in the cluster's VPC, with the owner's credentials."""
        port = self.cloud.kafka().port
        with resolver.installed(port):
            client = kind(*topics, **owner_settings(self.cloud, self.cluster), **settings)
            try:
                yield client
            finally:
                client.close()


@pytest.fixture(scope="module")
def owner(cloud: Cloud) -> Owner:
    return Owner(cloud, _made_cluster(cloud, "orders"))


def _made_cluster(cloud: Cloud, name: str) -> str:
    kafka = cloud.client("kafka", cloud.owner)
    arn: str = kafka.create_cluster_v2(
        ClusterName=name,
        Provisioned={
            "KafkaVersion": "3.8.x",
            "NumberOfBrokerNodes": 3,
            "BrokerNodeGroupInfo": {
                "InstanceType": "kafka.m7g.large",
                "ClientSubnets": make_networks(cloud.endpoint)[cloud.owner].subnet_ids,
            },
            "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}},
        },
    )["ClusterArn"]

    def state() -> str:
        return str(kafka.describe_cluster_v2(ClusterArn=arn)["ClusterInfo"]["State"])

    cloud.until(lambda: state() == "ACTIVE")
    return arn


def test_a_topic_of_the_api_is_written_to_and_read(owner: Owner) -> None:
    owner.create("api")

    with owner.client(KafkaProducer) as producer:
        producer.send("api", b"one").get(DEADLINE)
    with owner.client(KafkaConsumer, "api", auto_offset_reset="earliest") as consumer:
        record = next(iter(consumer))

    assert record.value == b"one"


def test_a_topic_of_an_admin_client_is_listed_after_a_minute(owner: Owner) -> None:
    assert owner.listed("admin") == []

    with owner.client(KafkaAdminClient) as admin:
        admin.create_topics([NewTopic("admin", 2, 3)])

    assert owner.listed("admin") == []
    owner.cloud.advance(60)
    assert owner.listed("admin") == [2]


def test_partitions_are_added_until_a_topic_is_written_to(owner: Owner) -> None:
    owner.create("growing")
    grown = {"ClusterArn": owner.cluster, "TopicName": "growing"}

    owner.kafka.update_topic(**grown, PartitionCount=3)
    owner.cloud.advance(60)
    assert owner.listed("growing") == [3]

    with owner.client(KafkaProducer) as producer:
        producer.send("growing", b"one").get(DEADLINE)
    with pytest.raises(ClientError, match="never written to"):
        owner.kafka.update_topic(**grown, PartitionCount=6)


def test_leaders_are_those_that_clients_see(owner: Owner) -> None:
    owner.create("led", partitions=3)
    owner.cloud.advance(60)

    shown = owner.kafka.describe_topic_partitions(ClusterArn=owner.cluster, TopicName="led")
    with owner.client(KafkaAdminClient) as admin:
        (topic,) = admin.describe_topics(["led"])

    assert {item["Partition"]: item["Leader"] for item in shown["Partitions"]} == {
        item["partition_index"]: item["leader_id"] for item in topic["partitions"]
    }


def test_topics_end_with_their_cluster(owner: Owner) -> None:
    cluster = _made_cluster(owner.cloud, "short-lived")
    doomed = Owner(owner.cloud, cluster)
    doomed.create("payments")

    owner.kafka.delete_cluster(ClusterArn=cluster)
    owner.cloud.advance(3600)

    with pytest.raises(ClientError, match="does not exist"):
        doomed.listed("payments")
    owner.create("payments")


def test_each_operation_needs_each_of_its_permissions(owner: Owner) -> None:
    assert set(CALLS) == OPERATIONS
    role = _Role(owner.cloud, "topics")

    for operation, arguments in CALLS.items():
        needed = topic_permissions(operation, owner.cluster, arguments.get("TopicName", "*"))
        for action, resource in needed:
            role.allow(*(each for each in needed if each != (action, resource)))
            with pytest.raises(ClientError) as refusal:
                role.call(operation, ClusterArn=owner.cluster, **arguments)
            assert f"not authorized to perform: {action} on resource: {resource}" in str(
                refusal.value
            )
        role.allow(*needed)
        role.call(operation, ClusterArn=owner.cluster, **arguments)
        owner.cloud.advance(60)
    assert owner.listed("iam") == []


def test_a_policy_for_some_names_is_no_policy_for_others(owner: Owner) -> None:
    role = _Role(owner.cloud, "billing")
    role.allow(*topic_permissions("CreateTopic", owner.cluster, "billing.*"))
    wanted = {"ClusterArn": owner.cluster, "PartitionCount": 1, "ReplicationFactor": 3}

    role.call("CreateTopic", TopicName="billing.payments", **wanted)
    with pytest.raises(ClientError, match=topic_arn(owner.cluster, "audit")):
        role.call("CreateTopic", TopicName="audit", **wanted)

    owner.cloud.advance(60)
    assert owner.listed("billing.payments") == [1]
    assert owner.listed("audit") == []


class _Role:
    """A role of the owner's account, and a session of it."""

    def __init__(self, cloud: Cloud, name: str) -> None:
        self._iam, self._name = cloud.client("iam", cloud.owner), name
        trust = {"Effect": "Allow", "Principal": {"AWS": cloud.owner}, "Action": "sts:AssumeRole"}
        role = self._iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": trust})
        )["Role"]
        keys = cloud.client("sts", cloud.owner).assume_role(
            RoleArn=role["Arn"], RoleSessionName="test"
        )["Credentials"]
        self._kafka: Any = cloud.session(cloud.owner).client(
            "kafka",
            endpoint_url=cloud.endpoint,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )

    def allow(self, *permissions: tuple[str, str]) -> None:
        statements = [
            {"Effect": "Allow", "Action": action, "Resource": resource}
            for action, resource in permissions
        ]
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self._iam.put_role_policy(RoleName=self._name, PolicyName="topics", PolicyDocument=document)

    def call(self, operation: str, **arguments: Any) -> None:
        self._kafka._make_api_call(operation, arguments)
