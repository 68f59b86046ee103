"""
An application of a client team, which has its own credentials and the name of the cluster.

    python -m localcloud.application orders payments

writes a message to the topic `payments` of the cluster `orders`, reads it back, and prints a line.
`run` starts it as a process, which has no other access to the embedded AWS.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import boto3
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from localcloud.cloud import Cloud
from localcloud.kafka import resolver
from localcloud.settings import REPOSITORY, clean_environment

LIBRARY = REPOSITORY / "client" / "python" / "src"
TIMEOUT_SECONDS = 60


def run(
    cloud: Cloud, credentials: Mapping[str, str], cluster: str, topic: str
) -> "subprocess.CompletedProcess[str]":
    """Run the application with *credentials* as environment variables of the AWS SDK."""
    environment = clean_environment(cloud.endpoint) | cloud.kafka().environment()
    return subprocess.run(
        [sys.executable, "-m", "localcloud.application", cluster, topic],
        cwd=REPOSITORY,
        env=environment | {"PYTHONPATH": str(LIBRARY)} | dict(credentials),
        capture_output=True,
        text=True,
        timeout=3 * TIMEOUT_SECONDS,
        check=False,
    )


async def produce_and_consume(cluster: str, topic: str) -> list[str]:
    """Write and read a message, and return the bootstrap brokers."""
    from msklink_client import kafka_config  # noqa: PLC0415 only on the path of this process

    message = os.urandom(8)
    config: dict[str, Any] = kafka_config(cluster, scheme="iam", library="aiokafka")
    async with AIOKafkaProducer(**config) as producer:
        sent = await producer.send_and_wait(topic, message)
    async with AIOKafkaConsumer(**config) as consumer:
        place = TopicPartition(topic, sent.partition)
        consumer.assign([place])
        consumer.seek(place, sent.offset)
        async with asyncio.timeout(TIMEOUT_SECONDS):
            received = await consumer.getone()
    if received.value != message:
        raise AssertionError(f"sent {message!r}, received {received.value!r}")
    brokers: list[str] = config["bootstrap_servers"]
    return brokers


def main() -> None:
    resolver.install()
    account = boto3.client("sts").get_caller_identity()["Account"]
    first, *others = asyncio.run(produce_and_consume(*sys.argv[1:]))
    sys.stdout.write(
        f"produced and consumed 1 message as {account} through {first} and {len(others)} more\n"
    )


if __name__ == "__main__":
    main()
