"""Put MSKLink's events on its bus."""

import json
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from msklink.aws.session import CONFIG, own_session
from msklink.errors import TransientError
from msklink.settings import settings

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

SOURCE = "msklink"


class DetailType(StrEnum):
    """Detail types of MSKLink's events."""

    CLUSTER_CONNECTIVITY_ENABLED = "Cluster Connectivity Enabled"
    CLUSTER_REFUSED = "Cluster Refused"
    CLIENT_ONBOARDED = "Client Onboarded"
    CLIENT_REFUSED = "Client Refused"
    CLIENT_OFFBOARDING_SCHEDULED = "Client Offboarding Scheduled"
    CLIENT_OFFBOARDED = "Client Offboarded"
    CONNECTIVITY_HELD = "Connectivity Held"
    DRIFT_REPAIRED = "Drift Repaired"
    KAFKA_USER_CREATED = "Kafka User Created"
    KAFKA_USER_REMOVAL_SCHEDULED = "Kafka User Removal Scheduled"
    KAFKA_USER_REMOVED = "Kafka User Removed"
    RUN_FAILED = "Run Failed"


@cache
def client() -> "EventBridgeClient":
    return own_session().client("events", config=CONFIG)


def put_event(what: DetailType, **detail: Any) -> None:
    """Put one event on the bus, without empty facts."""
    answer = client().put_events(
        Entries=[
            {
                "EventBusName": settings().namespace,
                "Source": SOURCE,
                "DetailType": what.value,
                "Detail": json.dumps({key: fact for key, fact in detail.items() if fact}),
            }
        ]
    )
    if answer["FailedEntryCount"]:
        raise TransientError(f"EventBridge rejected {what.value!r}: {answer['Entries']}")
