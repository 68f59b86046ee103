"""
A producer that stays connected: writes until its input ends, then prints what it came to.

    python -m tests.e2e.long_producer ledger entries iam

The first line is printed when it is connected. The last is a JSON object: the offsets of all
messages, and the brokers that it knew at the end.
"""

import asyncio
import json
import os
import sys
from typing import Any

from aiokafka import AIOKafkaProducer

from localcloud.kafka import resolver
from msklink_client import kafka_config

PAUSE_SECONDS = 0.1


async def write_until_input_ends(config: dict[str, Any], topic: str) -> dict[str, Any]:
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    offsets: list[int] = []
    async with AIOKafkaProducer(**config) as producer:
        while True:
            sent = await producer.send_and_wait(topic, b"one", partition=0)
            if not offsets:
                sys.stdout.write("connected\n")
                sys.stdout.flush()
            offsets.append(sent.offset)
            if ended.done():
                break
            await asyncio.sleep(PAUSE_SECONDS)
        await producer.client.force_metadata_update()  # as it does every five minutes
        brokers = {broker.host.split(".")[0] for broker in producer.client.cluster.brokers()}
    return {"offsets": offsets, "brokers": sorted(brokers)}


def main() -> None:
    cluster, topic, scheme = sys.argv[1:]
    resolver.install()
    user = os.environ.get("KAFKA_USER")
    config: dict[str, Any] = kafka_config(cluster, scheme, library="aiokafka", user=user)
    sys.stdout.write(json.dumps(asyncio.run(write_until_input_ends(config, topic))))


if __name__ == "__main__":
    main()
