"""DynamoDB's item of a cluster and Step Functions' executions, as pure functions."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from moto.dynamodb.exceptions import ConditionalCheckFailed
from moto.dynamodb.models import DynamoDBBackend

type Item = tuple[tuple[str, str, str], ...]
"""The attributes without the keys, sorted by name: name, type and value of each; lists as JSON."""

NO_ITEM: Item = ()
KEYS = {"cluster_arn": "HASH", "item": "RANGE"}


class Call(NamedTuple):
    """A call to AWS; *body* is the request as JSON."""

    operation: str
    body: str

    @property
    def request(self) -> dict[str, Any]:
        request: dict[str, Any] = json.loads(self.body)
        return request

    def __str__(self) -> str:
        request = self.request
        if "UpdateExpression" not in request:
            return f"{self.operation} {request.get('name', '')}".rstrip()
        shown = request["UpdateExpression"]
        for alias, name in request.get("ExpressionAttributeNames", {}).items():
            shown = shown.replace(alias, name)
        if condition := request.get("ConditionExpression"):
            shown += f" if {condition}"
        for name, value in request["ExpressionAttributeValues"].items():
            [text] = value.values()
            shown = re.sub(rf"{name}\b", str(text), shown)
        return str(shown)


class Answer(NamedTuple):
    """The response: an item under *field*, as much of it as was requested, and an error code."""

    field: str = ""
    item: Item = NO_ITEM
    error: str = ""

    def __str__(self) -> str:
        return ", ".join([self.error or "done", *(f"{name} {text}" for name, _, text in self.item)])


def wire(item: Item) -> dict[str, dict[str, Any]]:
    return {name: {kind: json.loads(text) if kind == "L" else text} for name, kind, text in item}


def get_item(item: Item, call: Call) -> Answer:
    """Return the response; it may be stale without ConsistentRead (GetItem API reference)."""
    assert call.request["ConsistentRead"]
    return Answer("Item", item) if item else Answer()


@cache
def update_item(item: Item, call: Call) -> tuple[Item, Answer]:
    """Return the item after one UpdateItem, and the response; moto evaluates the expressions."""
    request = call.request
    table, key = request["TableName"], request["Key"]
    moto = _moto(table)
    moto.delete_item(table, key)
    if item:
        moto.put_item(table, key | wire(item))
    try:
        updated = moto.update_item(
            table,
            key,
            request["UpdateExpression"],
            request.get("ExpressionAttributeNames", {}),
            request["ExpressionAttributeValues"],
            condition_expression=request.get("ConditionExpression"),
        )
    except ConditionalCheckFailed:
        assert request["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"
        return item, Answer("Item" if item else "", item, "ConditionalCheckFailedException")
    new = _item(updated.to_json()["Attributes"])
    if "ReturnValues" not in request:
        return new, Answer()
    shown = {"ALL_NEW": new, "UPDATED_NEW": tuple(one for one in new if one not in item)}
    return new, Answer("Attributes", shown[request["ReturnValues"]])


def start_execution(running: Mapping[str, bool], call: Call) -> tuple[str | None, Answer]:
    """
    Return the name of the execution that starts, if one does, and the response.

    The name of a running execution starts nothing and is no error. The name of one that has ended
    is an error (StartExecution API reference).
    """
    name = call.request["name"]
    if not running.get(name, True):
        return None, Answer(error="ExecutionAlreadyExists")
    return None if name in running else name, Answer()


def _item(attributes: Mapping[str, Mapping[str, Any]]) -> Item:
    return tuple(
        (name, kind, text if isinstance(text, str) else json.dumps(text))
        for name in sorted({*attributes} - {*KEYS})
        for kind, text in attributes[name].items()
    )


@cache
def _moto(table: str) -> DynamoDBBackend:
    backend = DynamoDBBackend("eu-west-1", "111111111111")
    backend.create_table(
        table,
        schema=[{"AttributeName": name, "KeyType": kind} for name, kind in KEYS.items()],
        attr=[{"AttributeName": name, "AttributeType": "S"} for name in KEYS],
        billing_mode="PAY_PER_REQUEST",
        **dict.fromkeys(
            [
                "throughput",
                "global_indexes",
                "indexes",
                "streams",
                "sse_specification",
                "deletion_protection_enabled",
                "warm_throughput",
            ]
        ),
        tags=[],
    )
    return backend
