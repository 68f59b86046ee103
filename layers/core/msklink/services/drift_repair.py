"""Repair what others have changed, where that is wanted, and report it."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from msklink import clock
from msklink.aws import run_state
from msklink.drift.kinds import Drift, DriftKind
from msklink.drift.maintenance_window import MaintenanceWindow
from msklink.drift.repair_history import RepairHistory, unrepaired_refusal
from msklink.refusals import Refusal
from msklink.services import notifications
from msklink.settings import settings


@dataclass(frozen=True)
class Repair:
    """What is to be done about one drift, by one reading of its history."""

    cluster_arn: str
    found: Drift
    history: RepairHistory

    @cached_property
    def refusal(self) -> Refusal | None:
        """Why the drift is not to be repaired now; None when it is."""
        now, chosen = clock.now(), settings()
        window = MaintenanceWindow.parse(chosen.maintenance_window)
        reboots = self.found.kind is DriftKind.CONNECTIVITY
        is_time = not reboots or window is None or window.is_open(now)
        contested = self.history.is_contested(now)
        if chosen.repairs(self.found.kind) and is_time and not contested:
            return None
        return unrepaired_refusal(self.found, contested=contested)

    @property
    def needs_run(self) -> bool:
        """Whether a run would repair the drift, or report it."""
        return self.history.last_reported_state != self.found.before or self.refusal is None

    def report_unrepaired(self, run: str, refusal: Refusal) -> None:
        """Report that the drift stays as it is, once for each state that it is in."""
        if self.history.last_reported_state != self.found.before:
            notifications.drift_unrepaired(self.cluster_arn, run, self.found, refusal)
            self._save(self.history.reported(self.found.before, clock.now()))

    def record_attempt(self, run: str) -> None:
        """Record that the drift is about to be repaired, unless a run that died did."""
        if not self.history.attempt:
            self._save(self.history.with_attempt(self.found, run, clock.now()))

    def _save(self, history: RepairHistory) -> None:
        run_state.save_repair_history(self.cluster_arn, self.found.item, history)


def repair_of(cluster_arn: str, found: Drift) -> Repair:
    """Return what is to be done about the drift *found*."""
    return Repair(cluster_arn, found, run_state.repair_history(cluster_arn, found.item))


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
