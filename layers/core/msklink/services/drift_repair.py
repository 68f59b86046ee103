"""Changing back what others have changed, where that is wanted, and telling of it."""

from collections.abc import Collection

from msklink import clock
from msklink.aws import run_state
from msklink.drift import repair_history
from msklink.drift.kinds import Drift, Kind
from msklink.drift.maintenance_window import Window
from msklink.refusals import Refusal
from msklink.services import notifications
from msklink.settings import settings


def why_not(cluster_arn: str, found: Drift) -> Refusal | None:
    """Why the drift *found* is not to be repaired now; None when it is."""
    now, chosen = clock.now(), settings()
    contested = run_state.drift_memory(cluster_arn, found.item).is_contested(now)
    window = Window.parse(chosen.maintenance_window)
    is_time = found.kind is not Kind.CONNECTIVITY or window is None or window.is_open(now)
    if chosen.repairs(found.kind) and is_time and not contested:
        return None
    return repair_history.left_alone(found, contested=contested)


def is_news(cluster_arn: str, found: Drift) -> bool:
    """Whether a run would repair the drift *found*, or tell of it."""
    told = run_state.drift_memory(cluster_arn, found.item).told
    return told != found.before or why_not(cluster_arn, found) is None


def leave_alone(cluster_arn: str, run: str, found: Drift, refusal: Refusal) -> None:
    """Tell that the drift *found* stays as it is, once for each state that it is in."""
    memory = run_state.drift_memory(cluster_arn, found.item)
    if memory.told != found.before:
        notifications.drift_left_alone(cluster_arn, run, found, refusal)
        left = memory.left(found.before, clock.now())
        run_state.remember_drift(cluster_arn, found.item, left)


def begin(cluster_arn: str, run: str, found: Drift) -> None:
    """Note that the drift *found* is about to be repaired, unless a run that died noted it."""
    memory = run_state.drift_memory(cluster_arn, found.item)
    if not memory.under_way:
        begun = memory.begun(found, run, clock.now())
        run_state.remember_drift(cluster_arn, found.item, begun)


def settle(cluster_arn: str, well: Collection[str]) -> None:
    """
    Tell of repairs that were begun, and count them, now that the things of memories *well* are so.

    What people were told before is forgotten, to be told again when it happens again.
    """
    if not well:
        return
    for item, memory in run_state.drift_memories(cluster_arn).items():
        if item not in well or not memory.is_open:
            continue
        if memory.under_way:
            notifications.drift_repaired(cluster_arn, memory.under_way.run, memory.under_way.drift)
        run_state.remember_drift(cluster_arn, item, memory.well(clock.now()))
