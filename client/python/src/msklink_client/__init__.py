"""
The configuration of a Kafka client from what MSKLink publishes in Parameter Store.

    from confluent_kafka import Producer
    from msklink_client import kafka_config

    producer = Producer(kafka_config("orders", scheme="iam"))
"""

from msklink_client.configuration import kafka_config
from msklink_client.errors import MskLinkError
from msklink_client.parameters import Parameters

__all__ = ["MskLinkError", "Parameters", "kafka_config"]
