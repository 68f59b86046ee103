"""
librdkafka, by its Python client, writes and reads through the proxy.

It resolves names in C, where the resolver for Python does not reach. So the one broker of its
cluster is called localhost, which resolves everywhere.
"""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_msk_iam_sasl_signer import MSKAuthTokenProvider
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from tests.emulator.builders import CLIENT, OTHER, OWNER, REGION, policy, statement
from tests.emulator.kafka_builders import DEADLINE, SECRET, LocalhostBroker, broker_on_localhost

PARTITIONS = range(4)
PRODUCE = {"DescribeTopic", "WriteData", "WriteDataIdempotently"}
CONSUME = {"DescribeTopic", "ReadData", "DescribeGroup", "AlterGroup"}
TRANSACTIONS = {"DescribeTransactionalId", "AlterTransactionalId"}


@pytest.fixture(scope="module", name="broker")
def _broker() -> Iterator[LocalhostBroker]:
    with broker_on_localhost() as running:
        yield running


@pytest.fixture
def settings(
    broker: LocalhostBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", CLIENT.account)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    ca_file = tmp_path / "ca.pem"
    ca_file.write_bytes(broker.proxy.authority)
    return {
        "bootstrap.servers": f"localhost:{broker.proxy.port}",
        "security.protocol": "SASL_SSL",
        "sasl.mechanisms": "OAUTHBEARER",
        "ssl.ca.location": str(ca_file),
        "oauth_cb": _token,
    }


def _token(_config: str) -> tuple[str, float]:
    token, expires_ms = MSKAuthTokenProvider.generate_auth_token(REGION)
    return token, expires_ms / 1000


@pytest.fixture
def topic(settings: dict[str, Any], broker: LocalhostBroker) -> str:
    """Return a new topic; its creator may do everything."""
    allow(broker, "*")
    name = f"orders-{uuid.uuid4().hex}"
    admin = AdminClient(settings)
    admin.poll(0.1)  # calls back for the token
    admin.create_topics([NewTopic(name, len(PARTITIONS), 1)])[name].result(DEADLINE)
    return name


def allow(broker: LocalhostBroker, *actions: str) -> None:
    """Allow the client these actions of kafka-cluster on every resource, and no others."""
    emulator, arn = broker.emulator, broker.cluster_arn
    version = emulator.call(OWNER, "GetClusterPolicy", ClusterArn=arn)["CurrentVersion"]
    named = [f"kafka-cluster:{action}" for action in ("Connect", *actions)]
    text = policy(statement(Action=["kafka:*", *named]))
    emulator.call(OWNER, "PutClusterPolicy", ClusterArn=arn, Policy=text, CurrentVersion=version)


def produce(settings: dict[str, Any], topic: str) -> str:
    """Write a message idempotently, and return the name of the error, if any."""
    errors: list[KafkaError | None] = []
    producer = Producer({"enable.idempotence": True} | settings)
    try:
        producer.produce(topic, b"one", on_delivery=lambda error, _: errors.append(error))
        while not errors:
            producer.poll(1)
    finally:
        producer.purge()
        producer.flush(DEADLINE)
    (error,) = errors
    return error.name() if error else ""


def produce_in_a_transaction(settings: dict[str, Any], topic: str) -> str:
    """Write a message in a transaction, and return the name of the error, if any."""
    producer = Producer(settings | {"transactional.id": topic})
    try:
        producer.init_transactions(DEADLINE)
        producer.begin_transaction()
        producer.produce(topic, b"one")
        producer.commit_transaction(DEADLINE)
    except KafkaException as error:
        return str(error.args[0].name())
    return ""


def consume(settings: dict[str, Any], topic: str) -> str:
    """Read a message in a group, and return the name of the error, if any."""
    consumer = Consumer(settings | {"group.id": topic, "auto.offset.reset": "earliest"})
    try:
        consumer.subscribe([topic])
        message = consumer.poll(DEADLINE)
    except KafkaException as error:
        return str(error.args[0].name())
    finally:
        consumer.close()
    assert message
    refusal = message.error()
    return refusal.name() if refusal else ""


def test_it_writes_and_reads_in_a_group(settings: dict[str, Any], topic: str) -> None:
    producer = Producer(settings)
    for partition in PARTITIONS:
        producer.produce(topic, b"to %d" % partition, partition=partition)
    assert producer.flush(DEADLINE) == 0

    consumer = Consumer(settings | {"group.id": topic, "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    messages = [consumer.poll(DEADLINE) for _ in PARTITIONS]
    consumer.close()

    read = {message.partition(): message.value() for message in messages if message}
    assert read == {partition: b"to %d" % partition for partition in PARTITIONS}


@pytest.mark.parametrize(
    ("lacking", "error"),
    [
        ("", ""),
        ("DescribeTopic", "TOPIC_AUTHORIZATION_FAILED"),
        ("WriteData", "TOPIC_AUTHORIZATION_FAILED"),
    ],
)
def test_a_producer_needs_each_action(
    settings: dict[str, Any], broker: LocalhostBroker, topic: str, lacking: str, error: str
) -> None:
    allow(broker, *(PRODUCE - {lacking}))

    assert produce(settings, topic) == error


def test_an_idempotent_producer_needs_an_action_of_its_own(
    settings: dict[str, Any], broker: LocalhostBroker, topic: str
) -> None:
    allow(broker, *(PRODUCE - {"WriteDataIdempotently"}))
    errors: list[KafkaError] = []

    producer = Producer(settings | {"enable.idempotence": True, "error_cb": errors.append})
    try:
        while not errors:
            producer.poll(1)
    except KafkaException as error:  # poll may be first with it
        errors.append(error.args[0])

    assert "Cluster authorization failed" in " ".join(error.str() for error in errors)
    assert produce(settings | {"enable.idempotence": False}, topic) == ""


@pytest.mark.parametrize("lacking", ["", "AlterTransactionalId", "DescribeTransactionalId"])
def test_a_transaction_needs_each_action(
    settings: dict[str, Any], broker: LocalhostBroker, topic: str, lacking: str
) -> None:
    allow(broker, *((TRANSACTIONS | PRODUCE) - {"WriteDataIdempotently", lacking}))

    error = "TRANSACTIONAL_ID_AUTHORIZATION_FAILED" if lacking else ""
    assert produce_in_a_transaction(settings, topic) == error


@pytest.mark.parametrize(
    ("lacking", "error"),
    [
        ("", ""),
        ("DescribeTopic", "TOPIC_AUTHORIZATION_FAILED"),
        ("ReadData", "TOPIC_AUTHORIZATION_FAILED"),
        ("DescribeGroup", "GROUP_AUTHORIZATION_FAILED"),
        ("AlterGroup", "GROUP_AUTHORIZATION_FAILED"),
    ],
)
def test_a_consumer_needs_each_action(
    settings: dict[str, Any], broker: LocalhostBroker, topic: str, lacking: str, error: str
) -> None:
    assert produce(settings, topic) == ""
    allow(broker, *(CONSUME - {lacking}))

    assert consume(settings, topic) == error


def test_a_refusal_reaches_the_application(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", OTHER.account)
    errors: list[KafkaError] = []

    producer = Producer(settings | {"error_cb": errors.append})
    for _ in range(DEADLINE):
        if any("AVAILABLE VPC connection" in error.str() for error in errors):
            break
        producer.poll(1)
    producer.close()

    assert KafkaError._AUTHENTICATION in {error.code() for error in errors}
    assert any("AVAILABLE VPC connection" in error.str() for error in errors)
