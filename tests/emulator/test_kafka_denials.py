"""Every request of every version that clients may use, for a client that may do nothing."""

from dataclasses import fields, is_dataclass
from datetime import timedelta
from inspect import get_annotations
from typing import Any, cast, get_args, get_origin
from uuid import UUID

import pytest
from kio.index import load_payload_module
from kio.schema.errors import ErrorCode
from kio.static.constants import EntityType
from kio.static.primitive import Records, TZAware

from localcloud.kafka.authorization import ACTIONS, NOT_AUTHORIZED, Operation, Resource
from localcloud.kafka.denials import denial, with_denied, without_denied
from localcloud.kafka.permissions import ITEMS, of_request
from localcloud.kafka.versions import OFFERED
from localcloud.kafka.wire import Api, Request, decode_response, encode_request, encode_response

BEFORE_AUTHENTICATION = {Api.API_VERSIONS, Api.SASL_HANDSHAKE, Api.SASL_AUTHENTICATE}
FILTERED = {Api.METADATA, Api.LIST_GROUPS}
"""Their answers leave out what the client may not see."""

JUDGED = sorted(set(OFFERED) - BEFORE_AUTHENTICATION - FILTERED)
VERSIONS = [
    (api, version) for api in JUDGED for version in range(OFFERED[api][0], OFFERED[api][1] + 1)
]


BY_NAME = [api for api, items in ITEMS.items() if items.name]


class Nobody:
    def may(self, operation: Operation, resource: Resource, name: str) -> bool:  # noqa: ARG002
        return False


class OnlyOrders:
    """May do everything but what concerns a resource called `other`."""

    def may(self, operation: Operation, resource: Resource, name: str) -> bool:  # noqa: ARG002
        return name != "other"


@pytest.mark.parametrize(("api", "version"), VERSIONS)
def test_the_answer_to_a_client_without_any_permission_is_an_error_of_kafka(
    api: Api, version: int
) -> None:
    asked = a_request(api, version, "orders")

    answer = through_the_wire(asked, denial(asked, asked.payload(), Nobody()))
    if api == Api.FETCH:  # the error for the whole is about sessions
        answer = answer.responses

    assert set(errors_in(answer)) & set(NOT_AUTHORIZED.values())
    assert ErrorCode.none not in errors_in(answer)


@pytest.mark.parametrize(
    ("api", "version"), [(api, version) for api, version in VERSIONS if api in BY_NAME]
)
def test_what_is_denied_is_left_out_of_the_request_and_put_into_the_answer(
    api: Api, version: int
) -> None:
    items = ITEMS[api]
    payload = a_request(api, version, "orders", "other").payload()
    asked = Request(
        api,
        version,
        7,
        encode_request(HEADER | {"request_api_version": version, "request_api_key": api}, payload),
    )

    assert denial(asked, payload, OnlyOrders()) is None
    kept = without_denied(asked, payload, OnlyOrders())
    answer = with_denied(asked, payload, an_answer(api, version), OnlyOrders())

    assert len(getattr(kept, items.asked)) == 1
    (added,) = getattr(through_the_wire(asked, answer), items.answered)
    assert "other" in str(added)
    assert set(errors_in(added)) == {NOT_AUTHORIZED[items.resource]}


def test_every_action_of_iam_is_asked_for_by_some_request() -> None:
    asked = {
        (operation, resource)
        for api, version in VERSIONS
        for operation, resource, _ in of_request(api, a_request(api, version, "orders").payload())
    } | {(items.operation, items.resource) for items in ITEMS.values()}
    for_some_values = {
        (Operation.DESCRIBE_CONFIGS, Resource.CLUSTER),
        (Operation.ALTER_CONFIGS, Resource.CLUSTER),
        (Operation.IDEMPOTENT_WRITE, Resource.CLUSTER),
    }

    # CreatePartitions, which needs AlterTopic, is not offered.
    assert set(ACTIONS) - asked - for_some_values == {(Operation.ALTER, Resource.TOPIC)}


HEADER = {"correlation_id": 7, "client_id": "tests"}


def a_request(api: int, version: int, *names: str) -> Request:
    """Return a request with all fields; arrays have an element with each name."""
    module = load_payload_module(api, version, EntityType.request)
    kind = next(value for name, value in vars(module).items() if name.endswith("Request"))
    header = HEADER | {"request_api_key": api, "request_api_version": version}
    return Request(api, version, 7, encode_request(header, filled(kind, names)))


def an_answer(api: int, version: int) -> Any:
    module = load_payload_module(api, version, EntityType.response)
    kind = next(
        value
        for name, value in vars(module).items()
        if name.endswith("Response") and value.__type__ is EntityType.response
    )
    return filled(kind, ())


def filled(kind: Any, names: tuple[str, ...]) -> Any:
    """Return a value of the type *kind*: a text is the first name, an array has one for each."""
    if get_origin(kind) is tuple:
        return tuple(filled(get_args(kind)[0], (name,)) for name in names)
    if get_args(kind):  # optional
        return filled(get_args(kind)[0], names)
    if is_dataclass(kind):
        types = get_annotations(cast(type[Any], kind))
        return cast(type[Any], kind)(
            **{field.name: filled(types[field.name], names) for field in fields(kind)}
        )
    if kind in VALUES:
        return VALUES[kind]
    if issubclass(kind, str):
        return "".join(names[:1])
    for base, value in ((int, 2), (bytes, b""), (timedelta, timedelta())):
        if issubclass(kind, base):
            return value
    raise TypeError(kind)


VALUES = {bool: False, UUID: None, ErrorCode: ErrorCode.none, Records: None, TZAware: None}


def through_the_wire(asked: Request, answer: Any) -> Any:
    """Return *answer* as the client decodes it."""
    frame = encode_response(asked.correlation, answer)
    return decode_response(asked.api, asked.version, frame)


def errors_in(answer: Any) -> list[ErrorCode]:
    """Return all errors in a message, those of its parts included."""
    if isinstance(answer, ErrorCode):
        return [answer]
    if isinstance(answer, tuple):
        return [error for each in answer for error in errors_in(each)]
    if is_dataclass(answer):
        return [
            error for field in fields(answer) for error in errors_in(getattr(answer, field.name))
        ]
    return []
