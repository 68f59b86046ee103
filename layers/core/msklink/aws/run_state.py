"""State that runs record for later runs and for the sweep, beside connections and requests."""

from msklink.arns import ClusterArn
from msklink.aws import cluster_item, dynamodb
from msklink.connections.wanted_connections import SurveyedState
from msklink.drift.kinds import HISTORY_PREFIX
from msklink.drift.repair_history import RepairHistory
from msklink.parameters.published import PublishedState
from msklink.topics.outcome import TopicOutcomes
from msklink.users.record import UserRecord, user_prefix

CLUSTERS = "clusters"
"""Partition key of the list of tracked clusters, whose sort keys are their ARNs."""


def tracked_clusters() -> list[str]:
    """Return the ARNs of tracked clusters: those that may have something in client accounts."""
    return [item["item"] for item in dynamodb.query(CLUSTERS, "arn:")]


def namesakes(cluster: ClusterArn) -> list[str]:
    """Return the ARNs of other tracked clusters with the name of *cluster*."""
    prefix = cluster.text.removesuffix(cluster.uuid)
    found = (item["item"] for item in dynamodb.query(CLUSTERS, prefix))
    return [arn for arn in found if arn != cluster.text]


def is_tracked(cluster_arn: str) -> bool:
    """Return whether the cluster is on the list of tracked clusters."""
    return dynamodb.get(CLUSTERS, cluster_arn) is not None


def track_cluster(cluster_arn: str) -> None:
    """Add the cluster to the list of tracked clusters."""
    dynamodb.put(CLUSTERS, cluster_arn, {})


def untrack_cluster(cluster_arn: str) -> None:
    """Remove a cluster that has nothing left from the list of tracked clusters."""
    dynamodb.delete(CLUSTERS, cluster_arn)


def forget_all(cluster_arn: str) -> None:
    """
    Delete all state of a deleted cluster except for its lease.

    The lease counts its runs, whose names cannot be used again for 90 days (Step Functions API
    reference, StartExecution), in case of a late event.
    """
    for item in dynamodb.query(cluster_arn):
        if item["item"] != cluster_item.CLUSTER:
            dynamodb.delete(cluster_arn, item["item"])
    untrack_cluster(cluster_arn)


def repair_history(cluster_arn: str, item: str) -> RepairHistory:
    """Return the repair history of the drift *item*."""
    return RepairHistory.model_validate(dynamodb.get(cluster_arn, item) or {})


def repair_histories(cluster_arn: str) -> dict[str, RepairHistory]:
    """Return the repair histories of all drifts, by item."""
    found = dynamodb.query(cluster_arn, HISTORY_PREFIX)
    return {item["item"]: RepairHistory.model_validate(item) for item in found}


def save_repair_history(cluster_arn: str, item: str, history: RepairHistory) -> None:
    dynamodb.put(cluster_arn, item, history.model_dump(mode="json"))


def surveyed_state(cluster_arn: str, account: str) -> SurveyedState | None:
    """Return what the last survey of the account read; None before the first."""
    found = dynamodb.get(cluster_arn, f"survey#{account}")
    return SurveyedState.model_validate(found) if found else None


def save_surveyed_state(cluster_arn: str, account: str, found: SurveyedState) -> None:
    if surveyed_state(cluster_arn, account) != found:
        dynamodb.put(cluster_arn, f"survey#{account}", found.model_dump(mode="json"))


def topic_outcomes(cluster_arn: str, account: str) -> dict[str, TopicOutcomes]:
    """Return the outcomes of the topics that the account requests, by VPC."""
    prefix = f"topics#{account}#"
    return {
        item["item"].removeprefix(prefix): TopicOutcomes.model_validate(item)
        for item in dynamodb.query(cluster_arn, prefix)
    }


def save_topic_outcomes(
    cluster_arn: str, account: str, vpc_id: str, outcomes: TopicOutcomes
) -> None:
    item = f"topics#{account}#{vpc_id}"
    dynamodb.put(cluster_arn, item, outcomes.model_dump(mode="json"))


def user_records(cluster_arn: str, account: str = "") -> list[UserRecord]:
    """Return the users of the account, or of all accounts."""
    found = dynamodb.query(cluster_arn, user_prefix(account))
    return [UserRecord.model_validate(item) for item in found]


def save_user(user: UserRecord) -> None:
    dynamodb.put(user.cluster_arn, user.item, user.model_dump(mode="json"))


def delete_user(user: UserRecord) -> None:
    dynamodb.delete(user.cluster_arn, user.item)


def published_state(cluster_arn: str, account: str) -> PublishedState:
    """Return the parameters last published in the account; empty before the first."""
    return PublishedState.model_validate(dynamodb.get(cluster_arn, f"published#{account}") or {})


def record_withdrawn(cluster_arn: str, account: str, digests: dict[str, str]) -> None:
    """Record the remaining parameters, with the schemes that stay unrepaired."""
    before = published_state(cluster_arn, account)
    save_published_state(cluster_arn, account, before.model_copy(update={"digests": digests}))


def save_published_state(cluster_arn: str, account: str, state: PublishedState) -> None:
    if published_state(cluster_arn, account) != state:
        dynamodb.put(cluster_arn, f"published#{account}", state.model_dump(mode="json"))
