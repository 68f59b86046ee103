"""Find out why a user for SCRAM has no secret, as far as the status parameter tells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from msklink_client.diagnosis import entries
from msklink_client.errors import MskLinkError
from msklink_client.login_options import SCHEMES
from msklink_client.users import of_entry

if TYPE_CHECKING:
    from msklink_client.parameters import Parameters

_REFUSALS = frozenset({"UserNotAllowed", "UserTaken", "UserRefused"})


def why_no_user(parameters: Parameters, user: str, known: Sequence[str]) -> MskLinkError:
    """Return why *user* has no secret, where *known* have one: not created, refused, not asked."""
    cluster = parameters.cluster
    try:
        found = list(entries(parameters.status() or {}))
    except (BotoCoreError, ClientError, MskLinkError):  # the status tells no more
        found = []
    by_scram = [entry for name, entry in found if name == "scram"]
    states = {one.name: one.state for entry in by_scram for one in of_entry(entry)}
    state = states.get(user)
    if state == "asked":
        return MskLinkError(
            "Waiting",
            f"User {user} of {cluster} is not created yet.",
            "Wait: MSKLink goes on with it at the latest after an hour.",
        )
    if state == "refused":
        return _refused(cluster, user, by_scram)
    if state == "ready":
        return _missing(
            f"User {user} of {cluster} is ready, but the parameter with its secret is missing.",
            "MSKLink looks every hour and puts it back.",
        )
    schemes = sorted({name for name, _ in found} & {*SCHEMES} | {"scram"})
    command = (
        f"msklink-client request {cluster} --vpc vpc-… --schemes {','.join(schemes)} "
        f"--users {','.join([*known, user])} --event-bus arn:…"
    )
    replaces = "It replaces your last event for the VPC, so repeat its access and topics."
    if known:
        return _missing(
            f"{cluster} has no user {user} for this account; those it has are "
            f"{' and '.join(known)}.",
            f'Give one of them, such as user="{known[0]}" (--user {known[0]}), or request it: '
            f"{command}. {replaces}",
        )
    return _missing(
        f"{cluster} has no user for this account, and so no {user}.",
        f"Request it: {command}. {replaces} Or give the ARN of a secret that the owner shares.",
    )


def _refused(cluster: str, user: str, by_scram: list[dict[str, Any]]) -> MskLinkError:
    """Return the refusal of *user* among the warnings, each of which says: user <name>."""
    names_it = re.compile(rf"\buser {re.escape(user)}(?![\w-]|\.\w)", re.IGNORECASE)
    for one in (one for entry in by_scram for one in entry.get("warnings") or ()):
        message = str(one.get("message", ""))
        if one.get("code") in _REFUSALS and names_it.search(message):
            said = f"User {user} of {cluster} is refused, {one['code']}: {message}"
            return _missing(said, str(one.get("remedy", "")))
    return _missing(
        f"User {user} of {cluster} is refused.",
        f"The reason and its remedy: msklink-client status {cluster}.",
    )


def _missing(message: str, remedy: str) -> MskLinkError:
    return MskLinkError("UserMissing", message, remedy)
