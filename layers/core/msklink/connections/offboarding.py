"""
Decide when a connection that nobody requests any more is removed.

The client is notified at once, and has a grace period in which to restore a tag that was removed
by mistake. An offboarding request takes effect immediately.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta

from msklink.connections.record import ConnectionRecord, State
from msklink.refusals import Code, Refusal, refuse
from msklink.removal import Removal, RemovalTerms
from msklink.requests.records import OffboardingRequest
from msklink.tags import PROTECT, client_key

WAIT_SECONDS = 120
"""MSK deletes a connection within minutes (acceptance tests of the Terraform provider)."""

WAIT_LIMIT_SECONDS = 3 * WAIT_SECONDS
"""The sweep handles what is not gone by then."""

GIVE_UP_AFTER = timedelta(days=1)
"""
How long MSKLink tries a due removal. An endpoint's network interfaces go minutes after it. Others
may use our group without end, and an unreachable account may become reachable again.
"""


OWNER_REASONS = frozenset(
    {Code.ACCOUNT_NOT_ALLOWED, Code.CLUSTER_NOT_MANAGED, Code.CLUSTER_NOT_FOUND}
)
"""Reasons on the owner's side; they can end while the client account is unreachable."""

CLUSTER_GONE_REASONS = frozenset({Code.CLUSTER_NOT_FOUND, Code.CLUSTER_REPLACED})
"""Reasons that mean that MSK no longer knows the cluster."""

IMMEDIATE_REASONS = frozenset({Code.OFFBOARDING_REQUESTED, Code.CLUSTER_REPLACED})
"""Reasons with which a grace period would help nobody."""

VpcTags = Mapping[str, Mapping[str, str]]
"""Tags by VPC id."""

ReasonOf = Callable[[ConnectionRecord], Refusal]


def schedule_removal(
    records: Iterable[ConnectionRecord], why: ReasonOf, terms: RemovalTerms, now: datetime
) -> tuple[ConnectionRecord, ...]:
    """
    Return *records* with their removal, without those for which nothing was ever created.

    All records of a deleted cluster stay until the status in the client account is withdrawn.
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
    is_final = reason.code is Code.CLUSTER_REPLACED  # the client has the successor
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
    """Return what protects the connection; empty where it may be removed."""
    if terms.protection:
        return "DeletionProtection of the owner stack"
    return f"tag {client_key(terms.namespace, PROTECT)}" if record.protected else ""


def with_protection(record: ConnectionRecord, tags: VpcTags, namespace: str) -> ConnectionRecord:
    """Return *record* with its protection by the *tags* of VPCs."""
    guard = client_key(namespace, PROTECT)
    return record.with_(protected=guard in tags.get(record.vpc_id, {}))


def is_protected(record: ConnectionRecord, tags: VpcTags, terms: RemovalTerms) -> bool:
    """Return whether something protects the connection now."""
    return bool(_guard(with_protection(record, tags, terms.namespace), terms))


def readmitted(records: Iterable[ConnectionRecord]) -> tuple[ConnectionRecord, ...]:
    """Return *records* of a listed account, without removals whose reason was the owner's."""
    return tuple(
        one.with_(wanted=True, removal=None)
        if one.removal_reason and one.removal_reason.code in OWNER_REASONS
        else one
        for one in records
    )


def is_requested(
    record: ConnectionRecord, offboarding_requests: Collection[OffboardingRequest]
) -> bool:
    """Return whether the client requested the removal of *record*."""
    return (record.vpc_id, record.scheme) in {
        (one.vpc_id, one.scheme) for one in offboarding_requests
    }


def withdrawal_reason(
    offboarding_requests: Collection[OffboardingRequest], namespace: str
) -> ReasonOf:
    """Return a function that gives the reason of a removal: by request, or by tag."""

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
    """Return *records* without those that have the items of *but*."""
    items = {record.item for record in but}
    return tuple(record for record in records if record.item not in items)


def is_overdue(record: ConnectionRecord, now: datetime) -> bool:
    """Return whether a removal was due for so long that MSKLink gives it up."""
    return record.is_due(now - GIVE_UP_AFTER)


def is_orphaned(record: ConnectionRecord, now: datetime) -> bool:
    """
    Return whether the cluster is deleted, and the account unreachable for GIVE_UP_AFTER.

    Otherwise a connection that nobody can delete would hold the cluster's name without end.
    """
    is_abandoned = record.state is State.ABANDONED
    return is_of_gone_cluster(record) and is_abandoned and is_overdue(record, now)


def is_of_gone_cluster(record: ConnectionRecord) -> bool:
    """Return whether *record* is removed because MSK no longer knows its cluster."""
    return record.removal_reason is not None and record.removal_reason.code in CLUSTER_GONE_REASONS


def is_replaced(record: ConnectionRecord) -> bool:
    """Return whether *record* is removed because another cluster has its cluster's name now."""
    reason = record.removal_reason
    return reason is not None and reason.code is Code.CLUSTER_REPLACED


def is_removal_due(record: ConnectionRecord, now: datetime) -> bool:
    """Return whether a run should now remove the connection, or give it up."""
    due = record.is_due(now) and record.state is not State.ABANDONED
    return due or is_orphaned(record, now)


def wait_seconds(waited_seconds: int, pending: int) -> int:
    """Return the seconds until the *pending* accounts are checked; 0 leaves them to the sweep."""
    return WAIT_SECONDS if pending and waited_seconds < WAIT_LIMIT_SECONDS else 0
