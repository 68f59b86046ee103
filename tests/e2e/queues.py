"""Create a queue in the owner account to receive what topics and rules deliver."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from localcloud.cloud import Cloud

SENDERS = ["sns.amazonaws.com", "events.amazonaws.com"]


@dataclass(frozen=True)
class Queue:
    cloud: Cloud
    url: str
    arn: str

    def bodies(self) -> list[str]:
        """Return the messages and leave them in the queue."""
        answer = self.cloud.client("sqs", self.cloud.owner).receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return [message["Body"] for message in answer.get("Messages", [])]


@contextmanager
def temporary_queue(cloud: Cloud, name: str) -> Iterator[Queue]:
    sqs = cloud.client("sqs", cloud.owner)
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    named = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": SENDERS},
        "Action": "sqs:SendMessage",
        "Resource": named["QueueArn"],
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    try:
        yield Queue(cloud, url, named["QueueArn"])
    finally:
        sqs.delete_queue(QueueUrl=url)
