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
from confluent_kafka import Consumer, KafkaError, Producer

from localcloud.kafka.proxy import KafkaProxy
from tests.emulator.builders import CLIENT, OTHER, REGION
from tests.emulator.kafka_builders import DEADLINE, SECRET, proxy_on_localhost

PARTITIONS = range(4)


@pytest.fixture(scope="module")
def proxy() -> Iterator[KafkaProxy]:
    with proxy_on_localhost() as running:
        yield running


@pytest.fixture
def settings(proxy: KafkaProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", CLIENT.account)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    ca_file = tmp_path / "ca.pem"
    ca_file.write_bytes(proxy.authority)
    return {
        "bootstrap.servers": f"localhost:{proxy.port}",
        "security.protocol": "SASL_SSL",
        "sasl.mechanisms": "OAUTHBEARER",
        "ssl.ca.location": str(ca_file),
        "oauth_cb": _token,
    }


def _token(_config: str) -> tuple[str, float]:
    token, expires_ms = MSKAuthTokenProvider.generate_auth_token(REGION)
    return token, expires_ms / 1000


def test_it_writes_and_reads_in_a_group(settings: dict[str, Any]) -> None:
    topic = f"orders-{uuid.uuid4().hex}"
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


def test_an_idempotent_producer_writes(settings: dict[str, Any]) -> None:
    producer = Producer(settings | {"enable.idempotence": True})

    producer.produce("payments", b"once")

    assert producer.flush(DEADLINE) == 0


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
