"""The table: one item per cluster, which carries the lease, and one per client connection."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from msklink.auth_scheme import Scheme
from msklink.aws.session import CONFIG, own_session
from msklink.connections.record import ConnectionRecord, connection_prefix
from msklink.policy.kafka_access import KafkaAccess
from msklink.refusals import Refusal
from msklink.requests.records import (
    OffboardingRequest,
    OnboardingRequest,
    offboarding_prefix,
    onboarding_prefix,
)
from msklink.runs.cluster_record import (
    ClusterRecord,
    PublishedBrokers,
    RunFailure,
    RunReason,
    VendorRecord,
)
from msklink.runs.lease import requested_before
from msklink.settings import settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CLUSTER = "cluster"
"""Sort key of the item that carries the lease."""

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


@cache
def client() -> "DynamoDBClient":
    return own_session().client("dynamodb", config=CONFIG)


def connections(cluster_arn: str, account: str | None = None) -> list[ConnectionRecord]:
    """The records of the cluster, or those of one account only."""
    prefix = connection_prefix(account) if account else "client#"
    return [ConnectionRecord.model_validate(item) for item in query(cluster_arn, prefix)]


def onboarding_requests(cluster_arn: str, account: str | None = None) -> list[OnboardingRequest]:
    """The recorded requests for the cluster, or those of one account only."""
    prefix = onboarding_prefix(account) if account else "onboarding#"
    return not_withdrawn(OnboardingRequest, query(cluster_arn, prefix))


def offboarding_requests(cluster_arn: str, account: str) -> list[OffboardingRequest]:
    """What the account asked to be taken away."""
    return not_withdrawn(OffboardingRequest, query(cluster_arn, offboarding_prefix(account)))


def client_requests(cluster_arn: str) -> list[OnboardingRequest | OffboardingRequest]:
    """All that clients asked for by event, what they withdrew since included."""
    return [
        *(OnboardingRequest.model_validate(item) for item in query(cluster_arn, "onboarding#")),
        *(OffboardingRequest.model_validate(item) for item in query(cluster_arn, "offboarding#")),
    ]


def not_withdrawn[Word: (OnboardingRequest, OffboardingRequest)](
    kind: type[Word], items: Iterable[dict[str, Any]]
) -> list[Word]:
    """Those of *items* that nobody has withdrawn since."""
    requests = (kind.model_validate(item) for item in items)
    return [request for request in requests if not request.withdrawn]


def requested_access(cluster_arn: str) -> frozenset[tuple[str, KafkaAccess]]:
    """Return which account asks for what, whether its owner allows it or not."""
    return frozenset(
        (request.account, request.access)
        for request in onboarding_requests(cluster_arn)
        if request.access
    )


def query(cluster_arn: str, prefix: str = "") -> Iterable[dict[str, Any]]:
    """The items of a partition, or those whose sort keys begin with *prefix*."""
    which: dict[str, Any] = {
        "KeyConditionExpression": "cluster_arn = :arn",
        "ExpressionAttributeValues": {":arn": {"S": cluster_arn}},
    }
    if prefix:
        which["KeyConditionExpression"] += " AND begins_with(#item, :prefix)"
        which["ExpressionAttributeNames"] = {"#item": "item"}
        which["ExpressionAttributeValues"][":prefix"] = {"S": prefix}
    pages = (
        client()
        .get_paginator("query")
        .paginate(TableName=settings().table_name, ConsistentRead=True, **which)
    )
    for page in pages:
        for item in page["Items"]:
            yield {name: _deserialize(value) for name, value in item.items()}


def get(partition: str, item: str) -> dict[str, Any] | None:
    """One item as it is now; None when it is not there."""
    key = {"cluster_arn": {"S": partition}, "item": {"S": item}}
    answer = client().get_item(TableName=settings().table_name, Key=key, ConsistentRead=True)
    found = answer.get("Item")
    return {name: _deserialize(value) for name, value in found.items()} if found else None


def put(partition: str, item: str, document: Mapping[str, Any], **condition: Any) -> None:
    """Write one item as a whole."""
    whole = {**document, "cluster_arn": partition, "item": item}
    client().put_item(
        TableName=settings().table_name,
        Item={name: _serialize(value) for name, value in whole.items()},
        **condition,
    )


def save(record: ConnectionRecord, now: datetime) -> None:
    """Write the whole item; only the holder of the lease does."""
    put(record.cluster_arn, record.item, _document(record, now))


def save_if_latest(request: OnboardingRequest | OffboardingRequest, now: datetime) -> bool:
    """
    Write the whole item, unless a later word about it is there; whether it was written.

    Of two words of one second that which asks for a connection counts, as leaving by mistake is the
    greater harm.
    """
    document = _document(request, now)
    last = (
        "requested_at <= :requested_at" if request.is_onboarding else "requested_at < :requested_at"
    )
    try:
        put(
            request.cluster_arn,
            request.item,
            document,
            ConditionExpression=f"attribute_not_exists(requested_at) OR {last}",
            ExpressionAttributeValues={":requested_at": _serialize(document["requested_at"])},
        )
    except client().exceptions.ConditionalCheckFailedException:
        return False
    return True


def _document(
    record: ConnectionRecord | OnboardingRequest | OffboardingRequest, now: datetime
) -> dict[str, Any]:
    updated = now.isoformat(timespec="seconds")
    return {**record.model_dump(mode="json", exclude_none=True), "updated": updated}


def save_all(records: Iterable[ConnectionRecord], now: datetime) -> None:
    for record in records:
        save(record, now)


def delete_record(record: ConnectionRecord) -> None:
    """Drop the record of a connection that is gone, or that nobody wants and never was."""
    delete(record.cluster_arn, record.item)


def delete(partition: str, item: str) -> None:
    """Drop one item, if it is there."""
    key = {"cluster_arn": {"S": partition}, "item": {"S": item}}
    client().delete_item(TableName=settings().table_name, Key=key)


def add_request(cluster_arn: str) -> int:
    """Count one more request for a run of the cluster, and return the count."""
    answer = client().update_item(
        **_key(cluster_arn),
        UpdateExpression="ADD requested :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
        ReturnValues="UPDATED_NEW",
    )
    return int(answer["Attributes"]["requested"]["N"])


def take_lease(cluster_arn: str, run: str, failed_run: str | None = None) -> ClusterRecord:
    """
    The record after *run* tried for the lease, which it gets if free or held by *failed_run*.

    A name gets it once: whoever tries again, after a lost answer or much too late, may find that
    the run has come and gone.
    """
    values = {":run": {"S": run}, ":number": {"N": str(requested_before(run))}}
    values |= {":failed_run": {"S": failed_run}} if failed_run else {}
    free = "attribute_not_exists(holder)" + (" OR holder = :failed_run" if failed_run else "")
    unused = "attribute_not_exists(last_run_number) OR last_run_number < :number"
    change = "SET holder = :run, last_run_number = :number"
    return _update_lease(cluster_arn, change, f"({free}) AND ({unused})", values)


def give_up_lease(cluster_arn: str, run: str, generation: int, fingerprint: str) -> ClusterRecord:
    """
    The record after *run* gave the lease up, which it keeps if *generation* is not the last.

    *fingerprint* is that of the cluster as the run saw it. Failures before it are history,
    also its own: a run that was redriven ends like another if nobody has had its lease since.
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
    """The record after *run* gave its lease to the run *following*, if it had it."""
    values = {
        ":run": {"S": run},
        ":following": {"S": following},
        ":number": {"N": str(requested_before(following))},
    }
    change = "SET holder = :following, last_run_number = :number"
    return _update_lease(cluster_arn, change, "holder = :run", values)


