"""All that the table says of one cluster in one call, for the sweep, which looks at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from msklink.aws import dynamodb
from msklink.connections.record import Connection
from msklink.connections.survey import Surveyed
from msklink.drift.repair_history import Memory
from msklink.parameters.published import Left
from msklink.requests.records import Departure, Request
from msklink.runs.cluster_record import Cluster


@dataclass(frozen=True)
class Snapshot:
    cluster: Cluster
    connections: list[Connection]
    requests: list[Request]
    departures: list[Departure]
    surveyed: Mapping[str, Surveyed]
    """By account, what its last survey went by."""
    published: Mapping[str, Left]
    """By account, how its parameters were left."""
    open_memories: frozenset[str]
    """Items of drifts that people were told of, or whose repair was begun."""


def take(cluster_arn: str) -> Snapshot:
    items: dict[str, list[dict[str, Any]]] = {}
    for item in dynamodb.query(cluster_arn):
        items.setdefault(item["item"].partition("#")[0], []).append(item)
    return Snapshot(
        cluster=Cluster.model_validate(*items.get(dynamodb.CLUSTER, [{}])),
        connections=[Connection.model_validate(item) for item in items.get("client", [])],
        requests=dynamodb.standing(Request, items.get("request", [])),
        departures=dynamodb.standing(Departure, items.get("departure", [])),
        surveyed={
            _account(item): Surveyed.model_validate(item) for item in items.get("survey", [])
        },
        open_memories=frozenset(
            item["item"] for item in items.get("drift", []) if Memory.model_validate(item).is_open
        ),
        published={
            _account(item): Left.model_validate(item) for item in items.get("published", [])
        },
    )


def _account(item: dict[str, Any]) -> str:
    return str(item["item"]).partition("#")[2]
