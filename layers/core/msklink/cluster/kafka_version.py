"""Read Apache Kafka versions as MSK writes them."""

import re

MINIMUM_VERSION = (2, 7, 1)
"""Multi-VPC private connectivity needs 2.7.1 or later (MSK page on multi-VPC connectivity)."""

TOPIC_API_VERSION = (3, 6)
"""MSK's API for topics needs 3.6.0 or later (MSK developer guide, "Topic operations")."""

# 2.4.1.1, 2.8.2.tiered, 3.6.0, 3.7.x, 3.7.x.kraft (MSK developer guide, supported versions).
_SPELLING = re.compile(r"(\d{1,4})\.(\d{1,4})\.(\d{1,4}|x)(?:\.\w+)*", re.ASCII)


def read_version(text: str) -> tuple[int, int, int | None] | None:
    """Return major, minor and patch, with patch None where MSK writes `x`; None if unreadable."""
    match = _SPELLING.fullmatch(text)
    if match is None:
        return None
    major, minor, patch = match.groups()
    return int(major), int(minor), None if patch == "x" else int(patch)


def is_supported(text: str) -> bool | None:
    """Return whether private connectivity supports this version; None where it is unreadable."""
    version = read_version(text)
    if version is None:
        return None
    major, minor, patch = version
    return (major, minor) > MINIMUM_VERSION[:2] or (
        (major, minor) == MINIMUM_VERSION[:2] and (patch is None or patch >= MINIMUM_VERSION[2])
    )


def has_topic_api(text: str) -> bool:
    """Return whether MSK creates topics by its API; an unreadable version may be a newer one."""
    version = read_version(text)
    return version is None or version[:2] >= TOPIC_API_VERSION
