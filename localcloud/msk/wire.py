"""Serve the emulator by REST-JSON, botocore's protocol of MSK."""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

from botocore.model import OperationModel, Shape

from localcloud.msk.errors import MskError, bad_request, not_found
from localcloud.msk.model import Caller, Json
from localcloud.msk.service import Msk
from localcloud.msk.shapes import element, members, service_model, wire_name

Query = Mapping[str, str | Sequence[str]]
Answer = tuple[int, dict[str, str], bytes]


def handle(  # noqa: PLR0913, PLR0917 the parts of a request
    msk: Msk,
    caller: Caller,
    method: str,
    path: str,
    query: Query,
    headers: Mapping[str, str],  # noqa: ARG001 no member of this API is in a header
    body: bytes,
) -> Answer:
    """
    Answer one HTTP request: status, headers, body.

    ARNs in *path* may be percent-encoded or, where a server has decoded it, plain.
    """
    try:
        operation, uri = match_operation(method, path)
        answer = msk.call(caller, operation.name, _params(operation, uri, query, body))
    except MskError as error:
        return _refused(error)
    content = b""
    if operation.output_shape:
        content = json.dumps(to_wire(operation.output_shape, answer)).encode()
    return operation.http.get("responseCode", 200), _headers(), content


def match_operation(method: str, path: str) -> tuple[OperationModel, dict[str, str]]:
    """Return the operation of *path*, and the values in the path by wire name."""
    for whole_arns in (False, True):
        for verb, pattern, name in _routes(whole_arns):
            match = pattern.fullmatch(path)
            if verb == method and match:
                uri = {key: unquote(value) for key, value in match.groupdict().items()}
                return service_model().operation_model(name), uri
    raise not_found(f"There is no operation {method} {path}.")


@cache
def _routes(whole_arns: bool) -> list[tuple[str, re.Pattern[str], str]]:
    """Return method, pattern and operation, the most literal patterns first."""
    part = r"[^?]+" if whole_arns else r"[^/?]+"
    routes = []
    for name in service_model().operation_names:
        http = service_model().operation_model(name).http
        uri: str = http["requestUri"]
        pattern = re.sub(r"\{(\w+)\}", rf"(?P<\1>{part})", uri)
        literal = re.sub(r"\{\w+\}", "", uri)
        routes.append((len(literal), (http["method"], re.compile(pattern), name)))
    return [route for _, route in sorted(routes, key=lambda item: -item[0])]


def _params(operation: OperationModel, uri: dict[str, str], query: Query, body: bytes) -> Json:
    shape = operation.input_shape
    if shape is None:
        return {}
    given = _json(body)
    asked = {key: [value] if isinstance(value, str) else value for key, value in query.items()}
    params: Json = {}
    for name, member in members(shape).items():
        key = wire_name(name, member)
        match member.serialization.get("location"):
            case "uri":
                params[name] = _from_text(member, [uri[key]], key)
            case "querystring" if key in asked:
                params[name] = _from_text(member, asked.pop(key), key)
            case None if given.get(key) is not None:
                params[name] = _from_wire(member, given[key], key)
        given.pop(key, None)
    if unknown := sorted([*given, *asked]):
        raise bad_request(f"{unknown[0]} is not a known field.", unknown[0])
    return params


def _json(body: bytes) -> Json:
    try:
        given = json.loads(body or b"{}")
    except ValueError as error:
        raise bad_request("The body is not JSON.") from error
    if not isinstance(given, dict):
        raise bad_request("The body is not a JSON object.")
    return given


def _from_text(shape: Shape, values: Sequence[str], key: str) -> Any:
    if shape.type_name == "list":
        return list(values)
    if len(values) != 1:
        raise bad_request(f"{key} must be given once.", key)
    if shape.type_name in ("integer", "long"):
        if not re.fullmatch(r"-?\d+", values[0]):
            raise bad_request(f"{key} must be a number.", key)
        return int(values[0])
    return values[0]


def _from_wire(shape: Shape, value: Any, path: str) -> Any:
    """Rename and decode values; malformed ones are left for the check against the model."""
    match shape.type_name, value:
        case "structure", dict():
            return _structure_from_wire(shape, value, path)
        case "list", list():
            return [_from_wire(element(shape), item, f"{path}[]") for item in value]
        case "map", dict():
            return {k: _from_wire(element(shape), v, f"{path}.{k}") for k, v in value.items()}
        case "blob", str():
            try:
                return base64.b64decode(value, validate=True)
            except binascii.Error as error:
                raise bad_request(f"{path} must be base64.", path) from error
    return value


def _structure_from_wire(shape: Shape, value: Json, path: str) -> Json:
    names = {wire_name(name, member): name for name, member in members(shape).items()}
    if unknown := sorted(value.keys() - names):
        raise bad_request(f"{path}.{unknown[0]} is not a known field.", f"{path}.{unknown[0]}")
    return {
        names[key]: _from_wire(members(shape)[names[key]], item, f"{path}.{key}")
        for key, item in value.items()
        if item is not None
    }


def to_wire(shape: Shape, value: Any) -> Any:
    """Return *value* with JSON names and encodings."""
    match shape.type_name:
        case "structure":
            known = members(shape)
            return {wire_name(k, known[k]): to_wire(known[k], v) for k, v in value.items()}
        case "list":
            return [to_wire(element(shape), item) for item in value]
        case "map":
            return {key: to_wire(element(shape), item) for key, item in value.items()}
        case "blob":
            return base64.b64encode(value).decode()
        case "timestamp":
            return _timestamp(value)
    return value


_to_wire = to_wire


def _timestamp(value: datetime) -> str:
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _headers() -> dict[str, str]:
    return {"content-type": "application/json", "x-amzn-requestid": str(uuid4())}


def _refused(error: MskError) -> Answer:
    body = {"message": error.message}
    if error.invalid_parameter is not None:
        body["invalidParameter"] = error.invalid_parameter
    headers = _headers() | {"x-amzn-errortype": error.code}
    return error.status, headers, json.dumps(body).encode()
