"""
The configs of topics: the names and values that Kafka takes, and their form in the MSK API.

Names, ranges and defaults are those of Apache Kafka 3.8 ("Topic configs"), but
`min.insync.replicas`, which is 2 in MSK's default configuration.

The API has a Base64 string. Terraform's aws_msk_topic and its acceptance tests put in a JSON object
and read one. The developer guide decodes lines of `key=value`. Here both are taken.
"""

import base64
import binascii
import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from localcloud.msk.errors import MskError, bad_request

Check = Callable[[str], bool]

_LONGEST: Final = 2**63 - 1


def _number(low: float, high: float = math.inf) -> Check:
    return lambda value: bool(re.fullmatch(r"-?\d+", value)) and low <= int(value) <= high


def _one_of(*values: str) -> Check:
    return lambda value: value in values


def _policies(value: str) -> bool:
    return {item.strip() for item in value.split(",")} <= {"compact", "delete"}


def _ratio(value: str) -> bool:
    return bool(re.fullmatch(r"0(\.\d+)?|1(\.0+)?", value))


def _throttled(value: str) -> bool:
    return bool(re.fullmatch(r"(\d+:\d+(,\d+:\d+)*|\*)?", value))


_FLAG: Final = _one_of("true", "false")

_KNOWN: Final[Mapping[str, tuple[str, Check]]] = {
    "cleanup.policy": ("delete", _policies),
    "compression.gzip.level": ("-1", _number(-1, 9)),
    "compression.lz4.level": ("9", _number(1, 17)),
    "compression.type": (
        "producer",
        _one_of("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"),
    ),
    "compression.zstd.level": ("3", _number(-131072, 22)),
    "delete.retention.ms": ("86400000", _number(0)),
    "file.delete.delay.ms": ("60000", _number(0)),
    "flush.messages": (str(_LONGEST), _number(1)),
    "flush.ms": (str(_LONGEST), _number(0)),
    "follower.replication.throttled.replicas": ("", _throttled),
    "index.interval.bytes": ("4096", _number(0)),
    "leader.replication.throttled.replicas": ("", _throttled),
    "local.retention.bytes": ("-2", _number(-2)),
    "local.retention.ms": ("-2", _number(-2)),
    "max.compaction.lag.ms": (str(_LONGEST), _number(1)),
    "max.message.bytes": ("1048588", _number(0)),
    "message.downconversion.enable": ("true", _FLAG),
    "message.timestamp.after.max.ms": (str(_LONGEST), _number(0)),
    "message.timestamp.before.max.ms": (str(_LONGEST), _number(0)),
    "message.timestamp.difference.max.ms": (str(_LONGEST), _number(0)),
    "message.timestamp.type": ("CreateTime", _one_of("CreateTime", "LogAppendTime")),
    "min.cleanable.dirty.ratio": ("0.5", _ratio),
    "min.compaction.lag.ms": ("0", _number(0)),
    "min.insync.replicas": ("2", _number(1)),
    "preallocate": ("false", _FLAG),
    "remote.storage.enable": ("false", _FLAG),
    "retention.bytes": ("-1", _number(-1)),
    "retention.ms": ("604800000", _number(-1)),
    "segment.bytes": ("1073741824", _number(14)),
    "segment.index.bytes": ("10485760", _number(4)),
    "segment.jitter.ms": ("0", _number(0)),
    "segment.ms": ("604800000", _number(1)),
    "unclean.leader.election.enable": ("false", _FLAG),
}
"""The default of each config, and the check of a value."""


def decoded(text: str) -> dict[str, str]:
    """Return the configs that a request gives, or raise BadRequest."""
    try:
        content = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise _invalid("The topic configs must be a Base64 string") from error
    configs = _parsed(content)
    for key, value in configs.items():
        if key not in _KNOWN:
            raise _invalid(f"Unknown topic config name: {key}")
        if not isinstance(value, str) or not _KNOWN[key][1](value):
            raise _invalid(f"Invalid value {value} for configuration {key}")
    return configs


def encoded(own: Mapping[str, str], *, as_json: bool) -> str:
    """Return all configs of a topic that has *own* ones, as DescribeTopic shows them."""
    configs = {key: default for key, (default, _) in _KNOWN.items()} | dict(own)
    if as_json:
        content = json.dumps(configs)
    else:
        content = "\n".join(f"{key}={value}" for key, value in configs.items())
    return base64.b64encode(content.encode()).decode()


def _parsed(content: str) -> dict[str, Any]:
    if content.lstrip().startswith("{"):
        try:
            return dict(json.loads(content))
        except ValueError as error:
            raise _invalid("The topic configs are not a JSON object") from error
    configs = {}
    for line in filter(None, map(str.strip, content.splitlines())):
        key, sign, value = line.partition("=")
        if not sign:
            raise _invalid("The topic configs must be a JSON object, or lines of key=value")
        configs[key.strip()] = value.strip()
    return configs


def _invalid(problem: str) -> MskError:
    return bad_request(f"{problem}.", "configs")
