"""Take out of texts and values what says whose account it is."""

import re
from collections.abc import Mapping
from typing import Any

_PATTERNS = [
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "<email>"),
    (re.compile(r"\b(?:https?://)?[\w-]+(?:\.[\w-]+)*\.(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu)"
                r"(?::\d+)?(?:/[\w./%-]*)?"), "<host>"),
    (re.compile(r"\bhttps?://[^\s\"',]+"), "<url>"),
    (re.compile(r"\barn(?::|%3A)[\w-]+(?::|%3A)([\w-]+)(?::|%3A)[^\s\"',\])}]*"), r"<arn:\1>"),
    (re.compile(r"\b(vpce-svc|vpce|vpc|subnet|sg|sgr|eni|rtb|acl|igw|eipalloc|o|r|ou)"
                r"-[0-9a-z]{8,}(?:-[0-9a-z]{8,})?\b"), r"<\1>"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:-s?\d+)?\b"), "<uuid>"),
    (re.compile(r"\bA(?:KIA|SIA|ROA|IDA|GPA)[A-Z0-9]{12,}\b"), "<unique id>"),
    (re.compile(r"(?<!\d)\d{12}(?!\d)"), "<account>"),
    (re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])"), "<ip>"),
]  # fmt: skip


def redacted(value: Any, names: Mapping[str, str]) -> Any:
    """
    Return *value* without account ids, ARNs, ids of resources, host names, emails and addresses.

    *names* are texts to replace that have no form of their own, such as the name of a cluster, and
    what is put in their place; keys are treated like values.
    """
    match value:
        case str():
            return _text(value, names)
        case Mapping():
            return {_text(str(key), names): redacted(one, names) for key, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [redacted(one, names) for one in value]
        case bool() | float() | None:
            return value
        case int():
            return _text(str(value), names) if value >= 10**11 else value
        case _:
            return _text(str(value), names)


def _text(text: str, names: Mapping[str, str]) -> str:
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, names[name])
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text
