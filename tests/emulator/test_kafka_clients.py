"""Kafka clients in Python write and read by each scheme."""

import asyncio
import uuid
from collections.abc import Iterator
from typing import Any

import kafka
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError
from kafka.admin import NewTopic

from localcloud.kafka import resolver
from localcloud.msk import Scheme
from tests.emulator.builders import CLIENT, OTHER, REGION
from tests.emulator.kafka_builders import (
    DEADLINE,
    SECRET,
    USER,
    RunningBrokers,
    run_until_closed,
    running_brokers,
)
from tests.emulator.kafka_libraries import (
    PARTITIONS,
    SUBJECT,
    AsyncToken,
    administrator,
    allow,
    make_topic,
    settings,
)

WRITTEN = {number: b"to %d" % number for number in PARTITIONS}


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
def topic(brokers: RunningBrokers) -> str:
    """Return a new topic, which the user and the owner of the certificate may use."""
    name = f"orders-{uuid.uuid4().hex}"
    make_topic(brokers, name)
    for principal in (USER, SUBJECT):
        allow(brokers, f"User:{principal}")
    return name


@pytest.mark.parametrize("scheme", Scheme)
def test_kafka_python_writes_and_reads(brokers: RunningBrokers, topic: str, scheme: Scheme) -> None:
    with kafka.KafkaProducer(**settings(brokers, scheme)) as producer:
        for partition, value in WRITTEN.items():
            producer.send(topic, value, partition=partition).get(DEADLINE)

    assert read_by_kafka_python(brokers, topic, scheme) == WRITTEN


def test_the_mechanism_of_the_java_library_is_accepted(brokers: RunningBrokers, topic: str) -> None:
    changed = settings(brokers, Scheme.IAM, sasl_mechanism="AWS_MSK_IAM")

    with kafka.KafkaProducer(**changed) as producer:
        assert producer.send(topic, b"one").get(DEADLINE).topic == topic


def read_by_kafka_python(brokers: RunningBrokers, topic: str, scheme: Scheme) -> dict[int, bytes]:
    with kafka.KafkaConsumer(
        topic,
        group_id=topic,
        auto_offset_reset="earliest",
        consumer_timeout_ms=DEADLINE * 1000,
        **settings(brokers, scheme),
    ) as consumer:
        return {
            record.partition: record.value for _, record in zip(PARTITIONS, consumer, strict=False)
        }


@pytest.mark.parametrize("scheme", Scheme)
def test_aiokafka_writes_in_a_transaction_and_reads(
    brokers: RunningBrokers, topic: str, scheme: Scheme
) -> None:
    common = settings(brokers, scheme, AsyncToken)

    async def write() -> None:
        async with (
            AIOKafkaProducer(transactional_id=topic, **common) as producer,
            producer.transaction(),
        ):
            for partition, value in WRITTEN.items():
                await producer.send_and_wait(topic, value, partition=partition)

    async def read() -> dict[int, bytes | None]:
        async with (
            AIOKafkaConsumer(
                topic,
                group_id=topic,
                auto_offset_reset="earliest",
                isolation_level="read_committed",
                **common,
            ) as consumer,
            asyncio.timeout(DEADLINE),
        ):
            records = [await consumer.getone() for _ in PARTITIONS]
        return {record.partition: record.value for record in records}

    run_until_closed(write)

    assert run_until_closed(read) == WRITTEN


def test_what_is_not_committed_is_not_read_but_what_is_aborted_is(
    brokers: RunningBrokers, topic: str
) -> None:
    common = settings(brokers, Scheme.SCRAM, AsyncToken)

    async def run() -> tuple[dict[Any, Any], bytes | None]:
        async with (
            AIOKafkaProducer(transactional_id=topic, **common) as producer,
            AIOKafkaConsumer(
                topic, auto_offset_reset="earliest", isolation_level="read_committed", **common
            ) as consumer,
            asyncio.timeout(DEADLINE),
        ):
            await producer.begin_transaction()
            await producer.send_and_wait(topic, b"open", partition=0)
            before = await consumer.getmany(timeout_ms=1000)
            await producer.abort_transaction()
            return before, (await consumer.getone()).value

    assert run_until_closed(run) == ({}, b"open")


