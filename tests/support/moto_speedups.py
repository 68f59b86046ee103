"""
Cache what botocore and moto compute for every session, client and call.

This saves 40 percent of the time of the tests. It does not matter on Lambda, which keeps functions
warm.
"""

import inspect
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any
from unittest import mock

import botocore.loaders
import botocore.session
from botocore import hooks, httpsession
from botocore.auth import AUTH_TYPE_MAPS, SigV4Auth
from botocore.client import ClientCreator
from botocore.useragent import UserAgentString
from jsonpath_ng import ext as jsonpath
from moto.core import responses, utils
from moto.core.serialize import (
    AttributePickerContext,
    BaseJSONSerializer,
    XFormedAttributePicker,
)

_accepts_kwargs = hooks.accepts_kwargs
_function_accepts_kwargs = cache(_accepts_kwargs)
_create_class = ClientCreator._create_client_class  # type: ignore[attr-defined]  # private
_alias = hooks.EventAliaser._alias_event_name  # type: ignore[attr-defined]  # private
_tls = cache(httpsession.create_urllib3_context)
_methods = cache(utils.method_names_from_class)
_jsonpath = cache(jsonpath.parse)  # type: ignore[attr-defined]  # for mypy it is not exported
_possible_keys = XFormedAttributePicker.get_possible_keys
_serialize_structure = BaseJSONSerializer._serialize_type_structure
_keys: dict[tuple[object, ...], tuple[str, ...]] = {}
_classes: dict[str, Any] = {}
_aliases: dict[str, str] = {}


@cache
def _loader(*_: object) -> botocore.loaders.Loader:
    """Return one loader for all sessions: each would read the service models again."""
    return botocore.loaders.create_loader()


def _client_class(creator: Any, service: str, model: Any) -> Any:
    if service not in _classes:
        _classes[service] = _create_class(creator, service, model)
    return _classes[service]


def _aliased(aliaser: Any, event: str) -> str:
    if event not in _aliases:
        _aliases[event] = _alias(aliaser, event)
    return _aliases[event]


def _takes_kwargs(handler: Any) -> Any:
    function = getattr(handler, "__func__", handler)
    if inspect.isfunction(function):
        return _function_accepts_kwargs(function)
    return _accepts_kwargs(handler)


def _keys_to_try(
    picker: XFormedAttributePicker, context: AttributePickerContext
) -> Iterator[str] | tuple[str, ...]:
    """
    Return the names that a member of a response may have in moto's objects.

    They depend on the class of the object and on the model, unless its Meta names others. moto
    tries all of them for each missing member, such as nine of ten types of a DynamoDB value.
    """
    kept, shape = context.obj, context.shape
    if hasattr(kept, "Meta"):
        return _possible_keys(picker, context)
    of = (type(picker), type(kept), context.key, shape, getattr(shape, "parent", None))
    if of not in _keys:
        _keys[of] = tuple(dict.fromkeys(_possible_keys(picker, context)))
    return _keys[of]


def _serialize_what_is_there(
    serializer: Any, serialized: dict[str, Any], value: Any, shape: Any, key: str
) -> None:
    """
    Serialize a DynamoDB value by the one member that it has.

    moto looks for each of the ten members that the model allows.
    """
    if shape.name != "AttributeValue" or not isinstance(value, dict):
        _serialize_structure(serializer, serialized, value, shape, key)
        return
    wrapper: dict[str, Any] = {}
    for kind, held in value.items():
        member = shape.members[kind]
        member.parent = shape
        serializer._serialize(wrapper, held, member, kind)
    serialized[key] = wrapper


class _NameOnly(SigV4Auth):
    """Sign with the access key, Region and service only; moto checks no signature."""

    def add_auth(self, request: Any) -> None:
        place: Any = self
        where = f"{place._region_name}/{place._service_name}"
        who = f"Credential={self.credentials.access_key}/20260101/{where}/aws4_request"
        for name, value in (
            ("X-Amz-Date", "20260101T000000Z"),
            ("X-Amz-Security-Token", self.credentials.token),
            ("Authorization", f"AWS4-HMAC-SHA256 {who}, SignedHeaders=host, Signature=none"),
        ):
            del request.headers[name]  # left from the first attempt of a retried call
            if value:
                request.headers[name] = value


def _nothing(*_: object, **__: object) -> None:
    """Skip endpoint discovery, which no service here has; it would read the service model."""


@contextmanager
def speedups() -> Iterator[None]:
    with ExitStack() as stack:
        for owner, name, shortcut in (
            (botocore.session, "create_loader", _loader),
            (ClientCreator, "_create_client_class", _client_class),
            (hooks.EventAliaser, "_alias_event_name", _aliased),
            (ClientCreator, "_register_endpoint_discovery", _nothing),
            (UserAgentString, "to_string", lambda _: "tests"),
            (hooks, "accepts_kwargs", _takes_kwargs),
            (httpsession, "create_urllib3_context", _tls),
            (responses, "method_names_from_class", _methods),
            (jsonpath, "parse", _jsonpath),
            (XFormedAttributePicker, "get_possible_keys", _keys_to_try),
            (BaseJSONSerializer, "_serialize_type_structure", _serialize_what_is_there),
        ):
            stack.enter_context(mock.patch.object(owner, name, shortcut))
        stack.enter_context(mock.patch.dict(AUTH_TYPE_MAPS, v4=_NameOnly))
        yield