def retake_lease(cluster_arn: str, run: str) -> ClusterRecord:
    """The record after *run* asked for the lease that it lost, if nobody has had it since."""
    values = {":run": {"S": run}, ":number": {"N": str(requested_before(run))}}
    unused = "attribute_not_exists(holder) AND last_run_number = :number"
    return _update_lease(cluster_arn, "SET holder = :run", unused, values)


def free_lease(cluster_arn: str, failed_run: str) -> ClusterRecord:
    """The record after the lease was taken from *failed_run*, if it had it."""
    return _update_lease(
        cluster_arn, "REMOVE holder", "holder = :failed_run", {":failed_run": {"S": failed_run}}
    )


def _update_lease(
    cluster_arn: str, expression: str, condition: str, values: dict[str, Any]
) -> ClusterRecord:
    try:
        answer = client().update_item(
            **_key(cluster_arn),
            UpdateExpression=expression,
            ConditionExpression=condition,
            ExpressionAttributeValues=values,
            ReturnValues="ALL_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except client().exceptions.ConditionalCheckFailedException as error:
        return _cluster(cast("dict[str, Any]", error.response.get("Item", {})))
    return _cluster(answer["Attributes"])


def read_cluster(cluster_arn: str) -> ClusterRecord:
    """The record of the cluster; blank when nothing was ever asked for."""
    answer = client().get_item(**_key(cluster_arn), ConsistentRead=True)
    return _cluster(answer.get("Item", {}))


def _cluster(item: dict[str, Any]) -> ClusterRecord:
    return ClusterRecord.model_validate({name: _deserialize(value) for name, value in item.items()})


def record_enabling(
    cluster_arn: str, schemes: Iterable[Scheme], operation: str | None = None
) -> None:
    """Remember which schemes the *operation* turns on, or one that is about to begin."""
    client().update_item(
        **_key(cluster_arn),
        UpdateExpression="SET enabling = :schemes, operation = :operation REMOVE update_rejection",
        ExpressionAttributeValues={
            ":schemes": _serialize(sorted(schemes)),
            ":operation": _serialize(operation),
        },
    )


def record_rejected_update(cluster_arn: str, problem: str) -> None:
    """Remember why MSK did not take the update that was about to begin."""
    _set_attribute(cluster_arn, "update_rejection", problem)


def record_refusals(cluster_arn: str, refusals: Iterable[Refusal]) -> None:
    """Remember which refusals the owner was told of."""
    _set_attribute(
        cluster_arn, "refusals", [refusal.model_dump(mode="json") for refusal in refusals]
    )


def record_enabled_schemes(cluster_arn: str, schemes: Iterable[Scheme]) -> None:
    """Remember which schemes are on, and that no update of ours is under way."""
    client().update_item(
        **_key(cluster_arn),
        UpdateExpression=(
            "SET enabled_schemes = :schemes, enabling = :none REMOVE operation, update_rejection"
        ),
        ExpressionAttributeValues={
            ":schemes": _serialize(sorted(schemes)),
            ":none": _serialize([]),
        },
    )


def record_policy_digests(cluster_arn: str, digest: str) -> None:
    """Remember what our statements may be, to notice when somebody changes them."""
    _set_attribute(cluster_arn, "policy_digests", digest)


def record_brokers(cluster_arn: str, brokers: PublishedBrokers) -> None:
    """Remember which brokers are published."""
    _set_attribute(cluster_arn, "brokers", brokers.model_dump(mode="json"))


def record_unknown_connections(
    cluster_arn: str, reported: Iterable[str], exempt: Iterable[str]
) -> None:
    """Remember of which connections the owner was told, and which are not to be rejected."""
    _set_attribute(cluster_arn, "unknown_connections", sorted(reported))
    _set_attribute(cluster_arn, "exempt_connections", sorted(exempt))


def record_suspended_accounts(cluster_arn: str, accounts: Iterable[str]) -> None:
    """Remember the accounts that are out of the policy only to find one that is gone."""
    _set_attribute(cluster_arn, "suspended_accounts", sorted(accounts))


def record_vendors(cluster_arn: str, vendors: Mapping[str, VendorRecord]) -> None:
    """Remember the accounts that make their connections themselves."""
    plain = {one: vendor.model_dump(mode="json") for one, vendor in vendors.items()}
    _set_attribute(cluster_arn, "vendors", plain)


def record_reasons(cluster_arn: str, reasons: Mapping[str, RunReason]) -> None:
    """Remember what a sweep found to be a reason for a run."""
    plain = {text: reason.model_dump(mode="json") for text, reason in reasons.items()}
    _set_attribute(cluster_arn, "reasons", plain)


def record_failure(cluster_arn: str, failure: RunFailure) -> None:
    """Remember how the last run that failed did."""
    _set_attribute(cluster_arn, "failure", failure.model_dump(mode="json"))


def _set_attribute(cluster_arn: str, name: str, value: object) -> None:
    client().update_item(
        **_key(cluster_arn),
        UpdateExpression="SET #name = :value",
        ExpressionAttributeNames={"#name": name},
        ExpressionAttributeValues={":value": _serialize(value)},
    )


def _key(cluster_arn: str) -> dict[str, Any]:
    return {
        "TableName": settings().table_name,
        "Key": {"cluster_arn": {"S": cluster_arn}, "item": {"S": CLUSTER}},
    }
