"""The table: one item per cluster, which carries the lease, and one per client connection."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from msklink.auth_scheme import Scheme
from msklink.aws.session import CONFIG, own
from msklink.connections.record import Connection, items_of
from msklink.policy.kafka_access import Access
from msklink.refusals import Refusal
from msklink.requests.records import Departure, Request, departures_of, requests_of
from msklink.runs.cluster_record import Brokers, Cluster, Failure, Reason, Vendor
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
    return own().client("dynamodb", config=CONFIG)


def connections(cluster_arn: str, account: str | None = None) -> list[Connection]:
    """The records of the cluster, or those of one account only."""
    prefix = items_of(account) if account else "client#"
    return [Connection.model_validate(item) for item in query(cluster_arn, prefix)]


def requests(cluster_arn: str, account: str | None = None) -> list[Request]:
    """The recorded requests for the cluster, or those of one account only."""
    prefix = requests_of(account) if account else "request#"
    return standing(Request, query(cluster_arn, prefix))


def departures(cluster_arn: str, account: str) -> list[Departure]:
    """What the account asked to be taken away."""
    return standing(Departure, query(cluster_arn, departures_of(account)))


def words(cluster_arn: str) -> list[Request | Departure]:
    """All that clients asked for by event, what they withdrew since included."""
    return [
        *(Request.model_validate(item) for item in query(cluster_arn, "request#")),
        *(Departure.model_validate(item) for item in query(cluster_arn, "departure#")),
    ]


def standing[Word: (Request, Departure)](
    kind: type[Word], items: Iterable[dict[str, Any]]
) -> list[Word]:
    """Those of *items* that nobody has withdrawn since."""
    words = (kind.model_validate(item) for item in items)
    return [word for word in words if not word.withdrawn]


def requested_access(cluster_arn: str) -> frozenset[tuple[str, Access]]:
    """Return which account asks for what, whether its owner allows it or not."""
    return frozenset(
        (request.account, request.access) for request in requests(cluster_arn) if request.access
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


def save(record: Connection, now: datetime) -> None:
    """Write the whole item; only the holder of the lease does."""
    put(record.cluster_arn, record.item, _document(record, now))


def save_if_last(word: Request | Departure, now: datetime) -> bool:
    """
    Write the whole item, unless a later word about it is there; whether it was written.

    Of two words of one second that which asks for a connection counts, as leaving by mistake is the
    greater harm.
    """
    document = _document(word, now)
    last = "requested <= :requested" if word.asks else "requested < :requested"
    try:
        put(
            word.cluster_arn,
            word.item,
            document,
            ConditionExpression=f"attribute_not_exists(requested) OR {last}",
            ExpressionAttributeValues={":requested": _serialize(document["requested"])},
        )
    except client().exceptions.ConditionalCheckFailedException:
        return False
    return True


def _document(record: Connection | Request | Departure, now: datetime) -> dict[str, Any]:
    updated = now.isoformat(timespec="seconds")
    return {**record.model_dump(mode="json", exclude_none=True), "updated": updated}


def save_all(records: Iterable[Connection], now: datetime) -> None:
    for record in records:
        save(record, now)


def forget(record: Connection) -> None:
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


def take_lease(cluster_arn: str, run: str, dead: str | None = None) -> Cluster:
    """
    The record after *run* tried for the lease, which it gets if free or held by *dead*.

    A name gets it once: whoever tries again, after a lost answer or much too late, may find that
    the run has come and gone.
    """
    values = {":run": {"S": run}, ":number": {"N": str(requested_before(run))}}
    values |= {":dead": {"S": dead}} if dead else {}
    free = "attribute_not_exists(holder)" + (" OR holder = :dead" if dead else "")
    unused = "attribute_not_exists(taken) OR taken < :number"
    change = "SET holder = :run, taken = :number"
    return _update_lease(cluster_arn, change, f"({free}) AND ({unused})", values)


def give_up_lease(cluster_arn: str, run: str, generation: int, seen: str) -> Cluster:
    """
    The record after *run* gave the lease up, which it keeps if *generation* is not the last.

    *seen* is the fingerprint of the cluster as the run saw it. Failures before it are history,
    also its own: a run that was redriven ends like another if nobody has had its lease since.
    """
    values = {
        ":run": {"S": run},
        ":number": {"N": str(requested_before(run))},
        ":generation": {"N": str(generation)},
        ":seen": {"S": seen},
    }
    lost = "attribute_not_exists(holder) AND taken = :number"
    return _update_lease(
        cluster_arn,
        "SET seen = :seen REMOVE holder, failure",
        f"(holder = :run OR ({lost})) AND requested = :generation",
        values,
    )


def hand_lease_over(cluster_arn: str, run: str, following: str) -> Cluster:
    """The record after *run* gave its lease to the run *following*, if it had it."""
    values = {
        ":run": {"S": run},
        ":following": {"S": following},
        ":number": {"N": str(requested_before(following))},
    }
    change = "SET holder = :following, taken = :number"
    return _update_lease(cluster_arn, change, "holder = :run", values)


def take_lease_back(cluster_arn: str, run: str) -> Cluster:
    """The record after *run* asked for the lease that it lost, if nobody has had it since."""
    values = {":run": {"S": run}, ":number": {"N": str(requested_before(run))}}
    unused = "attribute_not_exists(holder) AND taken = :number"
    return _update_lease(cluster_arn, "SET holder = :run", unused, values)


def free_lease(cluster_arn: str, dead: str) -> Cluster:
    """The record after the lease was taken from *dead*, if it had it."""
    return _update_lease(cluster_arn, "REMOVE holder", "holder = :dead", {":dead": {"S": dead}})


def _update_lease(
    cluster_arn: str, expression: str, condition: str, values: dict[str, Any]
) -> Cluster:
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


def read_cluster(cluster_arn: str) -> Cluster:
    """The record of the cluster; blank when nothing was ever asked for."""
    answer = client().get_item(**_key(cluster_arn), ConsistentRead=True)
    return _cluster(answer.get("Item", {}))


def _cluster(item: dict[str, Any]) -> Cluster:
    return Cluster.model_validate({name: _deserialize(value) for name, value in item.items()})


def note_enabling(
    cluster_arn: str, schemes: Iterable[Scheme], operation: str | None = None
) -> None:
    """Remember which schemes the *operation* turns on, or one that is about to begin."""
    client().update_item(
        **_key(cluster_arn),
        UpdateExpression="SET enabling = :schemes, operation = :operation REMOVE rejected",
        ExpressionAttributeValues={
            ":schemes": _serialize(sorted(schemes)),
            ":operation": _serialize(operation),
        },
    )


def note_rejected(cluster_arn: str, problem: str) -> None:
    """Remember why MSK did not take the update that was about to begin."""
    _note(cluster_arn, "rejected", problem)


def note_refusals(cluster_arn: str, refusals: Iterable[Refusal]) -> None:
    """Remember which refusals the owner was told of."""
    _note(cluster_arn, "refusals", [refusal.model_dump(mode="json") for refusal in refusals])


def note_turned_on(cluster_arn: str, schemes: Iterable[Scheme]) -> None:
    """Remember which schemes are on, and that no update of ours is under way."""
    client().update_item(
        **_key(cluster_arn),
        UpdateExpression="SET turned_on = :schemes, enabling = :none REMOVE operation, rejected",
        ExpressionAttributeValues={
            ":schemes": _serialize(sorted(schemes)),
            ":none": _serialize([]),
        },
    )


def note_granted(cluster_arn: str, digest: str) -> None:
    """Remember what our statements may be, to notice when somebody changes them."""
    _note(cluster_arn, "granted", digest)


def note_brokers(cluster_arn: str, brokers: Brokers) -> None:
    """Remember which brokers are published."""
    _note(cluster_arn, "brokers", brokers.model_dump(mode="json"))


def note_strangers(cluster_arn: str, told: Iterable[str], spared: Iterable[str]) -> None:
    """Remember of which connections the owner was told, and which are not to be rejected."""
    _note(cluster_arn, "strangers", sorted(told))
    _note(cluster_arn, "spared", sorted(spared))


def note_doubtful(cluster_arn: str, accounts: Iterable[str]) -> None:
    """Remember the accounts that are out of the policy only to find one that is gone."""
    _note(cluster_arn, "doubtful", sorted(accounts))


def note_vendors(cluster_arn: str, vendors: Mapping[str, Vendor]) -> None:
    """Remember the accounts that make their connections themselves."""
    plain = {one: vendor.model_dump(mode="json") for one, vendor in vendors.items()}
    _note(cluster_arn, "vendors", plain)


def note_reasons(cluster_arn: str, reasons: Mapping[str, Reason]) -> None:
    """Remember what a sweep found to be a reason for a run."""
    plain = {text: reason.model_dump(mode="json") for text, reason in reasons.items()}
    _note(cluster_arn, "reasons", plain)


def note_failure(cluster_arn: str, failure: Failure) -> None:
    """Remember how the last run that failed did."""
    _note(cluster_arn, "failure", failure.model_dump(mode="json"))


def _note(cluster_arn: str, name: str, value: object) -> None:
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
