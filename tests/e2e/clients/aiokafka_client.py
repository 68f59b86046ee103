"""aiokafka, with the configuration of msklink-client."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from msklink_client import kafka_config
from tests.e2e.clients.login import login
from tests.e2e.clients.steps import SECONDS, run


class AioKafka:
    """Each method has an event loop of its own, in which its client lives."""

    def __init__(self, cluster: str, scheme: str) -> None:
        self._config: dict[str, Any] = kafka_config(cluster, scheme, "aiokafka", **login(scheme))

    @asynccontextmanager
    async def _admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        admin = AIOKafkaAdminClient(**self._config)
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()

    def brokers(self) -> list[str]:
        async def read() -> list[str]:
            async with self._admin() as admin:
                found = (await admin.describe_cluster())["brokers"]
                return [f"{broker['host']}:{broker['port']}" for broker in found]

        return asyncio.run(read())

    def create_topic(self, topic: str, partitions: int) -> int:
        async def create() -> int:
            async with self._admin() as admin:
                await admin.create_topics([NewTopic(topic, partitions, 1)])
                [found] = await admin.describe_topics([topic])
                return len(found["partitions"])

        return asyncio.run(create())

    def send(self, topic: str, value: str) -> list[int]:
        async def send() -> list[int]:
            async with AIOKafkaProducer(**self._config, enable_idempotence=True) as producer:
                sent = await producer.send_and_wait(topic, value.encode(), partition=0)
                return [sent.partition, sent.offset]

        return asyncio.run(send())

    def read_one(self, topic: str, group: str) -> str:
        async def read() -> str:
            async with (
                asyncio.timeout(SECONDS),
                AIOKafkaConsumer(
                    topic,
                    **self._config,
                    group_id=group,
                    auto_offset_reset="earliest",
                    enable_auto_commit=False,
                    isolation_level="read_committed",
                ) as consumer,
            ):
                message = await consumer.getone()
                await consumer.commit()
                return str(message.value.decode())

        return asyncio.run(read())

    def send_in_transaction(self, topic: str, value: str, transactional_id: str) -> None:
        async def send() -> None:
            async with (
                AIOKafkaProducer(**self._config, transactional_id=transactional_id) as producer,
                producer.transaction(),
            ):
                await producer.send_and_wait(topic, value.encode(), partition=0)

        asyncio.run(send())


if __name__ == "__main__":
    run(AioKafka)
