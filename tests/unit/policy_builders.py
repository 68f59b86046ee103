"""Build cluster policies and grants for unit tests."""

import json
from typing import Any

from msklink.arns import ClusterArn
from msklink.policy.document import Policy
from msklink.policy.kafka_access import KafkaAccess
from tests.unit.factories import ARN, CLIENT

CLUSTER = ClusterArn.parse(ARN)
ROOT = f"arn:aws:iam::{CLIENT}:root"
READER = KafkaAccess(consume=("orders.*",), groups=("billing",))
WRITER = KafkaAccess(produce=("orders.eu", "orders.us"))
Document = dict[str, Any]


def read(document: Document | None) -> Policy:
    return Policy.parse(json.dumps(document) if document else None)
