"""Each library connects with its configuration to brokers that check TLS and the token."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import kafka.admin
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer

from localcloud.kafka import resolver
from localcloud.kafka.proxy import KafkaProxy
from msklink.auth_scheme import Scheme
from msklink.parameters import published
from msklink_client import kafka_config
from msklink_client.command import main
from msklink_client.configuration import Credentials, tls_context
from msklink_client.layers import Check, Finding, Layer
from msklink_client.logins import login
from msklink_client.tokens import token_source
from tests.client.conftest import Store
from tests.emulator.builders import CLIENT, OTHER, REGION
from tests.emulator.kafka_builders import (
    DEADLINE,
    SECRET,
    RunningBrokers,
    allow_data,
    broker_on_localhost,
    run_until_closed,
    running_brokers,
)

pytestmark = pytest.mark.xdist_group("client-connects")


@pytest.fixture(scope="module")
def brokers() -> Iterator[RunningBrokers]:
    with running_brokers() as made, resolver.installed(made.proxy.port):
        yield made


@pytest.fixture(scope="module")
def one_broker() -> Iterator[KafkaProxy]:
    with broker_on_localhost() as running:
        allow_data(running.emulator, running.cluster_arn)
        yield running.proxy


def session(account: str = CLIENT.account) -> boto3.Session:
    return boto3.Session(account, SECRET, region_name=REGION)


def publish(store: Store, servers: str) -> None:
    for name, value in published.parameters("msklink", "orders", {Scheme.IAM: servers}).items():
        store.put(name, value)


def authority(proxy: KafkaProxy, folder: Path) -> str:
    path = folder / "ca.pem"
    path.write_bytes(proxy.authority)
    return str(path)


def config(proxy: KafkaProxy, folder: Path, library: str) -> dict[str, Any]:
    ca_file = authority(proxy, folder)
    return kafka_config("orders", library=library, ca_file=ca_file, session=session())


def make_topic(given: dict[str, Any], name: str) -> None:
    """Create a topic by an admin client of kafka-python."""
    admin = KafkaAdminClient(**given)
    admin.create_topics([kafka.admin.NewTopic(name, 1, 3)])
    admin.close()


def test_confluent_writes_and_reads(store: Store, one_broker: KafkaProxy, tmp_path: Path) -> None:
    publish(store, f"localhost:{one_broker.port}")
    given = config(one_broker, tmp_path, "confluent-kafka")
    admin = AdminClient(given)
    admin.create_topics([NewTopic("by-confluent", 1, 1)])["by-confluent"].result(DEADLINE)

    producer = Producer(given)
    producer.produce("by-confluent", b"one", partition=0)
    assert producer.flush(DEADLINE) == 0
    consumer = Consumer(given | {"group.id": "billing", "auto.offset.reset": "earliest"})
    consumer.subscribe(["by-confluent"])
    message = consumer.poll(DEADLINE)
    consumer.close()

    assert message
    assert message.value() == b"one"


def test_an_admin_client_of_confluent_requests_its_token(
    store: Store, one_broker: KafkaProxy, tmp_path: Path
) -> None:
    """Without a poll, which confluent-kafka required before 2.13 (issues 1296, 1713)."""
    publish(store, f"localhost:{one_broker.port}")

    admin = AdminClient(config(one_broker, tmp_path, "confluent-kafka"))

    assert admin.list_topics(timeout=DEADLINE).brokers


def test_kafka_python_writes_and_reads(
    store: Store, brokers: RunningBrokers, tmp_path: Path
) -> None:
    publish(store, ",".join(brokers.bootstrap()))
    given = config(brokers.proxy, tmp_path, "kafka-python")
    make_topic(given, "by-kafka-python")

    with KafkaProducer(**given) as producer:
        producer.send("by-kafka-python", b"one", partition=0).get(DEADLINE)
    options = {"auto_offset_reset": "earliest", "consumer_timeout_ms": DEADLINE * 1000}
    with KafkaConsumer("by-kafka-python", **options, **given) as consumer:
        assert next(consumer).value == b"one"


def test_aiokafka_writes_and_reads(store: Store, brokers: RunningBrokers, tmp_path: Path) -> None:
    publish(store, ",".join(brokers.bootstrap()))
    given = config(brokers.proxy, tmp_path, "aiokafka")
    make_topic(config(brokers.proxy, tmp_path, "kafka-python"), "by-aiokafka")

    async def there_and_back() -> bytes | None:
        async with AIOKafkaProducer(**given) as producer:
            await producer.send_and_wait("by-aiokafka", b"one", partition=0)
        reading = AIOKafkaConsumer("by-aiokafka", auto_offset_reset="earliest", **given)
        async with reading as consumer, asyncio.timeout(DEADLINE):
            value: bytes | None = (await consumer.getone()).value
            return value

    assert run_until_closed(there_and_back) == b"one"


def test_the_check_succeeds(brokers: RunningBrokers, tmp_path: Path) -> None:
    findings = look(brokers, CLIENT.account, authority(brokers.proxy, tmp_path))

    assert {finding.layer for finding in findings if finding.good} == {*Layer} - {Layer.TOPIC}
    assert not [finding for finding in findings if not finding.good]
    assert {finding.broker for finding in findings} == set(brokers.bootstrap())


def test_the_check_finds_a_client_that_cannot_connect(
    brokers: RunningBrokers, tmp_path: Path
) -> None:
    findings = look(brokers, OTHER.account, authority(brokers.proxy, tmp_path))
    failed = [finding for finding in findings if not finding.good]

    assert {finding.layer for finding in failed} == {Layer.SASL}
    assert all("AVAILABLE VPC connection" in finding.detail for finding in failed)


def test_the_check_describes_a_topic_and_creates_none(
    store: Store, brokers: RunningBrokers, tmp_path: Path
) -> None:
    publish(store, ",".join(brokers.bootstrap()))
    make_topic(config(brokers.proxy, tmp_path, "kafka-python"), "described")

    def described(topic: str) -> set[tuple[bool | None, str]]:
        findings = look(brokers, CLIENT.account, authority(brokers.proxy, tmp_path), topic)
        return {(one.good, one.detail) for one in findings if one.layer is Layer.TOPIC}

    assert described("described") == {(True, "described")}
    unknown = {(False, "unheard-of: UNKNOWN_TOPIC_OR_PARTITION (error 3)")}
    assert described("unheard-of") == unknown
    assert described("unheard-of") == unknown


def look(brokers: RunningBrokers, account: str, ca_file: str, topic: str = "") -> list[Finding]:
    credentials = Credentials(sign=token_source(session(account), REGION), ca_file=ca_file)
    scheme_login = login("iam", credentials)
    check = Check(tls_context(credentials), scheme_login, timeout=DEADLINE, topic=topic)
    return check.run(",".join(brokers.bootstrap()))


def test_the_command_checks_as_well(
    store: Store,
    brokers: RunningBrokers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    publish(store, ",".join(brokers.bootstrap()))
    monkeypatch.setattr("msklink_client.command._session", lambda _: session())

    arguments = ["check", "orders", "--ca-file", authority(brokers.proxy, tmp_path)]

    assert main(arguments) == 0
    findings, _ = capsys.readouterr().out.split("\n\n")
    verdicts = [line.split()[0] for line in findings.splitlines()]
    assert verdicts == ["ok"] * (1 + 5 * 3) + ["skipped"]
