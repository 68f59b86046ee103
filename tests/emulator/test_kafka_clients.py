"""Kafka clients in Python write and read through the proxy."""

import asyncio
import uuid
from collections.abc import Iterator

import kafka
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.abc import AbstractTokenProvider as AsyncTokenProvider
from aiokafka.errors import KafkaConnectionError
from aws_msk_iam_sasl_signer import MSKAuthTokenProvider
from kafka.net.sasl.oauth import AbstractTokenProvider

from localcloud.kafka import resolver
from tests.emulator.builders import CLIENT, OTHER, REGION
from tests.emulator.kafka_builders import (
    DEADLINE,
    SECRET,
    RunningBrokers,
    run_until_closed,
    running_brokers,
)

PARTITIONS = range(4)  # the partitions of a new topic in librdkafka's mock cluster


class Token(AbstractTokenProvider):  # type: ignore[misc]  # it is not typed
    def token(self) -> str:
        return str(MSKAuthTokenProvider.generate_auth_token(REGION)[0])


class AsyncToken(AsyncTokenProvider):  # type: ignore[misc]  # as above
    async def token(self) -> str:
        return str(MSKAuthTokenProvider.generate_auth_token(REGION)[0])


@pytest.fixture(scope="module", name="brokers")
def _brokers() -> Iterator[RunningBrokers]:
    with running_brokers() as made, resolver.installed(made.proxy.port):
        yield made


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", CLIENT.account)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)


@pytest.fixture
def topic() -> str:
    return f"orders-{uuid.uuid4().hex}"


@pytest.mark.parametrize("mechanism", ["OAUTHBEARER", "AWS_MSK_IAM"])
def test_kafka_python_writes_and_reads(brokers: RunningBrokers, topic: str, mechanism: str) -> None:
    settings = {
        "bootstrap_servers": brokers.bootstrap(),
        "security_protocol": "SASL_SSL",
        "ssl_context": brokers.raw_client.trust,
        "sasl_mechanism": mechanism,
        "sasl_oauth_token_provider": Token(),
    }
    with kafka.KafkaProducer(**settings) as producer:
        for partition in PARTITIONS:
            producer.send(topic, b"to %d" % partition, partition=partition).get(DEADLINE)

    with kafka.KafkaConsumer(
        topic,
        group_id=topic,
        auto_offset_reset="earliest",
        consumer_timeout_ms=DEADLINE * 1000,
        **settings,
    ) as consumer:
        read = {
            record.partition: record.value for _, record in zip(PARTITIONS, consumer, strict=False)
        }

    assert read == {partition: b"to %d" % partition for partition in PARTITIONS}


def test_aiokafka_writes_and_reads(brokers: RunningBrokers, topic: str) -> None:
    settings = {
        "bootstrap_servers": brokers.bootstrap(),
        "security_protocol": "SASL_SSL",
        "ssl_context": brokers.raw_client.trust,
        "sasl_mechanism": "OAUTHBEARER",
    }

    async def write() -> None:
        async with AIOKafkaProducer(sasl_oauth_token_provider=AsyncToken(), **settings) as producer:
            for partition in PARTITIONS:
                await producer.send_and_wait(topic, b"to %d" % partition, partition=partition)

    async def read() -> dict[int, bytes | None]:
        async with (
            AIOKafkaConsumer(
                topic,
                group_id=topic,
                auto_offset_reset="earliest",
                sasl_oauth_token_provider=AsyncToken(),
                **settings,
            ) as consumer,
            asyncio.timeout(DEADLINE),
        ):
            records = [await consumer.getone() for _ in PARTITIONS]
        return {record.partition: record.value for record in records}

    run_until_closed(write)

    assert run_until_closed(read) == {n: b"to %d" % n for n in PARTITIONS}


def test_metadata_has_the_broker_names_of_the_bootstrap_string(brokers: RunningBrokers) -> None:
    assert _brokers_in_metadata(brokers) == brokers.bootstrap()


def test_metadata_has_an_added_broker() -> None:
    with running_brokers() as other, resolver.installed(other.proxy.port):
        assert len(_brokers_in_metadata(other)) == 3

        other.emulator.msk.force_brokers(other.cluster_arn, 4)

        assert "b-4.iam.orders." in _brokers_in_metadata(other)[3]


def test_aiokafka_says_why_it_is_refused(
    brokers: RunningBrokers, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", OTHER.account)

    async def start() -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=brokers.bootstrap(),
            security_protocol="SASL_SSL",
            ssl_context=brokers.raw_client.trust,
            sasl_mechanism="OAUTHBEARER",
            sasl_oauth_token_provider=AsyncToken(),
        )
        try:
            await producer.start()
        finally:
            await producer.stop()

    with pytest.raises(KafkaConnectionError):
        run_until_closed(start)

    assert [
        record
        for record in caplog.records
        if record.name == "aiokafka" and "AVAILABLE VPC connection" in record.getMessage()
    ]


def _brokers_in_metadata(brokers: RunningBrokers) -> list[str]:
    admin = kafka.KafkaAdminClient(
        bootstrap_servers=brokers.bootstrap()[:1],
        security_protocol="SASL_SSL",
        ssl_context=brokers.raw_client.trust,
        sasl_mechanism="OAUTHBEARER",
        sasl_oauth_token_provider=Token(),
    )
    described = admin.describe_cluster()["brokers"]
    admin.close()
    return sorted(f"{broker['host']}:{broker['port']}" for broker in described)
