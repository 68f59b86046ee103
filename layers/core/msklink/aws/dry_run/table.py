"""What a dry run would have changed in MSKLink's own table."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from msklink.aws.dry_run.call import Answer, Call, PlannedError

Item = dict[str, Any]
Key = tuple[str, str]

_CLAUSE = re.compile(r"(SET|REMOVE|ADD) (.+?)(?= SET | REMOVE | ADD |$)")


class TableOverlay:
    """
    The items, as a dry run would leave them, in DynamoDB's notation.

    Conditional updates are those of the lease, which a dry run never has. They fail, and answer
    with the item as it is.
    """

    def __init__(self, read: Callable[[Key], Item]) -> None:
        """Keep *read*, which reads an item of the table, empty where there is none."""
        self._read = read
        self._items: dict[Key, Item | None] = {}
        """Items by key; None where the item is deleted."""

    def answer(self, call: Call) -> Answer | None:
        asked = call.parameters
        match call.operation:
            case "GetItem" if (key := _key(asked["Key"])) in self._items:
                item = self._items[key]
                return {"Item": dict(item)} if item is not None else {}
            case "PutItem":
                return self._put(asked)
            case "DeleteItem":
                self._items[_key(asked["Key"])] = None
                return {}
            case "UpdateItem":
                return {"Attributes": self._update(asked)}
        return None

    def amend(self, call: Call, answer: Answer) -> None:
        if call.operation != "Query":
            return
        values = call.parameters["ExpressionAttributeValues"]
        partition, prefix = values[":arn"]["S"], values.get(":prefix", {"S": ""})["S"]
        found = [one for one in answer["Items"] if _key(one) not in self._items]
        if "LastEvaluatedKey" not in answer:
            found += [
                dict(item)
                for (of, sort_key), item in list(self._items.items())
                if item is not None and of == partition and sort_key.startswith(prefix)
            ]
        answer["Items"] = sorted(found, key=_key)

    def _known(self, key: Key) -> Item:
        return (self._items[key] if key in self._items else self._read(key)) or {}

    def _put(self, asked: Mapping[str, Any]) -> Answer:
        """Write an item; the only condition is that of a request, that no later one is recorded."""
        key, item = _key(asked["Item"]), asked["Item"]
        if "ConditionExpression" in asked:
            last = self._known(key).get("requested_at", {"S": ""})["S"]
            if last > item["requested_at"]["S"]:
                raise PlannedError("ConditionalCheckFailedException", "a later one is recorded")
        self._items[key] = item
        return {}

    def _update(self, asked: Mapping[str, Any]) -> Item:
        key = _key(asked["Key"])
        known = self._known(key)
        if "ConditionExpression" in asked:
            refused = "ConditionalCheckFailedException"
            raise PlannedError(refused, "a dry run has no lease", Item=known)
        item = {**known, **asked["Key"]}
        expression = asked["UpdateExpression"]
        for placeholder, name in asked.get("ExpressionAttributeNames", {}).items():
            expression = expression.replace(placeholder, name)
        values = asked.get("ExpressionAttributeValues", {})
        for clause, text in _CLAUSE.findall(expression):
            for part in text.split(", "):
                match clause:
                    case "SET":
                        name, _, value = part.partition(" = ")
                        item[name] = values[value]
                    case "REMOVE":
                        item.pop(part, None)
                    case "ADD":
                        name, _, value = part.partition(" ")
                        count = int(item.get(name, {"N": "0"})["N"]) + int(values[value]["N"])
                        item[name] = {"N": str(count)}
        self._items[key] = item
        return item


def _key(item: Mapping[str, Any]) -> Key:
    return item["cluster_arn"]["S"], item["item"]["S"]
