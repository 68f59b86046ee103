"""What the state of an MSK VPC connection means for its record.

States are those of ConnectionState in botocore's model; the API page adds UPDATING.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from msklink.connections.record import ConnectionRecord, Hold, State
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
"""Creation takes minutes; acceptance tests of the Terraform provider see about four."""

WAIT_SECONDS = 20

POLICY_DELAY = timedelta(seconds=30)
"""AWS does not say whether a cluster policy is in force at once; those of IAM take seconds."""

ROLE_DELAY = timedelta(minutes=2)
"""IAM makes a service-linked role on the first connection of an account; AWS gives no time."""


def observe(record: ConnectionRecord, state: str) -> ConnectionRecord:
    """
    *record* after MSK reported *state*; a state that nobody knows yet counts as failed.

    AVAILABLE counts when it is seen twice: the Terraform provider found a single one too early.
    What was there stays so while it changes; what took too long is not waited for again.
    """
    seen = record.with_(connection_state=state)
    if state == AVAILABLE:
        if record.state in {State.CONNECTED, State.PUBLISHED}:
            return seen
        again = record.connection_state == AVAILABLE
        return seen.with_(state=State.CONNECTED if again else State.CONNECTING, refusal=None)
    if record.was_established and state not in DEAD_STATES | {CREATING, DELETING}:
        return seen
    if state in TRANSIENT_STATES:
        too_slow = record.has_timed_out and state != DELETING
        return seen if too_slow else seen.with_(state=State.CONNECTING, refusal=None)
    code = Code.CONNECTION_REJECTED if state == REJECTED else Code.CONNECTION_FAILED
    facts = {"connection_arn": record.connection_arn, "account": record.account, "state": state}
    return seen.with_(state=State.FAILED, refusal=refuse(code, **facts))


def connection_drift(record: ConnectionRecord, connection: VpcConnection | None) -> Drift | None:
    """What has become of a connection that was there; None where all is well or was never."""
    return drift_of_state(record, connection.state if connection else None)


def drift_of_state(record: ConnectionRecord, state: str | None) -> Drift | None:
    """The same by the *state* that MSK tells; None is one that is not listed."""
    if not record.was_established or (state and state not in DEAD_STATES | {DELETING}):
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
    """The item of what was done about its drifts."""
    return kinds.history_item(
        DriftKind.CONNECTION, record.account, record.vpc_id, record.scheme or ""
    )


def adopt(record: ConnectionRecord, connection: VpcConnection) -> ConnectionRecord:
    """*record* with its *connection*, just made or found; what another's state was is forgotten."""
    if record.connection_arn != connection.arn:
        record = record.with_(connection_arn=connection.arn, connection_state=None, refusal=None)
    return observe(record.with_(hold=None), connection.state)


def put_on_hold(
    record: ConnectionRecord, now: datetime, longest: timedelta
) -> ConnectionRecord | None:
    """*record* waiting until MSK may be asked again; None where it has waited for *longest*."""
    since = record.hold.since if record.hold else now
    if now - since >= longest:
        return None
    held = Hold(since=since, tried=now)
    return record.with_(state=State.CONNECTING, refusal=None, hold=held)


def observe_all(
    records: Iterable[ConnectionRecord],
    states: Mapping[str, str],
    waited_seconds: int,
    now: datetime,
) -> list[ConnectionRecord]:
    """*records* after MSK reported *states* by ARN; one not listed yet is waited for as well."""
    seen = [
        _observe_listed(_try_again(record, now), states.get(record.connection_arn or ""))
        for record in records
    ]
    if waited_seconds < WAIT_LIMIT_SECONDS:
        return seen
    return [time_out(record) if record.state is State.CONNECTING else record for record in seen]


def _try_again(record: ConnectionRecord, now: datetime) -> ConnectionRecord:
    held = record.hold if record.state is State.CONNECTING else None
    if held is None or now - held.tried < timedelta(seconds=WAIT_SECONDS):
        return record
    return record.with_(state=State.PLANNED)


def _observe_listed(record: ConnectionRecord, state: str | None) -> ConnectionRecord:
    if not record.is_live:
        return record
    if state != REJECTED and drift_of_state(record, state):
        return record  # the next look changes it back or leaves it, as the switch says
    if state is None and record.connection_state == DELETING:
        return record.with_(state=State.PLANNED, connection_arn=None, connection_state=None)
    return observe(record, state) if state else record


def accounts_to_reconnect(
    before: Iterable[ConnectionRecord], after: Iterable[ConnectionRecord]
) -> list[str]:
    """Accounts in which a connection that stood in the way has gone just now."""
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
    """Return *record* refused where its connection is not in use yet, or unchanged."""
    if record.state not in {State.CONNECTING, State.CONNECTED}:
        return record
    return record.with_(state=State.FAILED, refusal=refusal)


def time_out(record: ConnectionRecord) -> ConnectionRecord:
    """*record* after its connection took longer than one wait may take."""
    refusal = refuse(
        Code.CONNECTION_TIMED_OUT,
        connection_arn=record.connection_arn,
        state=record.connection_state,
        minutes=WAIT_LIMIT_SECONDS // 60,
    )
    return record.with_(state=State.FAILED, refusal=refusal)
