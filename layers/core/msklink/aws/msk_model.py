"""
What the boto3 of the Lambda runtime knows of the answers of MSK.

An older one drops the fields that it does not know (docs/decisions/0029-boto3-of-the-runtime.md).
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
"""Fields of a cluster that MSKLink judges by, and takes for empty where they are missing."""


def unknown_fields(kafka: "KafkaClient") -> Iterator[str]:
    """Yield those of READ that the model of *kafka* lacks, as `shape.field`."""
    for name, fields in NEEDED_FIELDS.items():
        members = kafka.meta.service_model.shape_for(name).members  # type: ignore[attr-defined]  # a structure
        yield from (f"{name}.{field}" for field in fields if field not in members)
