"""
Topics of a cluster by the API of MSK, which needs no connection to its brokers.

Source: MSK developer guide, "Topic operations": provisioned clusters of Kafka 3.6 or later that are
ACTIVE. Answers lag by about a minute.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from msklink.arns import ClusterArn
from msklink.aws.errors import error_code, error_message, impersonal, is_denied, is_transient
from msklink.errors import Refused, TransientError
from msklink.refusals import Code, refuse
from msklink.topics.request import TopicRequest

if TYPE_CHECKING:
    from mypy_boto3_kafka import KafkaClient

EXISTS: Final = "TopicExistsException"
NOT_FOUND: Final = frozenset({"NotFoundException", "UnknownTopicOrPartitionException"})

# Faults of the brokers that pass (Kafka protocol guide, retriable errors; MSK API reference).
PASSING: Final = frozenset(
    {
        "ClusterConnectivityException",
        "ControllerMovedException",
        "KafkaTimeoutException",
        "NotControllerException",
        "ReassignmentInProgressException",
    }
)


@dataclass(frozen=True)
class Topic:
    """A topic as it is."""

    partitions: int
    replication_factor: int
    config: dict[str, str]

    def differences(self, asked: TopicRequest) -> Iterator[str]:
        """Yield what is not as *asked*; a setting that was not asked for can be any."""
        if self.partitions != asked.partitions:
            yield f"it has {self.partitions} partitions, not {asked.partitions}"
        if self.replication_factor != asked.replication_factor:
            yield (
                f"its replication factor is {self.replication_factor}, "
                f"not {asked.replication_factor}"
            )
        for key, value in asked.config.items():
            found = self.config.get(key)
            if found != value:
                yield f"its {key} is {found or 'that of the cluster'}, not {value}"


def describe_topic(kafka: "KafkaClient", cluster: ClusterArn, name: str) -> Topic | None:
    """
    Return a topic; None where there is none, or MSK does not show it yet.

    Raises TransientError, and Refused where MSK does not answer for it.
    """
    try:
        found = kafka.describe_topic(ClusterArn=cluster.text, TopicName=name)
    except ClientError as error:
        if error_code(error) in NOT_FOUND:
            return None
        raise _named(error, cluster, name) from error
    return Topic(
        found["PartitionCount"], found["ReplicationFactor"], _decoded(found.get("Configs", ""))
    )


def create_topic(kafka: "KafkaClient", cluster: ClusterArn, asked: TopicRequest) -> bool:
    """
    Create a topic; return False where one of its name exists.

    Raises TransientError, and Refused where MSK does not create it.
    """
    settings: dict[str, Any] = {"Configs": _encoded(asked.config)} if asked.config else {}
    try:
        kafka.create_topic(
            ClusterArn=cluster.text,
            TopicName=asked.name,
            PartitionCount=asked.partitions,
            ReplicationFactor=asked.replication_factor or 1,
            **settings,
        )
    except ClientError as error:
        if error_code(error) == EXISTS:
            return False
        raise _named(error, cluster, asked.name) from error
    return True


def _named(error: ClientError, cluster: ClusterArn, topic: str) -> Exception:
    """Return what an error of a call for *topic* is to a run."""
    if error_code(error) in PASSING or is_transient(error):
        return TransientError(str(error))
    if is_denied(error):
        return error
    return Refused(
        refuse(
            Code.TOPIC_REFUSED,
            topic=topic,
            cluster=cluster.name,
            error=error_code(error) or "no code",
            problem=impersonal(error_message(error)) or "no message",
        )
    )


def _encoded(config: dict[str, str]) -> str:
    """Return Configs: a JSON object in Base64, as Terraform's aws_msk_topic writes it."""
    return base64.b64encode(json.dumps(config, sort_keys=True).encode()).decode()


def _decoded(text: str) -> dict[str, str]:
    """
    Return the settings in Configs; none where they cannot be read.

    Terraform's acceptance tests read a JSON object, the example of the developer guide reads lines
    of the form key=value.
    """
    try:
        plain = base64.b64decode(text).decode()
        found = json.loads(plain) if plain.startswith("{") else _lines(plain)
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in found.items()}


def _lines(text: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {key.strip(): value.strip() for key, _, value in pairs}
