"""The phases of an onboarding: what a connection is waiting for, since when, and for how long."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msklink.connections.record import ConnectionRecord, Phase, Progress, State


def phase_of(record: ConnectionRecord) -> Phase | None:
    """
    Return the phase of *record*; None where nothing is in progress for it.

    A connection is granted once MSK creates it: until then the policy may not apply yet.
    """
    match record.state:
        case State.WAITING:
            return Phase.HELD
        case State.PLANNED if record.enabled_by:
            return Phase.ENABLING
        case State.PLANNED | State.CONNECTING if not record.connection_arn:
            return Phase.GRANTING
        case State.PLANNED | State.CONNECTING:
            return Phase.CONNECTING
        case State.CONNECTED:
            return Phase.PUBLISHING
    return None


def with_progress(
    before: Iterable[ConnectionRecord], after: Iterable[ConnectionRecord], now: datetime
) -> list[ConnectionRecord]:
    """Return *after* with their progress since *before*."""
    known = {record.item: record for record in before}
    return [_advance(known.get(record.item), record, now) for record in after]


def _advance(
    before: ConnectionRecord | None, after: ConnectionRecord, now: datetime
) -> ConnectionRecord:
    phase, now = phase_of(after), now.replace(microsecond=0)  # people read it
    if phase is None:
        return after.with_(progress=None)
    progress = before.progress if before else None
    if progress is None:
        # Where a connection worked or failed before, nobody has asked for it just now.
        is_new = before is None or not (before.is_live or before.connection_arn)
        since = after.requested_at.replace(microsecond=0) if is_new else now
        progress = Progress(phase=Phase.ASKED, since=since)
    if progress.phase is phase:
        return after.with_(progress=progress)
    started = Progress(
        phase=phase,
        since=now,
        expected=after.enabled_by if phase is Phase.ENABLING else None,
        seconds=seconds_by_phase(progress, now),
    )
    return after.with_(progress=started)


def seconds_by_phase(progress: Progress, now: datetime) -> dict[Phase, int]:
    """Return the seconds of every phase, with the present one until *now*."""
    spent = round((now - progress.since).total_seconds())
    return {**progress.seconds, progress.phase: progress.seconds.get(progress.phase, 0) + spent}


def time_in_progress(record: ConnectionRecord, now: datetime) -> timedelta | None:
    """
    Return how long MSKLink has worked on *record*; None where nothing is in progress for it.

    The time in which it waited for the owner does not count, nor the time before it was first in
    progress: until then it may have been refused.
    """
    if record.progress is None or not record.wanted or phase_of(record) is None:
        return None
    seconds = seconds_by_phase(record.progress, now)
    return timedelta(
        seconds=sum(seconds[phase] for phase in seconds if phase not in {Phase.ASKED, Phase.HELD})
    )
