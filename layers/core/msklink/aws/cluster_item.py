"""The item of a cluster in the table: the lease, and what a run records for the next one."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from msklink.auth_scheme import Scheme
from msklink.aws import dynamodb
from msklink.change_control.holds import RecordedHold
from msklink.refusals import Refusal
from msklink.runs.cluster_record import (
    ClusterRecord,
    PublishedBrokers,
    RunFailure,
    RunReason,
    VendorRecord,
)
from msklink.runs.lease import requested_before
from msklink.settings import settings

CLUSTER = "cluster"
"""Sort key of the item that has the lease."""


def add_request(cluster_arn: str) -> int:
    """Count one more request for a run of the cluster, and return the count."""
    answer = dynamodb.client().update_item(
        **_key(cluster_arn),
        UpdateExpression="ADD requested :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
        ReturnValues="UPDATED_NEW",
    )
    return int(answer["Attributes"]["requested"]["N"])


def take_lease(cluster_arn: str, run: str, failed_run: str | None = None) -> ClusterRecord:
    """
    Return the record after *run* tried to take the lease, if free or held by *failed_run*.

    A run name can take the lease once. A repeated or late call may find that the run has already
    ended.
    """
    values = {":run": {"S": run}, ":number": {"N": str(requested_before(run))}}
    values |= {":failed_run": {"S": failed_run}} if failed_run else {}
    free = "attribute_not_exists(holder)" + (" OR holder = :failed_run" if failed_run else "")
    unused = "attribute_not_exists(last_run_number) OR last_run_number < :number"
    change = "SET holder = :run, last_run_number = :number"
    return _update_lease(cluster_arn, change, f"({free}) AND ({unused})", values)


def give_up_lease(cluster_arn: str, run: str, generation: int, fingerprint: str) -> ClusterRecord:
    """
    Return the record after *run* released the lease, unless there are requests after *generation*.

    *fingerprint* is that of the cluster as the run read it. Earlier failures are deleted, also its
    own: a redriven run ends like any other if no run has had its lease since.
    """
    values = {
        ":run": {"S": run},
        ":number": {"N": str(requested_before(run))},
        ":generation": {"N": str(generation)},
        ":fingerprint": {"S": fingerprint},
    }
    lost = "attribute_not_exists(holder) AND last_run_number = :number"
    return _update_lease(
        cluster_arn,
        "SET cluster_fingerprint = :fingerprint REMOVE holder, failure",
        f"(holder = :run OR ({lost})) AND requested = :generation",
        values,
    )


def hand_over_lease(cluster_arn: str, run: str, following: str) -> ClusterRecord:
    """Return the record after *run* handed its lease over to the run *following*, if it had it."""
    values = {
        ":run": {"S": run},
        ":following": {"S": following},
        ":number": {"N": str(requested_before(following))},
    }
    change = "SET holder = :following, last_run_number = :number"
    return _update_lease(cluster_arn, change, "holder = :run", values)


def retake_lease(cluster_arn: str, run: str) -> ClusterRecord:
    """Return the record after *run* took back its lost lease, if no run has had it since."""
    values = {":run": {"S": run}, ":number": {"N": str(requested_before(run))}}
    unused = "attribute_not_exists(holder) AND last_run_number = :number"
    return _update_lease(cluster_arn, "SET holder = :run", unused, values)


def free_lease(cluster_arn: str, failed_run: str) -> ClusterRecord:
    """Return the record after the lease of *failed_run* was released, if it had it."""
    return _update_lease(
        cluster_arn, "REMOVE holder", "holder = :failed_run", {":failed_run": {"S": failed_run}}
    )


def _update_lease(
    cluster_arn: str, expression: str, condition: str, values: dict[str, Any]
) -> ClusterRecord:
    try:
        answer = dynamodb.client().update_item(
            **_key(cluster_arn),
            UpdateExpression=expression,
            ConditionExpression=condition,
            ExpressionAttributeValues=values,
            ReturnValues="ALL_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except dynamodb.client().exceptions.ConditionalCheckFailedException as error:
        return _cluster(cast("dict[str, Any]", error.response.get("Item", {})))
    return _cluster(answer["Attributes"])


def read_cluster(cluster_arn: str) -> ClusterRecord:
    """Return the record of the cluster; blank where no run was ever requested."""
    answer = dynamodb.client().get_item(**_key(cluster_arn), ConsistentRead=True)
    return _cluster(answer.get("Item", {}))


def _cluster(item: dict[str, Any]) -> ClusterRecord:
    return ClusterRecord.model_validate(
        {name: dynamodb.deserialize(value) for name, value in item.items()}
    )


def record_enabling(
    cluster_arn: str, schemes: Iterable[Scheme], operation: str | None = None
) -> None:
    """Record which schemes the *operation* turns on; None before the operation begins."""
    dynamodb.client().update_item(
        **_key(cluster_arn),
        UpdateExpression="SET enabling = :schemes, operation = :operation REMOVE update_rejection",
        ExpressionAttributeValues={
            ":schemes": dynamodb.serialize(sorted(schemes)),
            ":operation": dynamodb.serialize(operation),
        },
    )


def record_rejected_update(cluster_arn: str, problem: str) -> None:
    """Record why MSK rejected the update."""
    _set_attribute(cluster_arn, "update_rejection", problem)


def record_refusals(cluster_arn: str, refusals: Iterable[Refusal]) -> None:
    """Record the refusals that were reported to the owner."""
    _set_attribute(
        cluster_arn, "refusals", [refusal.model_dump(mode="json") for refusal in refusals]
    )


def record_enabled_schemes(cluster_arn: str, schemes: Iterable[Scheme]) -> None:
    """Record the schemes that are on, and that no update of ours is in progress."""
    dynamodb.client().update_item(
        **_key(cluster_arn),
        UpdateExpression=(
            "SET enabled_schemes = :schemes, enabling = :none REMOVE operation, update_rejection"
        ),
        ExpressionAttributeValues={
            ":schemes": dynamodb.serialize(sorted(schemes)),
            ":none": dynamodb.serialize([]),
        },
    )


def record_policy_digests(cluster_arn: str, digest: str) -> None:
    """Record the possible digests of our statements, to detect changes by others."""
    _set_attribute(cluster_arn, "policy_digests", digest)


def record_brokers(cluster_arn: str, brokers: PublishedBrokers) -> None:
    """Record the published brokers."""
    _set_attribute(cluster_arn, "brokers", brokers.model_dump(mode="json"))


def record_unknown_connections(
    cluster_arn: str, reported: Iterable[str], exempt: Iterable[str]
) -> None:
    """Record the connections that were reported to the owner, and those not to be rejected."""
    _set_attribute(cluster_arn, "unknown_connections", sorted(reported))
    _set_attribute(cluster_arn, "exempt_connections", sorted(exempt))


def record_suspended_accounts(cluster_arn: str, accounts: Iterable[str]) -> None:
    """Record the accounts removed from the policy only to find a principal that is gone."""
    _set_attribute(cluster_arn, "suspended_accounts", sorted(accounts))


def record_vendors(cluster_arn: str, vendors: Mapping[str, VendorRecord]) -> None:
    """Record the accounts that make their connections themselves."""
    plain = {one: vendor.model_dump(mode="json") for one, vendor in vendors.items()}
    _set_attribute(cluster_arn, "vendors", plain)


def record_holds(cluster_arn: str, holds: Iterable[RecordedHold]) -> None:
    """Record what waits for the owner's terms."""
    _set_attribute(cluster_arn, "holds", [hold.model_dump(mode="json") for hold in holds])


def record_reasons(cluster_arn: str, reasons: Mapping[str, RunReason]) -> None:
    """Record the reasons for a run that a sweep found."""
    plain = {text: reason.model_dump(mode="json") for text, reason in reasons.items()}
    _set_attribute(cluster_arn, "reasons", plain)


def record_failure(cluster_arn: str, failure: RunFailure) -> None:
    """Record the last failed run."""
    _set_attribute(cluster_arn, "failure", failure.model_dump(mode="json"))


def _set_attribute(cluster_arn: str, name: str, value: object) -> None:
    dynamodb.client().update_item(
        **_key(cluster_arn),
        UpdateExpression="SET #name = :value",
        ExpressionAttributeNames={"#name": name},
        ExpressionAttributeValues={":value": dynamodb.serialize(value)},
    )


def _key(cluster_arn: str) -> dict[str, Any]:
    return {
        "TableName": settings().table_name,
        "Key": {"cluster_arn": {"S": cluster_arn}, "item": {"S": CLUSTER}},
    }
