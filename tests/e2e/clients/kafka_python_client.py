"""kafka-python, with the configuration of msklink-client."""

import os
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic

from msklink_client import kafka_config
from tests.e2e.clients.login import login
from tests.e2e.clients.steps import SECONDS, run


class KafkaPython:
    def __init__(self, cluster: str, scheme: str) -> None:
        self._config: dict[str, Any] = kafka_config(
            cluster, scheme, "kafka-python", ca_file=os.environ["SSL_CERT_FILE"], **login(scheme)
        )

    def brokers(self) -> list[str]:
        admin = KafkaAdminClient(**self._config)
        try:
            found = admin.describe_cluster()["brokers"]
            return [f"{broker['host']}:{broker['port']}" for broker in found]
        finally:
            admin.close()

    def create_topic(self, topic: str, partitions: int) -> int:
        admin = KafkaAdminClient(**self._config)
        try:
            admin.create_topics([NewTopic(topic, partitions, replication_factor=1)])
            [found] = admin.describe_topics([topic])
            return len(found["partitions"])
        finally:
            admin.close()

    def send(self, topic: str, value: str) -> list[int]:
        with KafkaProducer(**self._config, enable_idempotence=True) as producer:
            sent = producer.send(topic, value.encode(), partition=0).get(SECONDS)
            return [sent.partition, sent.offset]

    def read_one(self, topic: str, group: str) -> str:
        consumer = KafkaConsumer(
            topic,
            **self._config,
            group_id=group,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            isolation_level="read_committed",
            consumer_timeout_ms=SECONDS * 1000,
        )
        try:
            message = next(consumer)
            consumer.commit()
            return str(message.value.decode())
        finally:
            consumer.close(autocommit=False)

    def send_in_transaction(self, topic: str, value: str, transactional_id: str) -> None:
        with KafkaProducer(**self._config, transactional_id=transactional_id) as producer:
            producer.init_transactions()
            producer.begin_transaction()
            producer.send(topic, value.encode(), partition=0).get(SECONDS)
            producer.commit_transaction()


if __name__ == "__main__":
    run(KafkaPython)
