"""Users for SCRAM that a request names, for each of which MSKLink creates a secret."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from msklink_client.errors import bad_argument

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True)
class User:
    """A user in a status."""

    name: str
    state: str
    """asked (it is not created yet), ready or refused."""
    secret_arn: str | None = None
    acls: tuple[str, ...] = ()
    """The commands by which the owner of the cluster adds its ACLs, for which MSK has no API."""
    due: str | None = None
    """When it is removed, if its removal is scheduled."""


def of_entry(entry: Mapping[str, Any]) -> Iterator[User]:
    """Yield the users in the *entry* of a status for scram, by name."""
    found = entry.get("users")
    for name, one in sorted(found.items()) if isinstance(found, dict) else ():
        if isinstance(one, dict):
            acls = one.get("acls")
            commands = acls if isinstance(acls, list) else ()
            yield User(
                name,
                str(one.get("state", "unknown")),
                str(one["secret_arn"]) if one.get("secret_arn") else None,
                tuple(map(str, commands)),
                str(one["due"]) if one.get("due") else None,
            )


def merged(users: Iterable[User]) -> list[User]:
    """Return each user once, by name, with the commands for what each VPC requests."""
    by_name: dict[str, User] = {}
    for one in users:
        before = by_name[one.name].acls if one.name in by_name else ()
        by_name[one.name] = replace(one, acls=tuple(dict.fromkeys((*before, *one.acls))))
    return [by_name[name] for name in sorted(by_name)]


def require_name(given: object) -> None:
    """Raise `MskLinkError` where *given* cannot be the name of a user."""
    if not isinstance(given, str) or not _NAME.fullmatch(given):
        raise bad_argument(
            f"{given!r} is not the name of a user for SCRAM.",
            "Write at most 64 letters, digits and . _ -, and look whether a variable is not set.",
        )
