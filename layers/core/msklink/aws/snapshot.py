"""All that the table says of one cluster in one call, for the sweep, which looks at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from msklink.aws import table
from msklink.drift import Memory
from msklink.records import Cluster, Connection, Departure, Left, Request, Surveyed


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
    for item in table.query(cluster_arn):
        items.setdefault(item["item"].partition("#")[0], []).append(item)
    return Snapshot(
        cluster=Cluster.model_validate(*items.get(table.CLUSTER, [{}])),
        connections=[Connection.model_validate(item) for item in items.get("client", [])],
        requests=table.standing(Request, items.get("request", [])),
        departures=table.standing(Departure, items.get("departure", [])),
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
