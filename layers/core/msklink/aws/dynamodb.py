"""The table: items by key, connections, and requests by event."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from msklink.aws.session import CONFIG, own_session
from msklink.connections.record import ConnectionRecord, connection_prefix
from msklink.requests.records import (
    OffboardingRequest,
    OnboardingRequest,
    offboarding_prefix,
    onboarding_prefix,
)
from msklink.settings import settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


serialize = TypeSerializer().serialize
deserialize = TypeDeserializer().deserialize


@cache
def client() -> "DynamoDBClient":
    return own_session().client("dynamodb", config=CONFIG)


def connections(cluster_arn: str, account: str | None = None) -> list[ConnectionRecord]:
    """Return the connection records of the cluster, or of one account only."""
    prefix = connection_prefix(account) if account else "client#"
    return [ConnectionRecord.model_validate(item) for item in query(cluster_arn, prefix)]


def onboarding_requests(cluster_arn: str, account: str | None = None) -> list[OnboardingRequest]:
    """Return the onboarding requests for the cluster, or of one account only."""
    prefix = onboarding_prefix(account) if account else "onboarding#"
    return not_withdrawn(OnboardingRequest, query(cluster_arn, prefix))


def offboarding_requests(cluster_arn: str, account: str) -> list[OffboardingRequest]:
    """Return the offboarding requests of the account."""
    return not_withdrawn(OffboardingRequest, query(cluster_arn, offboarding_prefix(account)))


def client_requests(cluster_arn: str) -> list[OnboardingRequest | OffboardingRequest]:
    """Return all requests of clients, withdrawn ones included."""
    return [
        *(OnboardingRequest.model_validate(item) for item in query(cluster_arn, "onboarding#")),
        *(OffboardingRequest.model_validate(item) for item in query(cluster_arn, "offboarding#")),
    ]


def not_withdrawn[Word: (OnboardingRequest, OffboardingRequest)](
    kind: type[Word], items: Iterable[dict[str, Any]]
) -> list[Word]:
    """Return those of *items* that were not withdrawn since."""
    requests = (kind.model_validate(item) for item in items)
    return [request for request in requests if not request.withdrawn]


def query(cluster_arn: str, prefix: str = "") -> Iterable[dict[str, Any]]:
    """Yield the items of a partition, or those whose sort keys begin with *prefix*."""
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
            yield {name: deserialize(value) for name, value in item.items()}


def scan() -> Iterable[dict[str, Any]]:
    """
    Yield every item of the table, for reads of all clusters.

    A Scan reads 1 MB with one call (DynamoDB API reference), which is some hundred clients.
    """
    pages = client().get_paginator("scan").paginate(TableName=settings().table_name)
    for page in pages:
        for item in page["Items"]:
            yield {name: deserialize(value) for name, value in item.items()}


def get(partition: str, item: str) -> dict[str, Any] | None:
    """Return one item by a consistent read; None where there is none."""
    found = read_raw((partition, item))
    return {name: deserialize(value) for name, value in found.items()} or None


def read_raw(key: tuple[str, str]) -> dict[str, Any]:
    """Return one item in DynamoDB's notation, by partition and sort key; empty without one."""
    partition, item = key
    answer = client().get_item(
        TableName=settings().table_name,
        Key={"cluster_arn": {"S": partition}, "item": {"S": item}},
        ConsistentRead=True,
    )
    return dict(answer.get("Item", {}))


def put(partition: str, item: str, document: Mapping[str, Any], **condition: Any) -> None:
    """Write one whole item."""
    whole = {**document, "cluster_arn": partition, "item": item}
    client().put_item(
        TableName=settings().table_name,
        Item={name: serialize(value) for name, value in whole.items()},
        **condition,
    )


def save(record: ConnectionRecord, now: datetime) -> None:
    """Write the whole item; only the run that has the lease does."""
    put(record.cluster_arn, record.item, _document(record, now))


def save_if_latest(request: OnboardingRequest | OffboardingRequest, now: datetime) -> bool:
    """
    Write the whole item unless a later request is recorded; return whether it was written.

    Of two requests in the same second, the onboarding request wins: a mistaken disconnection does
    more harm.
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
            ExpressionAttributeValues={":requested_at": serialize(document["requested_at"])},
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
    """Delete the record of a connection that is gone, or was never made and is not wanted."""
    delete(record.cluster_arn, record.item)


def delete(partition: str, item: str) -> None:
    """Delete one item, if it exists."""
    key = {"cluster_arn": {"S": partition}, "item": {"S": item}}
    client().delete_item(TableName=settings().table_name, Key=key)
