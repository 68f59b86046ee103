"""What runs leave in the table for later ones and for the sweep, beside their records."""

from msklink.arns import ClusterArn
from msklink.aws import dynamodb
from msklink.connections.survey import Surveyed
from msklink.drift.kinds import MEMORIES
from msklink.drift.repair_history import Memory
from msklink.parameters.published import Left

CLUSTERS = "clusters"
"""Partition key of the list of clusters, whose sort keys are their ARNs."""


def managed_clusters() -> list[str]:
    """ARNs of the clusters that may have something in client accounts."""
    return [item["item"] for item in dynamodb.query(CLUSTERS, "arn:")]


def namesakes(cluster: ClusterArn) -> list[str]:
    """ARNs of those of them that have the name of *cluster*, without itself."""
    prefix = cluster.text.removesuffix(cluster.uuid)
    found = (item["item"] for item in dynamodb.query(CLUSTERS, prefix))
    return [arn for arn in found if arn != cluster.text]


def is_managed(cluster_arn: str) -> bool:
    """Whether the cluster is one of them."""
    return dynamodb.get(CLUSTERS, cluster_arn) is not None


def note_managed(cluster_arn: str) -> None:
    """Remember the cluster as one of them."""
    dynamodb.put(CLUSTERS, cluster_arn, {})


def forget_managed(cluster_arn: str) -> None:
    """The cluster has nothing left, nor a run that would have to be followed by another."""
    dynamodb.delete(CLUSTERS, cluster_arn)


def forget_all(cluster_arn: str) -> None:
    """
    Drop all that is known of a cluster that is gone, but for its lease.

    That counts its runs, whose names cannot be used again for 90 days (Step Functions API
    reference, StartExecution), should an event about it come late.
    """
    for item in dynamodb.query(cluster_arn):
        if item["item"] != dynamodb.CLUSTER:
            dynamodb.delete(cluster_arn, item["item"])
    forget_managed(cluster_arn)


def drift_memory(cluster_arn: str, item: str) -> Memory:
    """What was done about the drift *item* so far."""
    return Memory.model_validate(dynamodb.get(cluster_arn, item) or {})


def drift_memories(cluster_arn: str) -> dict[str, Memory]:
    """The same of everything that ever drifted, by item."""
    found = dynamodb.query(cluster_arn, MEMORIES)
    return {item["item"]: Memory.model_validate(item) for item in found}


def remember_drift(cluster_arn: str, item: str, memory: Memory) -> None:
    dynamodb.put(cluster_arn, item, memory.model_dump(mode="json"))


def surveyed(cluster_arn: str, account: str) -> Surveyed | None:
    """Return what the last survey of the account found; None before that."""
    found = dynamodb.get(cluster_arn, f"survey#{account}")
    return Surveyed.model_validate(found) if found else None


def note_surveyed(cluster_arn: str, account: str, found: Surveyed) -> None:
    if surveyed(cluster_arn, account) != found:
        dynamodb.put(cluster_arn, f"survey#{account}", found.model_dump(mode="json"))


def published(cluster_arn: str, account: str) -> Left:
    """How the parameters in the account were left; nothing before anything was published."""
    return Left.model_validate(dynamodb.get(cluster_arn, f"published#{account}") or {})


def note_withdrawn(cluster_arn: str, account: str, digests: dict[str, str]) -> None:
    """Remember what is left of the parameters; what was left alone of that stays so."""
    left = published(cluster_arn, account)
    note_published(cluster_arn, account, left.model_copy(update={"digests": digests}))


def note_published(cluster_arn: str, account: str, left: Left) -> None:
    if published(cluster_arn, account) != left:
        dynamodb.put(cluster_arn, f"published#{account}", left.model_dump(mode="json"))
