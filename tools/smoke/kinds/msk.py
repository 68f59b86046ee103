"""Clusters, configurations and VPC connections of MSK."""

from typing import Any

from tools.smoke.accounts import Outcome, attempt
from tools.smoke.resources import Kind, Stays
from tools.smoke.smoke import Smoke
from tools.smoke.state import Json

GONE = frozenset({"NotFoundException"})
DELETABLE = frozenset({"AVAILABLE", "INACTIVE", "REJECTED", "FAILED"})
CLUSTER_MINUTES = 180
"""A cluster that is being updated cannot be deleted."""

CONNECTION_MINUTES = 30


def _kafka(smoke: Smoke, entry: Json) -> Any:
    return smoke.account(entry["account"]).client("kafka")


def _find_configuration(smoke: Smoke, entry: Json) -> str | None:
    pages = _kafka(smoke, entry).get_paginator("list_configurations").paginate()
    found = (one for page in pages for one in page["Configurations"])
    return next((one["Arn"] for one in found if one["Name"] == entry["name"]), None)


def _delete_configuration(smoke: Smoke, entry: Json) -> None:
    _raise_unless_gone(attempt(_kafka(smoke, entry).delete_configuration, Arn=entry["id"]))


def _find_cluster(smoke: Smoke, entry: Json) -> str | None:
    pages = _kafka(smoke, entry).get_paginator("list_clusters_v2")
    found = (
        one
        for page in pages.paginate(ClusterNameFilter=entry["name"])
        for one in page["ClusterInfoList"]
    )
    same = (one for one in found if one["ClusterName"] == entry["name"])
    return next((one["ClusterArn"] for one in same if one["State"] != "DELETING"), None)


def _delete_cluster(smoke: Smoke, entry: Json) -> None:
    begin_deletion(smoke, entry["id"])
    smoke.until(lambda: state(smoke, entry["id"]) is None, "MSK has deleted the cluster", 60)


def begin_deletion(smoke: Smoke, arn: str) -> None:
    """Ask MSK to delete the cluster, as soon as it takes that."""

    def is_begun() -> bool:
        if state(smoke, arn) in {None, "DELETING"}:
            return True
        asked = attempt(smoke.kafka.delete_cluster, ClusterArn=arn)
        if not asked.accepted and asked.code != "BadRequestException":
            _raise_unless_gone(asked)
        return asked.accepted

    smoke.until(is_begun, "MSK deletes the cluster", CLUSTER_MINUTES)


def state(smoke: Smoke, arn: str) -> str | None:
    """Return the state of a cluster; None if there is none."""
    found = attempt(smoke.kafka.describe_cluster_v2, ClusterArn=arn)
    if found.answer is None:
        _raise_unless_gone(found)
        return None
    return str(found.answer["ClusterInfo"]["State"])


def connections(smoke: Smoke, role: str, vpc_id: str) -> list[Json]:
    """Return the connections of a VPC."""
    pages = smoke.account(role).client("kafka").get_paginator("list_vpc_connections").paginate()
    listed = (one for page in pages for one in page["VpcConnections"])
    return [one for one in listed if one["VpcId"] == vpc_id]


def connection_state(smoke: Smoke, role: str, arn: str) -> str | None:
    """Return the state of a connection; None if there is none."""
    kafka = smoke.account(role).client("kafka")
    found = attempt(kafka.describe_vpc_connection, Arn=arn)
    if found.answer is None:
        _raise_unless_gone(found)
        return None
    return str(found.answer["State"])


def _find_connection(smoke: Smoke, entry: Json) -> str | None:
    """Return the connection of the VPC whose name the entry has."""
    vpc_id = smoke.state.find("vpc", entry["name"])
    found = connections(smoke, "client", vpc_id) if vpc_id else []
    return found[0]["VpcConnectionArn"] if found else None


def _delete_connection(smoke: Smoke, entry: Json) -> None:
    delete_connection(smoke, entry["account"], entry["id"])


def delete_connection(smoke: Smoke, role: str, arn: str) -> None:
    """Delete a connection, and wait until it is gone."""
    kafka = smoke.account(role).client("kafka")

    def is_gone() -> bool:
        found = connection_state(smoke, role, arn)
        if found in DELETABLE:
            _raise_unless_gone(attempt(kafka.delete_vpc_connection, Arn=arn))
        return found is None

    smoke.until(is_gone, "MSK has deleted the connection", CONNECTION_MINUTES)


def _raise_unless_gone(outcome: Outcome) -> None:
    if not outcome.accepted and outcome.code not in GONE:
        raise Stays(f"{outcome.call}: {outcome.code}: {outcome.message}")


KINDS = {
    "configuration": Kind(
        _find_configuration, _delete_configuration, "kafka delete-configuration --arn {id}"
    ),
    "cluster": Kind(_find_cluster, _delete_cluster, "kafka delete-cluster --cluster-arn {id}"),
    "second cluster": Kind(
        _find_cluster, _delete_cluster, "kafka delete-cluster --cluster-arn {id}"
    ),
    "connection": Kind(
        _find_connection, _delete_connection, "kafka delete-vpc-connection --arn {id}"
    ),
}
