"""Build the answers to what a client may not do, with Kafka's own errors."""

from dataclasses import MISSING, fields, replace
from datetime import timedelta
from enum import Enum
from inspect import get_annotations
from typing import Any, Final, get_args, get_origin

from kio.index import load_payload_module
from kio.schema.errors import ErrorCode
from kio.static.constants import EntityType
from kio.static.primitive import Records

from localcloud.kafka.authorization import NOT_AUTHORIZED, Principal
from localcloud.kafka.permissions import ITEMS, Items, of_item, of_request
from localcloud.kafka.wire import Request

_PARTITION_NUMBERS: Final = ("index", "partition_index", "partition")


def denial(request: Request, payload: Any, principal: Principal) -> Any | None:
    """Return the answer if *principal* may do nothing of *request*; None if it may do something."""
    for operation, resource, name in of_request(request.api, payload):
        if not principal.may(operation, resource, name):
            return _answer(request, payload, NOT_AUTHORIZED[resource])
    items = ITEMS.get(request.api)
    asked = getattr(payload, items.asked) if items else ()
    if items is None or not asked or any(principal.may(*of_item(items, item)) for item in asked):
        return None
    return _answer(request, payload)


def without_denied(request: Request, payload: Any, principal: Principal) -> Any:
    """Return the request without the items that *principal* may not ask for."""
    items = ITEMS.get(request.api)
    if items is None or not getattr(payload, items.asked):
        return payload
    kept = tuple(
        item for item in getattr(payload, items.asked) if principal.may(*of_item(items, item))
    )
    return replace(payload, **{items.asked: kept})


def with_denied(request: Request, payload: Any, answer: Any, principal: Principal) -> Any:
    """Return the broker's *answer* with those items of *payload* that it was not asked for."""
    items = ITEMS[request.api]
    added = tuple(
        _item(type(answer), items, item)
        for item in getattr(payload, items.asked) or ()
        if not principal.may(*of_item(items, item))
    )
    return replace(answer, **{items.answered: (*getattr(answer, items.answered), *added)})


def _answer(request: Request, payload: Any, code: ErrorCode | None = None) -> Any:
    """Return an answer with *code* for everything; without it, each item has its own."""
    module = load_payload_module(request.api, request.version, EntityType.response)
    kind = getattr(module, type(payload).__name__.removesuffix("Request") + "Response")
    given: dict[str, Any] = {}
    if items := ITEMS.get(request.api):
        asked = getattr(payload, items.asked) or ()
        given[items.answered] = tuple(_item(kind, items, item, code) for item in asked)
    if code and "error_code" in _names(kind):
        given["error_code"] = code
    return _filled(kind, ErrorCode.none, given)


def _item(answer: type[Any], items: Items, item: Any, code: ErrorCode | None = None) -> Any:
    """Return the answer to one item, and to its partitions."""
    _, resource, name = of_item(items, item)
    code = code or NOT_AUTHORIZED[resource]
    kind = _element(answer, items.answered)
    given: dict[str, Any] = {items.name: name} if items.name else {}
    if "resource_type" in _names(kind):  # that of a configuration, which may be a broker's
        given = {"resource_type": item.resource_type, "resource_name": item.resource_name}
    if items.partitions:
        partition = _element(kind, items.partition_answers)
        numbers = [_number(asked) for asked in getattr(item, items.partitions) or ()]
        field = next(name for name in _PARTITION_NUMBERS if name in _names(partition))
        given[items.partition_answers] = tuple(
            _filled(partition, code, {field: number}) for number in numbers
        )
    return _filled(kind, code, given)


def _number(partition: Any) -> int:
    """Return the number of a partition, which some requests give alone."""
    for name in _PARTITION_NUMBERS:
        if hasattr(partition, name):
            return int(getattr(partition, name))
    return int(partition)


def _names(kind: type[Any]) -> set[str]:
    return {field.name for field in fields(kind)}


def _element(kind: type[Any], name: str) -> type[Any]:
    """Return the type of the elements of an array."""
    element: type[Any] = get_args(get_annotations(kind)[name])[0]
    return element


def _filled(kind: type[Any], code: ErrorCode, given: dict[str, Any]) -> Any:
    """Return a message of *kind* with *given* fields; others are empty, and errors are *code*."""
    types = get_annotations(kind)
    empty = {
        field.name: code if types[field.name] is ErrorCode else _empty(types[field.name])
        for field in fields(kind)
        if field.default is MISSING
    }
    return kind(**empty | given)


def _empty(kind: Any) -> Any:
    if get_origin(kind) is tuple:
        return ()
    if get_args(kind):  # optional, but librdkafka does not read a Fetch without records
        return b"" if Records in get_args(kind) else None
    for base, value in _EMPTY.items():
        if issubclass(kind, base):
            return value
    return 0


_EMPTY: Final = {str: "", bytes: b"", bool: False, timedelta: timedelta(), Enum: ErrorCode.none}
