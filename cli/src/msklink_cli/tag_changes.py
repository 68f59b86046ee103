"""Decide which tags of a cluster a command of the owner changes; None removes a tag."""

import re
from collections.abc import Iterable, Mapping, Sequence

from msklink.change_control.terms import STACK_FREEZE
from msklink.tags import is_account_id, read_client_accounts, read_schemes
from msklink_cli.errors import CommandError
from msklink_cli.report import Wait

type TagChanges = dict[str, str | None]

VALUE_LIMIT = 255
"""Characters of the value of a tag (MSK developer guide, "Tag an Amazon MSK cluster")."""

TAG_LIMIT = 50
"""Tags of a cluster (same page)."""

KEY_LIMIT = 128

_TEXT = re.compile(r"[\w ./=+@-]*")
"""Letters, digits, white space and `_ . / = + - @` (same page); a line break is of no use."""


def enable(namespace: str, words: Sequence[str]) -> TagChanges:
    """Return the change that opts in with the schemes in *words*, or out with `off`."""
    return {namespace: schemes_value(words)}


def approve(
    namespace: str, approved: Iterable[str], waiting: Iterable[Wait], words: Sequence[str]
) -> TagChanges:
    """Return the change that approves the schemes in *words*, by default those that wait for it."""
    asked = schemes_value(words).split() if words else []
    schemes = {*asked} - {"off"} or {scheme for one in waiting for scheme in one.approval}
    if not schemes:
        return {}
    return {f"{namespace}/approved": " ".join(sorted(schemes.union(approved)))}


def freeze(namespace: str, reason: str) -> TagChanges:
    """Return the change that freezes the cluster for *reason*."""
    key = f"{namespace}/freeze"
    check_tag(key, reason)
    return {key: reason}


def thaw(namespace: str, what: str) -> TagChanges:
    """Return the change that ends the freeze by *what*; the owner stack freezes all clusters."""
    if what == STACK_FREEZE:
        raise CommandError(
            "FrozenByStack",
            f"the cluster is frozen by {what}, which holds for all clusters",
            "Deploy the owner stack with Freeze=false.",
        )
    return {f"{namespace}/freeze": None} if what else {}


def schemes_value(words: Sequence[str]) -> str:
    """Return the value of a tag that names the schemes in *words*; commas may separate them too."""
    value = " ".join(dict.fromkeys(" ".join(words).replace(",", " ").lower().split()))
    if refusals := read_schemes(value, "The command").refusals:
        raise CommandError.of(refusals[0])
    return value


def check_tag(key: str, value: str) -> None:
    """Raise CommandError where MSK does not take the tag."""
    is_key = 0 < len(key) <= KEY_LIMIT and not key.lower().startswith("aws:")
    if is_key and len(value) <= VALUE_LIMIT and _TEXT.fullmatch(key) and _TEXT.fullmatch(value):
        return
    raise CommandError(
        "MalformedTag",
        f"MSK takes no tag {key[:40]!r} with the value {value[:40]!r}",
        f"A key has 1 to {KEY_LIMIT} characters, a value at most {VALUE_LIMIT}: letters, digits, "
        "spaces and _ . / = + - @.",
    )


def allow(tags: Mapping[str, str], namespace: str, accounts: Sequence[str]) -> TagChanges:
    """
    Return the change that lists *accounts* as clients, in the first tags that have room.

    A value holds 19 accounts, so the list goes on in `<namespace>/clients/2` and so on.
    """
    check_accounts(accounts)
    key, listed = f"{namespace}/clients", read_client_accounts(tags, namespace).accounts
    after = dict(tags)
    for account in dict.fromkeys(accounts):
        if account not in listed:
            name = next(
                one
                for one in _numbered(key)
                if len(f"{after.get(one, '')} {account}".strip()) <= VALUE_LIMIT
            )
            after[name] = f"{after.get(name, '')} {account}".strip()
    if len(after) > TAG_LIMIT:
        raise CommandError(
            "TooManyTags",
            f"the cluster would have {len(after)} tags, of {TAG_LIMIT} that MSK allows",
            "Remove tags of your own, or accounts that have left.",
        )
    return _difference(tags, after)


def deny(tags: Mapping[str, str], namespace: str, accounts: Sequence[str]) -> TagChanges:
    """Return the change that lists *accounts* as clients no longer."""
    check_accounts(accounts)
    key = f"{namespace}/clients"
    after: dict[str, str] = {}
    for name, value in tags.items():
        if name != key and not name.startswith(f"{key}/"):
            after[name] = value
            continue
        words = [word for word in value.split() if word not in accounts]
        if words == value.split():
            after[name] = value
        elif words:
            after[name] = " ".join(words)
    return _difference(tags, after)


def _numbered(key: str) -> Iterable[str]:
    return (key, *(f"{key}/{number}" for number in range(2, TAG_LIMIT + 2)))


def check_accounts(accounts: Iterable[str]) -> None:
    """Raise CommandError for a text that is no account id."""
    for account in accounts:
        if not is_account_id(account):
            raise CommandError(
                "MalformedAccount", f"{account[:40]!r} is no account id", "Write its 12 digits."
            )


def _difference(before: Mapping[str, str], after: Mapping[str, str]) -> TagChanges:
    changes: TagChanges = {key: value for key, value in after.items() if before.get(key) != value}
    return changes | dict.fromkeys(before.keys() - after.keys())
