"""
Read the service model of botocore, and check values against it.

The model is `service-2.json.gz` of botocore 1.44.8 (2026-11-20, Apache License 2.0, as it is
there), as long as the botocore that is installed is older and knows less.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from botocore.model import OperationModel, ServiceModel, Shape, StructureShape

MODEL: Final = Path(__file__).with_name("service-2.json.gz")

_TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "double": (int, float),
    "float": (int, float),
    "blob": bytes,
    "timestamp": datetime,
    "list": list,
    "map": dict,
    "structure": dict,
}


_TOO_NARROW: Final = frozenset({"__integerMin1Max15"})
"""The number of brokers: MSK runs 30 of them, and 60 with KRaft (MSK quotas)."""


@cache
def service_model() -> ServiceModel:
    return ServiceModel(json.loads(gzip.decompress(MODEL.read_bytes())), "kafka")


def operation_model(operation: str) -> OperationModel:
    return service_model().operation_model(operation)


def members(shape: Shape) -> Mapping[str, Shape]:
    """Return the members of a structure, by their names in Python."""
    assert isinstance(shape, StructureShape)
    return shape.members


def element(shape: Shape) -> Shape:
    """Return the shape of a list's members or a map's values."""
    part = "member" if shape.type_name == "list" else "value"
    found: Shape = getattr(shape, part)
    return found


def wire_name(name: str, shape: Shape) -> str:
    found: str = shape.serialization.get("name", name)
    return found


def problems(shape: Shape, value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each problem of *value* with *shape*, with its path."""
    kind = shape.type_name
    if not _is_a(kind, value):
        yield path, f"must be a {kind}, not {type(value).__name__}"
        return
    yield from ((path, problem) for problem in _constraints(shape, value))
    match kind:
        case "structure":
            yield from _structure_problems(shape, value, path)
        case "list":
            for place, item in enumerate(value):
                yield from problems(element(shape), item, f"{path}[{place}]")
        case "map":
            for key, item in value.items():
                yield from problems(element(shape), item, f"{path}.{key}")


def _is_a(kind: str, value: Any) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES[kind])


def _structure_problems(shape: Shape, value: Any, path: str) -> Iterator[tuple[str, str]]:
    known = members(shape)
    prefix = f"{path}." if path else ""
    assert isinstance(shape, StructureShape)
    for name in shape.required_members:
        if name not in value:
            yield f"{prefix}{wire_name(name, known[name])}", "is missing"
    for name, item in value.items():
        if name not in known:
            yield f"{prefix}{name}", "is not a known field"
        else:
            yield from problems(known[name], item, f"{prefix}{wire_name(name, known[name])}")


def _constraints(shape: Shape, value: Any) -> Iterator[str]:
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        yield f"must be one of {', '.join(allowed)}"
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if shape.name in _TOO_NARROW:
        high = None
    size = value if isinstance(value, int | float) else None
    if size is None and isinstance(value, str | list | dict | bytes):
        size = len(value)
    if size is not None and low is not None and size < low:
        yield f"must not be less than {low}"
    if size is not None and high is not None and size > high:
        yield f"must not be more than {high}"
