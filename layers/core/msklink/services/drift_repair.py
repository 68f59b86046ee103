"""Repair what others have changed, where that is wanted, and report it."""

from collections.abc import Collection

from msklink import clock
from msklink.aws import run_state
from msklink.drift.kinds import Drift, DriftKind
from msklink.drift.maintenance_window import MaintenanceWindow
from msklink.drift.repair_history import RepairHistory, unrepaired_refusal
from msklink.refusals import Refusal
from msklink.services import notifications
from msklink.settings import settings


def repair_refusal(cluster_arn: str, found: Drift) -> Refusal | None:
    """Why the drift *found* is not to be repaired now; None when it is."""
    return _repair_refusal(found, run_state.repair_history(cluster_arn, found.item))


def _repair_refusal(found: Drift, history: RepairHistory) -> Refusal | None:
    now, chosen = clock.now(), settings()
    window = MaintenanceWindow.parse(chosen.maintenance_window)
    is_time = found.kind is not DriftKind.CONNECTIVITY or window is None or window.is_open(now)
    contested = history.is_contested(now)
    if chosen.repairs(found.kind) and is_time and not contested:
        return None
    return unrepaired_refusal(found, contested=contested)


def needs_run(cluster_arn: str, found: Drift) -> bool:
    """Whether a run would repair the drift *found*, or report it."""
    history = run_state.repair_history(cluster_arn, found.item)
    is_new = history.last_reported_state != found.before
    return is_new or _repair_refusal(found, history) is None


def report_unless_repaired(cluster_arn: str, run: str, found: Drift) -> Refusal | None:
    """Return why *found* is not to be repaired now, having reported that; None when it is."""
    history = run_state.repair_history(cluster_arn, found.item)
    refusal = _repair_refusal(found, history)
    if refusal:
        _report(cluster_arn, run, found, refusal, history)
    return refusal


def report_unrepaired(cluster_arn: str, run: str, found: Drift, refusal: Refusal) -> None:
    """Report that the drift *found* stays as it is, once for each state that it is in."""
    history = run_state.repair_history(cluster_arn, found.item)
    _report(cluster_arn, run, found, refusal, history)


def _report(
    cluster_arn: str, run: str, found: Drift, refusal: Refusal, history: RepairHistory
) -> None:
    if history.last_reported_state != found.before:
        notifications.drift_unrepaired(cluster_arn, run, found, refusal)
        reported = history.reported(found.before, clock.now())
        run_state.save_repair_history(cluster_arn, found.item, reported)


def record_attempt(cluster_arn: str, run: str, found: Drift) -> None:
    """Record that the drift *found* is about to be repaired, unless a run that died did."""
    history = run_state.repair_history(cluster_arn, found.item)
    if not history.attempt:
        attempted = history.with_attempt(found, run, clock.now())
        run_state.save_repair_history(cluster_arn, found.item, attempted)


def mark_resolved(cluster_arn: str, items: Collection[str]) -> None:
    """
    Report and count the repairs that were begun of *items*, which are as they should be now.

    What people were told before is forgotten, to be reported again when it happens again.
    """
    if not items:
        return
    for item, history in run_state.repair_histories(cluster_arn).items():
        if item not in items or not history.is_open:
            continue
        if history.attempt:
            notifications.drift_repaired(cluster_arn, history.attempt.run, history.attempt.drift)
        run_state.save_repair_history(cluster_arn, item, history.resolved(clock.now()))
