"""
Decide which of the requested Kafka access an account gets, by the bounds that the owner sets.

A client account on the cluster's list may connect, but not read or write. The owner sets bounds on
topics, groups and transactional ids in a parameter of its account,
`/<namespace>/<cluster>/access/<account>`, or `…/access/default` for accounts without their own.
Without either parameter an account gets none of the access that it requests.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from msklink.arns import ClusterArn
from msklink.policy.kafka_access import ACTIONS, KafkaAccess, Name
from msklink.refusals import Code, Refusal, refuse
from msklink.topics.bounds import TopicBounds
from msklink.validation import problems

DEFAULT = "default"

EXAMPLE = '{"names": ["billing.*"], "actions": ["produce", "consume", "create"]}'

SHOWN_CHARACTERS = 1000
"""The limit for names in a refusal; a request can have 160 names of 249 characters each."""


class Action(StrEnum):
    PRODUCE = "produce"
    CONSUME = "consume"
    CREATE = "create"


NEEDED = {
    "produce": Action.PRODUCE,
    "transactional_ids": Action.PRODUCE,
    "consume": Action.CONSUME,
    "groups": Action.CONSUME,
    "create": Action.CREATE,
}
"""By field of a request, the action that the bounds must have for it."""

# Stands for any text in place of a wildcard: no Kafka name can contain it.
_ANYTHING = "#"


class AccessBounds(BaseModel, frozen=True, extra="forbid"):
    """
    The value of such a parameter.

    *names* can be patterns with `*`. The account may do *actions* on them. With *topics*, MSKLink
    creates topics with these names for it. With *users*, patterns of names, it creates SCRAM users.
    """

    names: Annotated[tuple[Name, ...], Field(max_length=256)]
    actions: tuple[Action, ...]
    topics: TopicBounds | None = None
    users: Annotated[tuple[Name, ...], Field(max_length=256)] | None = None

    def covers(self, pattern: str) -> bool:
        """
        Return whether every name that *pattern* matches is within these bounds.

        A bound that matches *pattern* with `#` in place of each `*` has a `*` in each of these
        places, so it matches any text there, also an empty one. The converse holds too: names with
        such a text are among those of *pattern*, and one bound must match them.
        """
        sample = pattern.replace("*", _ANYTHING)
        return any(fnmatchcase(sample, name) for name in self.names)

    def admit(self, action: Action, pattern: str) -> bool:
        """Return whether *action* is allowed on every name that *pattern* matches."""
        return action in self.actions and self.covers(pattern)

    def allows_user(self, name: str) -> bool:
        """Return whether the account may have a user of this name."""
        return any(fnmatchcase(name, pattern) for pattern in self.users or ())


NOTHING = AccessBounds(names=(), actions=())
"""The bounds of an account without a parameter."""


@dataclass(frozen=True)
class AccessDecision:
    """The granted part of a request, and the refusal of the rest."""

    granted: KafkaAccess
    refusal: Refusal | None = None


def parameter_name(namespace: str, cluster_name: str, whose: str) -> str:
    """Return the name of the parameter with the bounds of an account, or of `default`."""
    return f"/{namespace}/{cluster_name}/access/{whose}"


def cluster_of(parameter: str, namespace: str) -> str | None:
    """Return the name of the cluster for which *parameter* holds bounds; None for any other."""
    match parameter.split("/"):
        case ["", first, cluster_name, "access", _] if first == namespace:
            return cluster_name
    return None


def names_for(namespace: str, cluster_name: str, accounts: Iterable[str]) -> list[str]:
    """Return the parameters to read for *accounts*."""
    whose = sorted(set(accounts))
    return [parameter_name(namespace, cluster_name, one) for one in (*whose, DEFAULT) if whose]


def digest(parameters: Mapping[str, str], namespace: str, cluster_name: str, account: str) -> str:
    """Return a digest of the bounds of *account*."""
    name = _applicable(parameters, namespace, cluster_name, account)
    text = json.dumps([name, parameters.get(name)])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def decide(
    asked: KafkaAccess,
    parameters: Mapping[str, str],
    cluster: ClusterArn,
    account: str,
    namespace: str,
) -> AccessDecision:
    """
    Decide which of the access in *asked* the account is granted, by the owner's *parameters*.

    An account's own parameter replaces the default. An invalid parameter grants nothing.
    """
    if asked.is_nothing:
        return AccessDecision(asked)
    bounds = read_bounds(parameters, cluster, account, namespace)
    if isinstance(bounds, Refusal):
        return AccessDecision(KafkaAccess(), bounds)
    beyond = {
        field: [one for one in getattr(asked, field) if not bounds.admit(NEEDED[field], one)]
        for field in ACTIONS
    }
    granted = KafkaAccess(
        **{
            field: tuple(one for one in getattr(asked, field) if one not in beyond[field])
            for field in ACTIONS
        }
    )
    if granted == asked:
        return AccessDecision(granted)
    own = parameter_name(namespace, cluster.name, account)
    return AccessDecision(granted, _not_allowed(account, cluster, own, beyond, bounds))


def read_bounds(
    parameters: Mapping[str, str], cluster: ClusterArn, account: str, namespace: str
) -> AccessBounds | Refusal:
    """Return the bounds of *account*, or why its parameter is none."""
    name = _applicable(parameters, namespace, cluster.name, account)
    text = parameters.get(name)
    if text is None:
        return NOTHING
    try:
        return AccessBounds.model_validate_json(text)
    except ValidationError as error:
        return refuse(
            Code.MALFORMED_ACCESS_BOUNDS,
            parameter=name,
            owner=cluster.account,
            problem=problems(error, "the value", 3),
            example=EXAMPLE,
        )


def _applicable(
    parameters: Mapping[str, str], namespace: str, cluster_name: str, account: str
) -> str:
    own = parameter_name(namespace, cluster_name, account)
    return own if own in parameters else parameter_name(namespace, cluster_name, DEFAULT)


def _not_allowed(
    account: str,
    cluster: ClusterArn,
    parameter: str,
    beyond: Mapping[str, list[str]],
    bounds: AccessBounds,
) -> Refusal:
    asked = "; ".join(f"{field} {', '.join(names)}" for field, names in beyond.items() if names)
    wider = AccessBounds(
        names=tuple(sorted({*bounds.names, *(one for names in beyond.values() for one in names)})),
        actions=tuple(sorted({*bounds.actions, *_actions(beyond)})),
        topics=bounds.topics,
        users=bounds.users,
    )
    return refuse(
        Code.ACCESS_NOT_ALLOWED,
        account=account,
        cluster=cluster.name,
        owner=cluster.account,
        asked=_short(asked),
        bounds=_short(bounds.model_dump_json(exclude_none=True)) if bounds.names else "nothing",
        parameter=parameter,
        value=_short(wider.model_dump_json(exclude_none=True), '{"names":["…"],"actions":["…"]}'),
    )


def _actions(beyond: Mapping[str, Collection[str]]) -> set[Action]:
    return {NEEDED[field] for field, names in beyond.items() if names}


def _short(text: str, instead: str = "") -> str:
    if len(text) <= SHOWN_CHARACTERS:
        return text
    return instead or f"{text[:SHOWN_CHARACTERS]} and more"
