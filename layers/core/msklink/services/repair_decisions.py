"""Decide whether drift is repaired, remember attempts, and report what is not repaired."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from msklink import clock
from msklink.aws import run_state
from msklink.drift.kinds import Drift
from msklink.drift.repair_history import RepairHistory, unrepaired_refusal
from msklink.refusals import Refusal
from msklink.services import notifications
from msklink.settings import settings


@dataclass(frozen=True)
class RepairDecision:
    """Whether one drift is repaired, decided by one reading of its repair history."""

    cluster_arn: str
    found: Drift
    history: RepairHistory

    @cached_property
    def refusal(self) -> Refusal | None:
        """Return why the drift is not repaired now; None where it is."""
        contested = self.history.is_contested(clock.now())
        if settings().repairs(self.found.kind) and not contested:
            return None
        return unrepaired_refusal(self.found, contested=contested)

    @property
    def needs_run(self) -> bool:
        """Return whether a run would repair or report the drift."""
        return not self._is_reported or self.refusal is None

    def report_unrepaired(self, run: str, refusal: Refusal) -> None:
        """Report once for each state of the drift that it is not repaired."""
        if not self._is_reported:
            notifications.drift_unrepaired(self.cluster_arn, run, self.found, refusal)
            self.record_unrepaired()

    def record_unrepaired(self) -> None:
        """
        Record that the drift is not repaired, and count it once for each of its states.

        A contested drift then stays contested. To report it is up to the caller.
        """
        if not self._is_reported:
            notifications.count_unrepaired(self.found)
            self._save(self.history.reported(self.found.before, clock.now()))

    @property
    def _is_reported(self) -> bool:
        return self.history.last_reported_state == self.found.before

    def record_attempt(self, run: str) -> None:
        """Record that a repair begins, unless a run that failed has recorded it."""
        if not self.history.attempt:
            self._save(self.history.with_attempt(self.found, run, clock.now()))

    def _save(self, history: RepairHistory) -> None:
        run_state.save_repair_history(self.cluster_arn, self.found.item, history)


def decide_repair(cluster_arn: str, found: Drift) -> RepairDecision:
    """Decide whether the drift *found* is repaired."""
    return RepairDecision(cluster_arn, found, run_state.repair_history(cluster_arn, found.item))


def mark_resolved(cluster_arn: str, items: Collection[str]) -> None:
    """
    Report and count the begun repairs among *items*, which are in their intended state now.

    The reported state is cleared, so that the next drift is reported again.
    """
    if not items:
        return
    for item, history in run_state.repair_histories(cluster_arn).items():
        if item not in items or not history.is_open:
            continue
        if history.attempt:
            notifications.drift_repaired(cluster_arn, history.attempt.run, history.attempt.drift)
        run_state.save_repair_history(cluster_arn, item, history.resolved(clock.now()))
