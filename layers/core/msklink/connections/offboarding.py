"""
When a connection that nobody asks for any more is taken away.

Its team is told at once, and has time to put back what it took away by mistake; a request to leave
is carried out at once.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta

from msklink.connections.record import ConnectionRecord, State
from msklink.connections.removal import Removal, RemovalTerms
from msklink.refusals import Code, Refusal, refuse
from msklink.requests.records import OffboardingRequest
from msklink.tags import PROTECT, client_key

WAIT_SECONDS = 120
"""MSK deletes a connection in some minutes (acceptance tests of the Terraform provider)."""

WAIT_LIMIT_SECONDS = 3 * WAIT_SECONDS
"""What is not gone by then is left to the sweep."""

GIVE_UP_AFTER = timedelta(days=1)
"""
With what does not go when it is due. An endpoint's interfaces go some minutes after it, but others
who use our group need not leave; an account out of reach may be within reach again.
"""


OWNER_REASONS = frozenset(
    {Code.ACCOUNT_NOT_ALLOWED, Code.CLUSTER_NOT_MANAGED, Code.CLUSTER_NOT_FOUND}
)
"""They end on the owner's side, whether the client account can be seen or not."""

CLUSTER_GONE_REASONS = frozenset({Code.CLUSTER_NOT_FOUND, Code.CLUSTER_REPLACED})
"""Reasons of which MSK no longer knows the cluster."""

IMMEDIATE_REASONS = frozenset({Code.OFFBOARDING_REQUESTED, Code.CLUSTER_REPLACED})
"""Reasons for which no grace is of use to anybody."""

VpcTags = Mapping[str, Mapping[str, str]]
"""The tags of VPCs by their ids."""

ReasonOf = Callable[[ConnectionRecord], Refusal]


def schedule_removal(
    records: Iterable[ConnectionRecord], why: ReasonOf, terms: RemovalTerms, now: datetime
) -> tuple[ConnectionRecord, ...]:
    """
    *records* on their way out; those are left out for which nothing was ever made.

    Of a cluster that is gone all stay, until the status in the client account is gone as well.
    """
    reasons = [(record, why(record)) for record in records]
    return tuple(
        _scheduled(record, reason, terms, now)
        for record, reason in reasons
        if record.may_exist or reason.code is Code.CLUSTER_NOT_FOUND
    )


def _scheduled(
    record: ConnectionRecord, reason: Refusal, terms: RemovalTerms, now: datetime
) -> ConnectionRecord:
    is_final = reason.code is Code.CLUSTER_REPLACED  # for good, and its client has another
    if record.may_exist and not is_final and (guard := _guard(record, terms)):
        kept = _about(
            Code.DELETION_PROTECTED, record, terms.namespace, guard=guard, reason=reason.message
        )
        return record.with_(wanted=False, removal=Removal(reason=kept))
    at_once = reason.code in IMMEDIATE_REASONS or not record.may_exist
    due = now if at_once else now + terms.grace
    if record.removal and record.removal.due and record.removal.due <= due:
        if is_replaced(record) is (reason.code is Code.CLUSTER_REPLACED):
            return record.with_(wanted=False)
        due = record.removal.due
    return record.with_(wanted=False, removal=Removal(reason=reason, due=due))


def _guard(record: ConnectionRecord, terms: RemovalTerms) -> str:
    """What protects the connection; nothing when it is free to go."""
    if terms.protection:
        return "DeletionProtection of the owner stack"
    return f"tag {client_key(terms.namespace, PROTECT)}" if record.protected else ""


def with_protection(record: ConnectionRecord, tags: VpcTags, namespace: str) -> ConnectionRecord:
    """*record* after a look at the *tags* of VPCs."""
    guard = client_key(namespace, PROTECT)
    return record.with_(protected=guard in tags.get(record.vpc_id, {}))


def is_protected(record: ConnectionRecord, tags: VpcTags, terms: RemovalTerms) -> bool:
    """Whether something protects the connection now."""
    return bool(_guard(with_protection(record, tags, terms.namespace), terms))


def readmitted(records: Iterable[ConnectionRecord]) -> tuple[ConnectionRecord, ...]:
    """*records* of an account that may connect (again): what was to go for that alone stays."""
    return tuple(
        one.with_(wanted=True, removal=None)
        if one.removal_reason and one.removal_reason.code in OWNER_REASONS
        else one
        for one in records
    )


def is_requested(
    record: ConnectionRecord, offboarding_requests: Collection[OffboardingRequest]
) -> bool:
    """Whether the client asked for *record* to go."""
    return (record.vpc_id, record.scheme) in {
        (one.vpc_id, one.scheme) for one in offboarding_requests
    }


def withdrawal_reason(
    offboarding_requests: Collection[OffboardingRequest], namespace: str
) -> ReasonOf:
    """Why a connection goes that its account does not wish for: by request, or by tag."""

    def why(record: ConnectionRecord) -> Refusal:
        requested = is_requested(record, offboarding_requests)
        code = Code.OFFBOARDING_REQUESTED if requested else Code.NO_LONGER_ASKED
        return _about(code, record, namespace)

    return why


def _about(code: Code, record: ConnectionRecord, namespace: str, **facts: str) -> Refusal:
    return refuse(
        code,
        account=record.account,
        vpc_id=record.vpc_id,
        scheme=record.scheme,
        key=client_key(namespace, record.cluster_name),
        **facts,
    )


def same_reason(reason: Refusal) -> ReasonOf:
    return lambda _: reason


def records_without(
    records: Iterable[ConnectionRecord], but: Iterable[ConnectionRecord]
) -> tuple[ConnectionRecord, ...]:
    """*records* without those of the same items as *but*."""
    items = {record.item for record in but}
    return tuple(record for record in records if record.item not in items)


def is_overdue(record: ConnectionRecord, now: datetime) -> bool:
    """Whether what was due does not go for so long that it is left to others."""
    return record.is_due(now - GIVE_UP_AFTER)


def is_orphaned(record: ConnectionRecord, now: datetime) -> bool:
    """
    Whether the cluster is gone, and the account out of reach for so long that what is there stays.

    The name of the cluster is not to be held for ever by what nobody can delete.
    """
    is_abandoned = record.state is State.ABANDONED
    return is_of_gone_cluster(record) and is_abandoned and is_overdue(record, now)


def is_of_gone_cluster(record: ConnectionRecord) -> bool:
    """Whether *record* goes because MSK no longer knows its cluster."""
    return record.removal_reason is not None and record.removal_reason.code in CLUSTER_GONE_REASONS


def is_replaced(record: ConnectionRecord) -> bool:
    """Whether *record* goes because another cluster has the name of its own, which is gone."""
    reason = record.removal_reason
    return reason is not None and reason.code is Code.CLUSTER_REPLACED


def is_removal_due(record: ConnectionRecord, now: datetime) -> bool:
    """Whether a run is to take the connection away now, or to give it up."""
    due = record.is_due(now) and record.state is not State.ABANDONED
    return due or is_orphaned(record, now)


def wait_seconds(waited_seconds: int, pending: int) -> int:
    """Seconds until the next look at *pending* accounts; 0 when the rest is the sweep's."""
    return WAIT_SECONDS if pending and waited_seconds < WAIT_LIMIT_SECONDS else 0
