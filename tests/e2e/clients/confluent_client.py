"""confluent-kafka, which is librdkafka, with the configuration of msklink-client."""

import os
from typing import Any

from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from msklink_client import kafka_config
from tests.e2e.clients.login import login
from tests.e2e.clients.steps import SECONDS, run


class Confluent:
    def __init__(self, cluster: str, scheme: str) -> None:
        # The librdkafka in its wheel does not read SSL_CERT_FILE.
        self._config: dict[str, Any] = kafka_config(
            cluster, scheme, ca_file=os.environ["SSL_CERT_FILE"], **login(scheme)
        )

    def brokers(self) -> list[str]:
        found = AdminClient(self._config).list_topics(timeout=SECONDS).brokers.values()
        return [f"{broker.host}:{broker.port}" for broker in found]

    def create_topic(self, topic: str, partitions: int) -> int:
        admin = AdminClient(self._config)
        for future in admin.create_topics([NewTopic(topic, partitions)]).values():
            future.result(SECONDS)
        return len(admin.list_topics(topic, SECONDS).topics[topic].partitions)

    def send(self, topic: str, value: str) -> list[int]:
        producer = Producer(self._config | {"enable.idempotence": True})
        sent: list[Any] = []
        producer.produce(topic, value, partition=0, on_delivery=lambda *done: sent.append(done))
        producer.flush(SECONDS)
        [(error, message)] = sent
        if error:
            raise RuntimeError(error)
        return [message.partition(), message.offset()]

    def read_one(self, topic: str, group: str) -> str:
        config = {
            "group.id": group,
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
        }
        consumer = Consumer(self._config | config)
        try:
            consumer.subscribe([topic])
            message = consumer.poll(SECONDS)
            if message is None or message.error():
                raise RuntimeError(message and message.error())
            consumer.commit(message=message, asynchronous=False)
            return str((message.value() or b"").decode())
        finally:
            consumer.close()

    def send_in_transaction(self, topic: str, value: str, transactional_id: str) -> None:
        producer = Producer(self._config | {"transactional.id": transactional_id})
        producer.init_transactions(SECONDS)
        producer.begin_transaction()
        producer.produce(topic, value, partition=0)
        producer.commit_transaction(SECONDS)


if __name__ == "__main__":
    run(Confluent)
