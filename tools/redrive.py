"""
Hand what is in the dead-letter queues of the owner stack to whom it did not reach.

SQS redrives to queues only (SQS developer guide, dead-letter queue redrive), and the sources here
are EventBridge and Lambda. A message is deleted once it was taken; what fails again stays.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

QUEUES = ("UndeliveredEvents", "FailedInvocations")

LONGEST_CALL_SECONDS = 900
"""No function takes longer; so long a message that is being tried comes to nobody else."""


class Delivery(NamedTuple):
    target: str
    """ARN of a function or a topic."""
    payload: str


class NotTaken(Exception):
    """The function failed again."""


def main(stack: str) -> int:
    """How many messages stay in the queues of *stack*."""
    session = boto3.Session()
    kept = sum(_empty(session, stack, queue) for queue in QUEUES)
    _say(f"{kept} messages stay" if kept else "nothing is left in the queues")
    return kept


def _empty(session: boto3.Session, stack: str, queue: str) -> int:
    sqs, url = session.client("sqs"), _url(session, stack, queue)
    kept = []
    for message in _messages(sqs, url):
        delivery, receipt = delivery_of(message), message["ReceiptHandle"]
        try:
            _deliver(session, delivery)
        except NotTaken as error:
            kept.append(receipt)
            _say(f"{queue}: kept, {delivery.target} failed again: {error}")
        else:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=receipt)
            _say(f"{queue}: taken by {delivery.target}")
    for receipt in kept:
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=0)
    return len(kept)


def _url(session: boto3.Session, stack: str, queue: str) -> str:
    try:
        found = session.client("cloudformation").describe_stack_resource(
            StackName=stack, LogicalResourceId=queue
        )
    except (BotoCoreError, ClientError) as error:
        raise SystemExit(
            f"Queue {queue} of stack {stack} was not found: {error}\n"
            "Use credentials and the Region of the owner account, and name its stack: "
            "make redrive STACK=..."
        ) from error
    return found["StackResourceDetail"]["PhysicalResourceId"]


def delivery_of(message: "MessageTypeDef") -> Delivery:
    """
    Whom *message* did not reach, and with what.

    EventBridge names the target in an attribute, and the body is what it was to get (EventBridge
    user guide, dead-letter queues). Lambda puts both into its record of the invocation (Lambda
    developer guide, asynchronous invocation records).
    """
    body: str = message["Body"]
    if target := message.get("MessageAttributes", {}).get("TARGET_ARN"):
        return Delivery(target["StringValue"], body)
    record: dict[str, Any] = json.loads(body)
    return Delivery(record["requestContext"]["functionArn"], json.dumps(record["requestPayload"]))


def _messages(sqs: "SQSClient", url: str) -> Iterator["MessageTypeDef"]:
    while messages := sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=1,
        WaitTimeSeconds=1,
        VisibilityTimeout=LONGEST_CALL_SECONDS,
        MessageAttributeNames=["All"],
    ).get("Messages"):
        yield from messages


def _deliver(session: boto3.Session, delivery: Delivery) -> None:
    if delivery.target.split(":")[2] == "sns":
        session.client("sns").publish(TopicArn=delivery.target, Message=delivery.payload)
        return
    answer = session.client("lambda").invoke(
        FunctionName=delivery.target, Payload=delivery.payload.encode()
    )
    if answer.get("FunctionError"):
        raise NotTaken(answer["Payload"].read().decode())


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip())
    parser.add_argument("stack", nargs="?", default="msklink", help="name of the owner stack")
    sys.exit(min(main(parser.parse_args().stack), 1))
