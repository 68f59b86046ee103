"""
The topics on the brokers of Tansu, for the topic operations of MSK.

A cluster's broker is started when its topics are first asked for, and the client, which is
confluent-kafka, is imported then.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, Final

from localcloud.kafka.broker_processes import BrokerProcesses
from localcloud.msk import MskError, Topic

TIMEOUT_SECONDS: Final = 30


class BrokerTopics:
    def __init__(self, processes: BrokerProcesses) -> None:
        self._processes = processes
        self._clients: dict[str, Any] = {}

    def all(self, cluster_arn: str) -> Sequence[Topic]:
        client = self._client(cluster_arn)
        found = client.list_topics(timeout=TIMEOUT_SECONDS).topics
        resources = {name: _resource(name) for name in found}
        answers = client.describe_configs([*resources.values()]) if resources else {}
        return [
            Topic(
                name,
                len(topic.partitions),
                len(topic.partitions[0].replicas),
                {key: each.value for key, each in _done(answers[resources[name]]).items()},
            )
            for name, topic in found.items()
        ]

    def create(self, cluster_arn: str, topic: Topic) -> None:
        wanted = _library().admin.NewTopic(
            topic.name, topic.partitions, topic.replicas, config=dict(topic.configs)
        )
        _done(self._client(cluster_arn).create_topics([wanted])[topic.name])

    def add_partitions(self, cluster_arn: str, topic: Topic, count: int) -> None:
        """
        Create *topic* anew, with *count* partitions.

        Tansu has no CreatePartitions, so a topic that was written to is refused.
        """
        if self._was_written_to(cluster_arn, topic):
            raise MskError(
                "NotImplementedException",
                "The embedded AWS adds partitions only to a topic that was never written to. "
                "Create a topic with more partitions.",
            )
        self.delete(cluster_arn, topic.name)
        self.create(cluster_arn, Topic(topic.name, count, topic.replicas, topic.configs))

    def configure(self, cluster_arn: str, topic: Topic, configs: Mapping[str, str]) -> None:
        admin = _library().admin
        put, remove = admin.AlterConfigOpType.SET, admin.AlterConfigOpType.DELETE
        entries = [
            *(admin.ConfigEntry(*one, incremental_operation=put) for one in configs.items()),
            *(
                admin.ConfigEntry(key, None, incremental_operation=remove)
                for key in topic.configs.keys() - configs.keys()
            ),
        ]
        if entries:
            resource = _resource(topic.name, incremental_configs=entries)
            _done(self._client(cluster_arn).incremental_alter_configs([resource])[resource])

    def delete(self, cluster_arn: str, name: str) -> None:
        _done(self._client(cluster_arn).delete_topics([name])[name])

    def forget(self, cluster_arn: str) -> None:
        self._clients.pop(cluster_arn, None)
        self._processes.stop_broker(cluster_arn)

    def _was_written_to(self, cluster_arn: str, topic: Topic) -> bool:
        library = _library()
        asked = {
            library.TopicPartition(topic.name, number): library.admin.OffsetSpec.latest()
            for number in range(topic.partitions)
        }
        answers = self._client(cluster_arn).list_offsets(asked)
        return any(_done(answer).offset > 0 for answer in answers.values())

    def _client(self, cluster_arn: str) -> Any:
        if cluster_arn not in self._clients:
            host, port = self._processes.address_of(cluster_arn)
            settings = {"bootstrap.servers": f"{host}:{port}", "log_level": 0}
            self._clients[cluster_arn] = _library().admin.AdminClient(settings)
        return self._clients[cluster_arn]


@cache
def _library() -> Any:
    import_module("confluent_kafka.admin")
    return import_module("confluent_kafka")


def _resource(topic: str, **options: Any) -> Any:
    admin = _library().admin
    return admin.ConfigResource(admin.ResourceType.TOPIC, topic, **options)


def _done(future: Any) -> Any:
    try:
        return future.result(TIMEOUT_SECONDS)
    except _library().KafkaException as error:
        raise MskError("KafkaRequestException", error.args[0].str()) from error
