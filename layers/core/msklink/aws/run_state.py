"""What runs leave in the table for later ones and for the sweep, beside their records."""

from msklink.arns import ClusterArn
from msklink.aws import cluster_item, dynamodb
from msklink.connections.survey import SurveyedState
from msklink.drift.kinds import HISTORY_PREFIX
from msklink.drift.repair_history import RepairHistory
from msklink.parameters.published import PublishedState

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


def record_managed(cluster_arn: str) -> None:
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
        if item["item"] != cluster_item.CLUSTER:
            dynamodb.delete(cluster_arn, item["item"])
    forget_managed(cluster_arn)


def repair_history(cluster_arn: str, item: str) -> RepairHistory:
    """What was done about the drift *item* so far."""
    return RepairHistory.model_validate(dynamodb.get(cluster_arn, item) or {})


def repair_histories(cluster_arn: str) -> dict[str, RepairHistory]:
    """The same of everything that ever drifted, by item."""
    found = dynamodb.query(cluster_arn, HISTORY_PREFIX)
    return {item["item"]: RepairHistory.model_validate(item) for item in found}


def save_repair_history(cluster_arn: str, item: str, history: RepairHistory) -> None:
    dynamodb.put(cluster_arn, item, history.model_dump(mode="json"))


def surveyed_state(cluster_arn: str, account: str) -> SurveyedState | None:
    """Return what the last survey of the account found; None before that."""
    found = dynamodb.get(cluster_arn, f"survey#{account}")
    return SurveyedState.model_validate(found) if found else None


def save_surveyed_state(cluster_arn: str, account: str, found: SurveyedState) -> None:
    if surveyed_state(cluster_arn, account) != found:
        dynamodb.put(cluster_arn, f"survey#{account}", found.model_dump(mode="json"))


def published_state(cluster_arn: str, account: str) -> PublishedState:
    """How the parameters in the account were left; nothing before anything was published."""
    return PublishedState.model_validate(dynamodb.get(cluster_arn, f"published#{account}") or {})


def record_withdrawn(cluster_arn: str, account: str, digests: dict[str, str]) -> None:
    """Remember what is left of the parameters; what was left alone of that stays so."""
    left = published_state(cluster_arn, account)
    save_published_state(cluster_arn, account, left.model_copy(update={"digests": digests}))


def save_published_state(cluster_arn: str, account: str, left: PublishedState) -> None:
    if published_state(cluster_arn, account) != left:
        dynamodb.put(cluster_arn, f"published#{account}", left.model_dump(mode="json"))
