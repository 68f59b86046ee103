"""The history of repairs of one drift, by which contested repairs end.

If others change the same thing again and again, another tool manages it (Terraform,
CloudFormation). Then people have to decide.
"""

from datetime import datetime, timedelta

from pydantic import BaseModel

from msklink.drift.kinds import Drift
from msklink.refusals import Code, Refusal, refuse

MAX_REPAIRS_A_DAY = 3
"""The limit; after that the drift is contested."""

DAY = timedelta(days=1)


class RepairAttempt(BaseModel, frozen=True):
    """A repair, recorded before it begins, so that it is reported even if the run fails."""

    drift: Drift
    run: str
    since: datetime


class RepairHistory(BaseModel, frozen=True):
    """The repairs of one drift."""

    repaired_at: tuple[datetime, ...] = ()
    """Start times of the repairs of the last day."""
    attempt: RepairAttempt | None = None
    contested: bool = False
    """Not repaired any more until a person deletes this item."""
    last_reported_state: str = ""
    """The state of the drift for which it was last reported as not repaired."""

    @property
    def is_open(self) -> bool:
        """Whether there is something to report or to clear once the drift is resolved."""
        return bool(self.attempt or self.last_reported_state)

    def with_attempt(self, found: Drift, run: str, now: datetime) -> "RepairHistory":
        """Return the history with the repair of *found*, unless an earlier run has begun it."""
        attempt = self.attempt or RepairAttempt(drift=found, run=run, since=now)
        return self.model_copy(update={"attempt": attempt})

    def reported(self, before: str, now: datetime) -> "RepairHistory":
        """Return the history after the report that the drift is not repaired in state *before*."""
        return RepairHistory(
            repaired_at=self.repaired_at,
            contested=self.is_contested(now),
            last_reported_state=before,
        )

    def resolved(self, now: datetime) -> "RepairHistory":
        """Return the history after the drift ended: by our repair, or by the change of others."""
        times = (*self.repaired_at, self.attempt.since) if self.attempt else self.repaired_at
        recent = tuple(one for one in times if now - one < DAY)
        return RepairHistory(repaired_at=recent, contested=self.contested)

    def is_contested(self, now: datetime) -> bool:
        """Return whether it was repaired too often already."""
        recent = [one for one in self.repaired_at if now - one < DAY]
        return self.contested or len(recent) >= MAX_REPAIRS_A_DAY


def unrepaired_refusal(drift: Drift, *, contested: bool) -> Refusal:
    """Return why the drift is not repaired, and what to do about it."""
    code = Code.DRIFT_CONTESTED if contested else Code.DRIFT_LEFT
    return refuse(
        code,
        what=drift.kind.replace("-", " "),
        before=drift.before,
        after=drift.after,
        kind=drift.kind,
        item=drift.item,
    )
