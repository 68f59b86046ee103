"""What was repaired before, and when others change it back too often.

Who changes the same thing back all day is another tool that manages it (Terraform,
CloudFormation); then it is for people to decide.
"""

from datetime import datetime, timedelta

from pydantic import BaseModel

from msklink.drift.kinds import Drift
from msklink.refusals import Code, Refusal, refuse

MAX_REPAIRS_A_DAY = 3
"""In a day; after that somebody else is taken to manage it."""

DAY = timedelta(days=1)


class RepairAttempt(BaseModel, frozen=True):
    """A repair, noted before it is made, so that it is told also when the run dies of it."""

    drift: Drift
    run: str
    since: datetime


class RepairHistory(BaseModel, frozen=True):
    """What was done about a drift so far."""

    repaired_at: tuple[datetime, ...] = ()
    """When those were begun that were found in the last day."""
    attempt: RepairAttempt | None = None
    contested: bool = False
    """It is left alone until a person deletes this."""
    last_reported_state: str = ""
    """Of which state people were told that it is left alone."""

    @property
    def is_open(self) -> bool:
        """Whether there is something to tell or forget when the thing is well."""
        return bool(self.attempt or self.last_reported_state)

    def with_attempt(self, found: Drift, run: str, now: datetime) -> "RepairHistory":
        """With the repair of *found*, which may have been begun by an earlier run."""
        noted = self.attempt or RepairAttempt(drift=found, run=run, since=now)
        return self.model_copy(update={"attempt": noted})

    def reported(self, before: str, now: datetime) -> "RepairHistory":
        """After people were told that it stays as it is: *before* what it should be."""
        return RepairHistory(
            repaired_at=self.repaired_at,
            contested=self.is_contested(now),
            last_reported_state=before,
        )

    def resolved(self, now: datetime) -> "RepairHistory":
        """When the thing is as it should be: repaired, or put back by whoever changed it."""
        times = (*self.repaired_at, self.attempt.since) if self.attempt else self.repaired_at
        recent = tuple(one for one in times if now - one < DAY)
        return RepairHistory(repaired_at=recent, contested=self.contested)

    def is_contested(self, now: datetime) -> bool:
        """Whether it was changed back too often already."""
        recent = [one for one in self.repaired_at if now - one < DAY]
        return self.contested or len(recent) >= MAX_REPAIRS_A_DAY


def unrepaired_refusal(drift: Drift, *, contested: bool) -> Refusal:
    """Why the drift stays, and what to do about it."""
    code = Code.DRIFT_CONTESTED if contested else Code.DRIFT_LEFT
    return refuse(
        code,
        what=drift.kind.replace("-", " "),
        before=drift.before,
        after=drift.after,
        kind=drift.kind,
        item=drift.item,
    )