def test_settings_of_topics_have_no_effect(brokers: RunningBrokers) -> None:
    small = NewTopic("small", 1, 3, topic_configs={"max.message.bytes": "10"})
    with administrator(brokers) as admin:
        admin.create_topics([small])

    with kafka.KafkaProducer(**settings(brokers, Scheme.IAM)) as producer:
        assert producer.send("small", b"longer than 10 bytes").get(DEADLINE).offset == 0


@pytest.mark.parametrize("scheme", Scheme)
def test_no_topic_is_created_by_being_used(
    brokers: RunningBrokers, topic: str, scheme: Scheme
) -> None:
    name = f"{topic}-misspelt"
    with (
        kafka.KafkaProducer(max_block_ms=2000, **settings(brokers, scheme)) as producer,
        pytest.raises(kafka.errors.KafkaError),
    ):
        producer.send(name, b"one").get(DEADLINE)

    with administrator(brokers) as admin:
        assert name not in admin.list_topics()


# kafka-python leaves the socket of a lost connection to the garbage collector.
@pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
def test_a_group_goes_on_where_it_was(brokers: RunningBrokers, topic: str) -> None:
    with kafka.KafkaProducer(**settings(brokers, Scheme.SCRAM)) as producer:
        producer.send(topic, b"first", partition=0).get(DEADLINE)
        read: list[bytes] = []
        for value in (b"second", b"third"):
            with kafka.KafkaConsumer(
                topic,
                group_id=topic,
                auto_offset_reset="earliest",
                consumer_timeout_ms=DEADLINE * 1000,
                **settings(brokers, Scheme.SCRAM),
            ) as consumer:
                read.append(next(consumer).value)
                consumer.commit()
            producer.send(topic, value, partition=0).get(DEADLINE)

    assert read == [b"first", b"second"]


def test_metadata_has_the_broker_names_of_the_bootstrap_string(brokers: RunningBrokers) -> None:
    assert brokers_in_metadata(brokers) == brokers.bootstrap()


def test_the_partitions_of_a_topic_are_on_all_brokers(brokers: RunningBrokers, topic: str) -> None:
    with administrator(brokers) as admin:
        (described,) = admin.describe_topics([topic])

    found = {
        partition["partition_index"]: (partition["leader_id"], partition["replica_nodes"])
        for partition in described["partitions"]
    }
    assert found == {0: (1, [1, 2, 3]), 1: (2, [2, 3, 1]), 2: (3, [3, 1, 2]), 3: (1, [1, 2, 3])}


def test_an_added_broker_is_in_the_metadata_and_keeps_the_records() -> None:
    with running_brokers() as other, resolver.installed(other.proxy.port):
        make_topic(other, "kept")
        with kafka.KafkaProducer(**settings(other, Scheme.IAM)) as producer:
            producer.send("kept", b"one").get(DEADLINE)
        assert len(brokers_in_metadata(other)) == 3

        other.emulator.msk.force_brokers(other.cluster_arn, 4)

        assert "b-4.iam.orders." in brokers_in_metadata(other)[3]
        with kafka.KafkaConsumer(
            "kept",
            auto_offset_reset="earliest",
            consumer_timeout_ms=DEADLINE * 1000,
            **settings(other, Scheme.IAM),
        ) as consumer:
            assert next(consumer).value == b"one"


def test_aiokafka_says_why_it_is_refused(
    brokers: RunningBrokers, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", OTHER.account)

    async def start() -> None:
        producer = AIOKafkaProducer(**settings(brokers, Scheme.IAM, AsyncToken))
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


def brokers_in_metadata(brokers: RunningBrokers) -> list[str]:
    with administrator(brokers, bootstrap_servers=brokers.bootstrap()[:1]) as admin:
        described: dict[str, Any] = admin.describe_cluster()
    return sorted(f"{broker['host']}:{broker['port']}" for broker in described["brokers"])
