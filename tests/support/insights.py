"""
The part of CloudWatch Logs Insights that the saved queries use, to run them on log lines.

User guide, "CloudWatch Logs Insights language query syntax" and "Supported logs and discovered
fields": fields of JSON are named with dots, those that CloudWatch finds begin with @.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

Fields = Mapping[str, Any]

SYSTEM_FIELDS = frozenset({"@timestamp", "@message", "@logStream"})
"""Fields that every log line has."""

LAMBDA_FIELDS = frozenset({"@type", "@duration", "@maxMemoryUsed"})
"""Fields that CloudWatch finds in the REPORT lines of Lambda."""

FUNCTIONS = frozenset({"count", "ispresent", "max", "now", "pct", "toMillis"})
WORDS = frozenset({"and", "as", "asc", "by", "desc", "in", "like", "not"})


def fields_of(line: str) -> dict[str, Any]:
    """Return the fields of a log line."""
    fields: dict[str, Any] = {"@message": line}
    if line.startswith("{"):
        fields |= dict(_flat(json.loads(line)))
    return fields


def _flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, one in value.items():
        if isinstance(one, Mapping):
            yield from _flat(one, f"{prefix}{key}.")
        elif one is not None:
            yield prefix + key, one


def named_fields(query: str) -> set[str]:
    """Return the fields that *query* reads, without those that it makes itself."""
    named, made = set[str](), set[str]()
    for command, rest in commands(query):
        text = re.sub(r"/(?:\\.|[^/])*/", "", rest) if command == "parse" else rest
        if command == "parse":
            made |= set(re.findall(r"\(\?<(\w+)>", rest))
        text = re.sub(r"\"[^\"]*\"|'[^']*'", "", text)
        made |= set(re.findall(r"\bas (\w+)", text))
        if command != "limit":
            named |= set(re.findall(r"(?<![\w.])@?[A-Za-z_][\w.]*", text))
    return named - made - WORDS - FUNCTIONS


def commands(query: str) -> list[tuple[str, str]]:
    """Return the commands of *query* with their arguments."""
    parts = [" ".join(part.split()) for part in re.split(r"\n\s*\||\s\| ", query)]
    return [(first, rest) for first, _, rest in (part.partition(" ") for part in parts)]


def matching(query: str, lines: Iterable[str]) -> list[dict[str, Any]]:
    """Return the fields of the *lines* that the filters of *query* take."""
    filters = [_condition(rest) for command, rest in commands(query) if command == "filter"]
    found = map(fields_of, lines)
    return [fields for fields in found if all(check(fields) for check in filters)]


def _condition(text: str) -> Callable[[Fields], bool]:
    """Return the condition of a filter: comparisons that are joined by `and`."""
    checks = [_comparison(part) for part in text.split(" and ")]
    return lambda fields: all(check(fields) for check in checks)


def _comparison(text: str) -> Callable[[Fields], bool]:
    if text.startswith("not "):
        negated = _comparison(text.removeprefix("not "))
        return lambda fields: not negated(fields)
    if found := re.fullmatch(r"ispresent\((\S+)\)", text):
        name = found[1]
        return lambda fields: name in fields
    found = re.fullmatch(r"(\S+) (=|like|in) (.+)", text)
    assert found, text
    name, operator, value = found.groups()
    values = re.findall(r"[\"']([^\"']*)[\"']", value)
    if operator == "like":
        return lambda fields: values[0] in str(fields.get(name, ""))
    return lambda fields: fields.get(name) in values
