"""Derive the state of a connection's record from the state of its MSK VPC connection.

States are those of ConnectionState in botocore's model; the API page adds UPDATING.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from msklink.connections.record import ConnectionRecord, CreationDelay, State
from msklink.connections.vpc_connection import (
    AVAILABLE,
    CREATING,
    DEAD_STATES,
    DELETING,
    REJECTED,
    TRANSIENT_STATES,
    VpcConnection,
)
from msklink.drift import kinds
from msklink.drift.kinds import Drift, DriftKind
from msklink.refusals import Code, Refusal, refuse

WAIT_LIMIT_SECONDS = 30 * 60
"""Creation takes minutes; acceptance tests of the Terraform provider take about four."""

WAIT_SECONDS = 20

POLICY_DELAY = timedelta(seconds=30)
"""AWS does not document when a cluster policy applies; IAM policies take seconds."""

ROLE_DELAY = timedelta(minutes=2)
"""IAM creates a service-linked role for an account's first connection; AWS gives no duration."""


def observe(record: ConnectionRecord, state: str) -> ConnectionRecord:
    """
    Return *record* after MSK reported *state*; an unknown state counts as failed.

    A connection is connected when it is AVAILABLE twice: the Terraform provider found that once is
    too early. A connection that works stays connected while MSK updates it. One that has timed out
    is not waited for again.
    """
    seen = record.with_(connection_state=state)
    if state == AVAILABLE:
        if record.state in {State.CONNECTED, State.PUBLISHED}:
            return seen
        is_second = record.connection_state == AVAILABLE
        return seen.with_(state=State.CONNECTED if is_second else State.CONNECTING, refusal=None)
    if record.can_drift and state not in DEAD_STATES | {CREATING, DELETING}:
        return seen
    if state in TRANSIENT_STATES:
        too_slow = record.has_timed_out and state != DELETING
        return seen if too_slow else seen.with_(state=State.CONNECTING, refusal=None)
    code = Code.CONNECTION_REJECTED if state == REJECTED else Code.CONNECTION_FAILED
    facts = {"connection_arn": record.connection_arn, "account": record.account, "state": state}
    return seen.with_(state=State.FAILED, refusal=refuse(code, **facts))


def connection_drift(record: ConnectionRecord, connection: VpcConnection | None) -> Drift | None:
    """Return the drift of a connection; None where it has none, or nothing of it can drift."""
    return drift_of_state(record, connection.state if connection else None)


def drift_of_state(record: ConnectionRecord, state: str | None) -> Drift | None:
    """Return the same drift by the *state* that MSK lists; None means not listed."""
    if not record.can_drift or (state and state not in DEAD_STATES | {DELETING}):
        return None
    return Drift(
        DriftKind.CONNECTION,
        before=state or "gone",
        after="AVAILABLE",
        account=record.account,
        vpc_id=record.vpc_id,
        scheme=record.scheme or "",
    )


def connection_history_item(record: ConnectionRecord) -> str:
    """Return the sort key of the repair history of the connection."""
    return kinds.history_item(
        DriftKind.CONNECTION, record.account, record.vpc_id, record.scheme or ""
    )


def adopt(record: ConnectionRecord, connection: VpcConnection) -> ConnectionRecord:
    """Return *record* with its *connection*, created or found; forget the state of another one."""
    if record.connection_arn != connection.arn:
        record = record.with_(connection_arn=connection.arn, connection_state=None, refusal=None)
    return observe(record.with_(delay=None), connection.state)


def delay_creation(
    record: ConnectionRecord, now: datetime, longest: timedelta
) -> ConnectionRecord | None:
    """Return *record*, delayed until the next attempt; None where it was delayed for *longest*."""
    since = record.delay.since if record.delay else now
    if now - since >= longest:
        return None
    delay = CreationDelay(since=since, tried=now)
    return record.with_(state=State.CONNECTING, refusal=None, delay=delay)


def observe_connections(
    records: Iterable[ConnectionRecord],
    states: Mapping[str, str],
    waited_seconds: int,
    now: datetime,
) -> list[ConnectionRecord]:
    """
    Return *records* after MSK reported *states* by ARN; one not listed yet is still pending.

    A record with drift stays as it is: the next run repairs or reports it.
    """
    seen = [
        _observe_listed(_try_again(record, now), states.get(record.connection_arn or ""))
        for record in records
    ]
    if waited_seconds < WAIT_LIMIT_SECONDS:
        return seen
    return [time_out(record) if record.state is State.CONNECTING else record for record in seen]


def _try_again(record: ConnectionRecord, now: datetime) -> ConnectionRecord:
    delay = record.delay if record.state is State.CONNECTING else None
    if delay is None or now - delay.tried < timedelta(seconds=WAIT_SECONDS):
        return record
    return record.with_(state=State.PLANNED)


def _observe_listed(record: ConnectionRecord, state: str | None) -> ConnectionRecord:
    if not record.is_live:
        return record
    if state != REJECTED and drift_of_state(record, state):
        return record  # the next run repairs or reports it, as parameter Repair says
    if state is None and record.connection_state == DELETING:
        return record.with_(state=State.PLANNED, connection_arn=None, connection_state=None)
    return observe(record, state) if state else record


def accounts_to_reconnect(
    before: Iterable[ConnectionRecord], after: Iterable[ConnectionRecord]
) -> list[str]:
    """Return the accounts where a connection that blocked another has just gone."""
    was = {record.item: record.state for record in before}
    return sorted(
        {
            record.account
            for record in after
            if record.wanted
            and record.state is State.PLANNED
            and was.get(record.item) is State.CONNECTING
        }
    )


def refuse_unready(record: ConnectionRecord, refusal: Refusal) -> ConnectionRecord:
    """Return *record* refused if its connection is not in use yet, otherwise unchanged."""
    if record.state not in {State.CONNECTING, State.CONNECTED}:
        return record
    return record.with_(state=State.FAILED, refusal=refusal)


def time_out(record: ConnectionRecord) -> ConnectionRecord:
    """Return *record* after its connection took longer than WAIT_LIMIT_SECONDS."""
    refusal = refuse(
        Code.CONNECTION_TIMED_OUT,
        connection_arn=record.connection_arn,
        state=record.connection_state,
        minutes=WAIT_LIMIT_SECONDS // 60,
    )
    return record.with_(state=State.FAILED, refusal=refusal)
