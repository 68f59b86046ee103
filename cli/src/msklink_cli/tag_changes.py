"""Decide which tags of a cluster a command of the owner changes; None removes a tag."""

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


def enable(namespace: str, words: Sequence[str]) -> TagChanges:
    """Return the change that opts in with the schemes in *words*, or out with `off`."""
    value = " ".join(" ".join(words).replace(",", " ").lower().split())
    if refusals := read_schemes(value, "The command").refusals:
        raise CommandError.of(refusals[0])
    return {namespace: value}


def approve(
    namespace: str, approved: Iterable[str], waiting: Iterable[Wait], words: Sequence[str]
) -> TagChanges:
    """Return the change that approves the schemes in *words*, by default those that wait for it."""
    asked = " ".join(words).replace(",", " ").lower()
    if asked.strip() and (refusals := read_schemes(asked, "The command").refusals):
        raise CommandError.of(refusals[0])
    schemes = {*asked.split()} or {scheme for one in waiting for scheme in one.approval}
    if not schemes:
        return {}
    return {f"{namespace}/approved": " ".join(sorted(schemes.union(approved)))}


def freeze(namespace: str, reason: str) -> TagChanges:
    return {f"{namespace}/freeze": reason}


def thaw(namespace: str, what: str) -> TagChanges:
    """Return the change that ends the freeze by *what*; the owner stack freezes all clusters."""
    if what == STACK_FREEZE:
        raise CommandError(
            "FrozenByStack",
            f"the cluster is frozen by {what}, which holds for all clusters",
            "Deploy the owner stack with Freeze=false.",
        )
    return {f"{namespace}/freeze": None} if what else {}


def allow(tags: Mapping[str, str], namespace: str, accounts: Sequence[str]) -> TagChanges:
    """
    Return the change that lists *accounts* as clients, in the first tags that have room.

    A value holds 19 accounts, so the list goes on in `<namespace>/clients/2` and so on.
    """
    _check(accounts)
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
    _check(accounts)
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


def _check(accounts: Iterable[str]) -> None:
    for account in accounts:
        if not is_account_id(account):
            raise CommandError(
                "MalformedAccount", f"{account!r} is no account id", "Write its 12 digits."
            )


def _difference(before: Mapping[str, str], after: Mapping[str, str]) -> TagChanges:
    changes: TagChanges = {key: value for key, value in after.items() if before.get(key) != value}
    return changes | dict.fromkeys(before.keys() - after.keys())
