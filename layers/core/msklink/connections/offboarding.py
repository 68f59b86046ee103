"""
When a connection that nobody asks for any more is taken away.

Its team is told at once, and has time to put back what it took away by mistake; a request to leave
is carried out at once.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta

from msklink.connections.record import Connection, State
from msklink.connections.removal import Leaving, Terms
from msklink.refusals import Code, Refusal, refuse
from msklink.requests.records import Departure
from msklink.tags import PROTECT, client_key

WAIT_SECONDS = 120
"""MSK deletes a connection in some minutes (acceptance tests of the Terraform provider)."""

WAIT_LIMIT_SECONDS = 3 * WAIT_SECONDS
"""What is not gone by then is left to the sweep."""

PATIENCE = timedelta(days=1)
"""
With what does not go when it is due. An endpoint's interfaces go some minutes after it, but others
who use our group need not leave; an account out of reach may be within reach again.
"""


REASONS_OF_OWNER = frozenset(
    {Code.ACCOUNT_NOT_ALLOWED, Code.CLUSTER_NOT_MANAGED, Code.CLUSTER_NOT_FOUND}
)
"""They end on the owner's side, whether the client account can be seen or not."""

OF_GONE = frozenset({Code.CLUSTER_NOT_FOUND, Code.CLUSTER_REPLACED})
"""Reasons of which MSK no longer knows the cluster."""

AT_ONCE = frozenset({Code.OFFBOARDING_REQUESTED, Code.CLUSTER_REPLACED})
"""Reasons for which no grace is of use to anybody."""

VpcTags = Mapping[str, Mapping[str, str]]
"""The tags of VPCs by their ids."""

Why = Callable[[Connection], Refusal]


def see_off(
    records: Iterable[Connection], why: Why, terms: Terms, now: datetime
) -> tuple[Connection, ...]:
    """
    *records* on their way out; those are left out for which nothing was ever made.

    Of a cluster that is gone all stay, until the status in the client account is gone as well.
    """
    reasons = [(record, why(record)) for record in records]
    return tuple(
        _schedule(record, reason, terms, now)
        for record, reason in reasons
        if record.may_exist or reason.code is Code.CLUSTER_NOT_FOUND
    )


def _schedule(record: Connection, reason: Refusal, terms: Terms, now: datetime) -> Connection:
    is_dead = reason.code is Code.CLUSTER_REPLACED  # for good, and its client has another
    if record.may_exist and not is_dead and (guard := _guard(record, terms)):
        kept = _about(
            Code.DELETION_PROTECTED, record, terms.namespace, guard=guard, reason=reason.message
        )
        return record.with_(wanted=False, leaving=Leaving(reason=kept))
    at_once = reason.code in AT_ONCE or not record.may_exist
    due = now if at_once else now + terms.grace
    if record.leaving and record.leaving.due and record.leaving.due <= due:
        if is_replaced(record) is (reason.code is Code.CLUSTER_REPLACED):
            return record.with_(wanted=False)
        due = record.leaving.due
    return record.with_(wanted=False, leaving=Leaving(reason=reason, due=due))


def _guard(record: Connection, terms: Terms) -> str:
    """What protects the connection; nothing when it is free to go."""
    if terms.protection:
        return "DeletionProtection of the owner stack"
    return f"tag {client_key(terms.namespace, PROTECT)}" if record.protected else ""


def with_protection(record: Connection, tags: VpcTags, namespace: str) -> Connection:
    """*record* after a look at the *tags* of VPCs."""
    guard = client_key(namespace, PROTECT)
    return record.with_(protected=guard in tags.get(record.vpc_id, {}))


def is_protected(record: Connection, tags: VpcTags, terms: Terms) -> bool:
    """Whether something protects the connection now."""
    return bool(_guard(with_protection(record, tags, terms.namespace), terms))


def readmitted(records: Iterable[Connection]) -> tuple[Connection, ...]:
    """*records* of an account that may connect (again): what was to go for that alone stays."""
    return tuple(
        one.with_(wanted=True, leaving=None)
        if one.reason_to_leave and one.reason_to_leave.code in REASONS_OF_OWNER
        else one
        for one in records
    )


def is_requested(record: Connection, departures: Collection[Departure]) -> bool:
    """Whether the client asked for *record* to go."""
    return (record.vpc_id, record.scheme) in {(one.vpc_id, one.scheme) for one in departures}


def why_left(departures: Collection[Departure], namespace: str) -> Why:
    """Why a connection goes that its account does not wish for: by request, or by tag."""

    def why(record: Connection) -> Refusal:
        requested = is_requested(record, departures)
        code = Code.OFFBOARDING_REQUESTED if requested else Code.NO_LONGER_ASKED
        return _about(code, record, namespace)

    return why


def _about(code: Code, record: Connection, namespace: str, **facts: str) -> Refusal:
    return refuse(
        code,
        account=record.account,
        vpc_id=record.vpc_id,
        scheme=record.scheme,
        key=client_key(namespace, record.cluster_name),
        **facts,
    )


def always(reason: Refusal) -> Why:
    return lambda _: reason


def others(records: Iterable[Connection], but: Iterable[Connection]) -> tuple[Connection, ...]:
    """*records* without those of the same items as *but*."""
    items = {record.item for record in but}
    return tuple(record for record in records if record.item not in items)


def may_give_up(record: Connection, now: datetime) -> bool:
    """Whether what was due does not go for so long that it is left to others."""
    return record.is_due(now - PATIENCE)


def is_forsaken(record: Connection, now: datetime) -> bool:
    """
    Whether the cluster is gone, and the account out of reach for so long that what is there stays.

    The name of the cluster is not to be held for ever by what nobody can delete.
    """
    is_abandoned = record.state is State.ABANDONED
    return is_of_gone_cluster(record) and is_abandoned and may_give_up(record, now)


def is_of_gone_cluster(record: Connection) -> bool:
    """Whether *record* goes because MSK no longer knows its cluster."""
    return record.reason_to_leave is not None and record.reason_to_leave.code in OF_GONE


def is_replaced(record: Connection) -> bool:
    """Whether *record* goes because another cluster has the name of its own, which is gone."""
    reason = record.reason_to_leave
    return reason is not None and reason.code is Code.CLUSTER_REPLACED


def is_time(record: Connection, now: datetime) -> bool:
    """Whether a run is to take the connection away now, or to give it up."""
    due = record.is_due(now) and record.state is not State.ABANDONED
    return due or is_forsaken(record, now)


def wait_seconds(waited_seconds: int, pending: int) -> int:
    """Seconds until the next look at *pending* accounts; 0 when the rest is the sweep's."""
    return WAIT_SECONDS if pending and waited_seconds < WAIT_LIMIT_SECONDS else 0
