"""
The configuration of a Kafka client from what MSKLink publishes in Parameter Store.

    from confluent_kafka import Producer
    from msklink_client import kafka_config

    producer = Producer(kafka_config("orders", scheme="iam"))
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from msklink_client.configuration import kafka_config
    from msklink_client.errors import MskLinkError
    from msklink_client.parameters import Parameters

__all__ = ["MskLinkError", "Parameters", "kafka_config"]

_PLACES = {"MskLinkError": "errors", "Parameters": "parameters", "kafka_config": "configuration"}


def __getattr__(name: str) -> Any:
    """Import boto3 at the first use, so that the command can be interrupted before."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
