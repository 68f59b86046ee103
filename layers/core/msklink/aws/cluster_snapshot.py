"""Read all items of a cluster together, for the sweep and for people."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from msklink.aws import cluster_item, dynamodb
from msklink.aws.run_state import CLUSTERS
from msklink.connections.record import ConnectionRecord
from msklink.connections.wanted_connections import SurveyedState
from msklink.drift.repair_history import RepairHistory
from msklink.parameters.published import PublishedState
from msklink.requests.records import OffboardingRequest, OnboardingRequest
from msklink.runs.cluster_record import ClusterRecord
from msklink.users.record import UserRecord


@dataclass(frozen=True)
class ClusterSnapshot:
    cluster: ClusterRecord
    connections: list[ConnectionRecord]
    onboarding_requests: list[OnboardingRequest]
    offboarding_requests: list[OffboardingRequest]
    surveyed: Mapping[str, SurveyedState]
    """By account, what its last survey read."""
    published: Mapping[str, PublishedState]
    """By account, the parameters that the last run published."""
    open_histories: frozenset[str]
    """Items of drifts that were reported, or whose repair has begun."""
    users: list[UserRecord] = field(default_factory=list)


def read_snapshot(cluster_arn: str) -> ClusterSnapshot:
    return _snapshot(dynamodb.query(cluster_arn))


def read_snapshots() -> dict[str, ClusterSnapshot]:
    """Return the snapshots of all clusters that have items, by ARN."""
    of_cluster: dict[str, list[dict[str, Any]]] = {}
    for item in dynamodb.scan():
        of_cluster.setdefault(str(item["cluster_arn"]), []).append(item)
    return {arn: _snapshot(items) for arn, items in of_cluster.items() if arn != CLUSTERS}


def _snapshot(found: Iterable[dict[str, Any]]) -> ClusterSnapshot:
    items: dict[str, list[dict[str, Any]]] = {}
    for item in found:
        items.setdefault(item["item"].partition("#")[0], []).append(item)
    return ClusterSnapshot(
        cluster=ClusterRecord.model_validate(*items.get(cluster_item.CLUSTER, [{}])),
        connections=[ConnectionRecord.model_validate(item) for item in items.get("client", [])],
        onboarding_requests=dynamodb.not_withdrawn(OnboardingRequest, items.get("onboarding", [])),
        offboarding_requests=dynamodb.not_withdrawn(
            OffboardingRequest, items.get("offboarding", [])
        ),
        users=[UserRecord.model_validate(item) for item in items.get("user", [])],
        surveyed={
            _account(item): SurveyedState.model_validate(item) for item in items.get("survey", [])
        },
        open_histories=frozenset(
            item["item"]
            for item in items.get("drift", [])
            if RepairHistory.model_validate(item).is_open
        ),
        published={
            _account(item): PublishedState.model_validate(item)
            for item in items.get("published", [])
        },
    )


def _account(item: dict[str, Any]) -> str:
    return str(item["item"]).partition("#")[2]
