"""Changing back what others have changed, where that is wanted, and telling of it."""

from collections.abc import Collection

from msklink import clock
from msklink.aws import run_state
from msklink.drift import repair_history
from msklink.drift.kinds import Drift, DriftKind
from msklink.drift.maintenance_window import MaintenanceWindow
from msklink.refusals import Refusal
from msklink.services import notifications
from msklink.settings import settings


def repair_refusal(cluster_arn: str, found: Drift) -> Refusal | None:
    """Why the drift *found* is not to be repaired now; None when it is."""
    now, chosen = clock.now(), settings()
    contested = run_state.repair_history(cluster_arn, found.item).is_contested(now)
    window = MaintenanceWindow.parse(chosen.maintenance_window)
    is_time = found.kind is not DriftKind.CONNECTIVITY or window is None or window.is_open(now)
    if chosen.repairs(found.kind) and is_time and not contested:
        return None
    return repair_history.unrepaired_refusal(found, contested=contested)


def needs_run(cluster_arn: str, found: Drift) -> bool:
    """Whether a run would repair the drift *found*, or tell of it."""
    told = run_state.repair_history(cluster_arn, found.item).last_reported_state
    return told != found.before or repair_refusal(cluster_arn, found) is None


def report_unrepaired(cluster_arn: str, run: str, found: Drift, refusal: Refusal) -> None:
    """Tell that the drift *found* stays as it is, once for each state that it is in."""
    memory = run_state.repair_history(cluster_arn, found.item)
    if memory.last_reported_state != found.before:
        notifications.drift_unrepaired(cluster_arn, run, found, refusal)
        left = memory.reported(found.before, clock.now())
        run_state.save_repair_history(cluster_arn, found.item, left)


def record_attempt(cluster_arn: str, run: str, found: Drift) -> None:
    """Note that the drift *found* is about to be repaired, unless a run that died noted it."""
    memory = run_state.repair_history(cluster_arn, found.item)
    if not memory.attempt:
        begun = memory.with_attempt(found, run, clock.now())
        run_state.save_repair_history(cluster_arn, found.item, begun)


def mark_resolved(cluster_arn: str, well: Collection[str]) -> None:
    """
    Tell of repairs that were begun, and count them, now that the things of memories *well* are so.

    What people were told before is forgotten, to be told again when it happens again.
    """
    if not well:
        return
    for item, memory in run_state.repair_histories(cluster_arn).items():
        if item not in well or not memory.is_open:
            continue
        if memory.attempt:
            notifications.drift_repaired(cluster_arn, memory.attempt.run, memory.attempt.drift)
        run_state.save_repair_history(cluster_arn, item, memory.resolved(clock.now()))
