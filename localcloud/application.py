"""
An application of a client team, which has its own credentials and the name of the cluster.

    python -m localcloud.application orders billing.payments iam

writes a message to the topic `billing.payments` of the cluster `orders` by the scheme iam, reads
it back in a consumer group, and prints a line. The topic is created if it is not there. With scram
the environment has the name of a user or the ARN of its secret, with tls the files of certificate
and key. `run` starts it as a process, which has no other access to the embedded AWS.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, Final

import boto3
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from localcloud.cloud import Cloud
from localcloud.kafka import resolver
from localcloud.settings import REPOSITORY, clean_environment

LIBRARY = REPOSITORY / "client" / "python" / "src"
TIMEOUT_SECONDS = 60
PARTITIONS, REPLICAS = 3, 3


LOGINS: Final = {
    "iam": {},
    "scram": {"secret": "SECRET", "user": "KAFKA_USER"},
    "tls": {"certificate_file": "CERTIFICATE_FILE", "key_file": "KEY_FILE"},
}
"""By scheme: arguments of kafka_config, and the environment variables that can hold them."""


def run(
    cloud: Cloud,
    environment: Mapping[str, str],
    cluster: str,
    topic: str,
    scheme: str = "iam",
) -> "subprocess.CompletedProcess[str]":
    """Run the application with *environment*: credentials as for the AWS SDK, and the login."""
    with started(cloud, environment, __name__, cluster, topic, scheme) as process:
        stdout, stderr = process.communicate(timeout=3 * TIMEOUT_SECONDS)
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def started(
    cloud: Cloud, environment: Mapping[str, str], module: str, *arguments: str
) -> "subprocess.Popen[str]":
    """Start a module as an application of a client team."""
    clean = clean_environment(cloud.endpoint) | cloud.kafka().environment()
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=REPOSITORY,
        env=clean | {"PYTHONPATH": str(LIBRARY)} | dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


async def produce_and_consume(config: dict[str, Any], topic: str) -> None:
    """Write a message, and read in a group until it comes."""
    message = os.urandom(8)
    async with AIOKafkaProducer(enable_idempotence=True, **config) as producer:
        await producer.send_and_wait(topic, message)
    async with (
        AIOKafkaConsumer(topic, group_id=topic, auto_offset_reset="earliest", **config) as consumer,
        asyncio.timeout(TIMEOUT_SECONDS),
    ):
        async for received in consumer:
            if received.value == message:
                return


async def make_topic(config: dict[str, Any], topic: str) -> None:
    """Create the topic if it is not there."""
    admin = AIOKafkaAdminClient(**config)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, PARTITIONS, REPLICAS)])
    finally:
        await admin.close()


def main() -> None:
    from msklink_client import kafka_config  # noqa: PLC0415 only on the path of this process

    cluster, topic, scheme = sys.argv[1:]
    login: dict[str, Any] = {
        name: os.environ[variable]
        for name, variable in LOGINS[scheme].items()
        if variable in os.environ
    }
    config: dict[str, Any] = kafka_config(cluster, scheme=scheme, library="aiokafka", **login)
    resolver.install()
    account = boto3.client("sts").get_caller_identity()["Account"]

    async def work() -> None:
        await make_topic(config, topic)
        await produce_and_consume(config, topic)

    asyncio.run(work())
    first, *others = config["bootstrap_servers"]
    sys.stdout.write(
        f"produced and consumed 1 message by {scheme} as {account} through {first} "
        f"and {len(others)} more\n"
    )


if __name__ == "__main__":
    main()
