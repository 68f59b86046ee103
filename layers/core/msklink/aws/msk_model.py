"""
Check which fields of MSK's answers the boto3 of the Lambda runtime knows.

An older boto3 drops unknown fields (docs/decisions/0029-boto3-of-the-runtime.md).
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_kafka import KafkaClient

NEEDED_FIELDS = {
    "BrokerNodeGroupInfo": ("ConnectivityInfo", "ZoneIds"),
    "Cluster": ("ActiveOperationArn", "Provisioned", "State", "Tags"),
    "ConnectivityInfo": ("NetworkType", "VpcConnectivity"),
}
"""Fields of a cluster that decisions depend on; a missing one would count as empty."""


def unknown_fields(kafka: "KafkaClient") -> Iterator[str]:
    """Yield those of NEEDED_FIELDS that the model of *kafka* lacks, as `shape.field`."""
    for name, fields in NEEDED_FIELDS.items():
        members = kafka.meta.service_model.shape_for(name).members  # type: ignore[attr-defined]  # a structure
        yield from (f"{name}.{field}" for field in fields if field not in members)
