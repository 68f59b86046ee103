"""Changing back what others have changed, where that is wanted, and telling of it."""

from msklink import clock, drift, telling
from msklink.aws import memories
from msklink.drift import Drift, Kind, Window
from msklink.refusals import Refusal
from msklink.settings import settings


def why_not(cluster_arn: str, found: Drift) -> Refusal | None:
    """Why the drift *found* is not to be repaired now; None when it is."""
    now, chosen = clock.now(), settings()
    contested = memories.drift_memory(cluster_arn, found.item).is_contested(now)
    window = Window.parse(chosen.maintenance_window)
    is_time = found.kind is not Kind.CONNECTIVITY or window is None or window.is_open(now)
    if chosen.repairs(found.kind) and is_time and not contested:
        return None
    return drift.left_alone(found, contested=contested)


def is_news(cluster_arn: str, found: Drift) -> bool:
    """Whether a run would repair the drift *found*, or tell of it."""
    told = memories.drift_memory(cluster_arn, found.item).told
    return told != found.before or why_not(cluster_arn, found) is None


def leave_alone(cluster_arn: str, run: str, found: Drift, refusal: Refusal) -> None:
    """Tell that the drift *found* stays as it is, once for each state that it is in."""
    memory = memories.drift_memory(cluster_arn, found.item)
    if memory.told != found.before:
        telling.drift_left_alone(cluster_arn, run, found, refusal)
        remember = {"told": found.before, "conflict": memory.is_contested(clock.now())}
        memories.remember_drift(cluster_arn, found.item, memory.model_copy(update=remember))


def repaired(cluster_arn: str, run: str, found: Drift) -> None:
    """Tell that the drift *found* was repaired, and count it."""
    telling.drift_repaired(cluster_arn, run, found)
    memory = memories.drift_memory(cluster_arn, found.item)
    memories.remember_drift(cluster_arn, found.item, memory.after_repair(clock.now()))
