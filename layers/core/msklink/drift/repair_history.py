"""What was repaired before, and when others change it back too often.

Who changes the same thing back all day is another tool that manages it (Terraform,
CloudFormation); then it is for people to decide.
"""

from datetime import datetime, timedelta

from pydantic import BaseModel

from msklink.drift.kinds import Drift
from msklink.refusals import Code, Refusal, refuse

MOST_REPAIRS = 3
"""In a day; after that somebody else is taken to manage it."""

DAY = timedelta(days=1)


class UnderWay(BaseModel, frozen=True):
    """A repair, noted before it is made, so that it is told also when the run dies of it."""

    drift: Drift
    run: str
    since: datetime


class Memory(BaseModel, frozen=True):
    """What was done about a drift so far."""

    repaired: tuple[datetime, ...] = ()
    """When those were begun that were found in the last day."""
    under_way: UnderWay | None = None
    conflict: bool = False
    """It is left alone until a person deletes this."""
    told: str = ""
    """Of which state people were told that it is left alone."""

    @property
    def is_open(self) -> bool:
        """Whether there is something to tell or forget when the thing is well."""
        return bool(self.under_way or self.told)

    def begun(self, found: Drift, run: str, now: datetime) -> "Memory":
        """With the repair of *found*, which may have been begun by an earlier run."""
        noted = self.under_way or UnderWay(drift=found, run=run, since=now)
        return self.model_copy(update={"under_way": noted})

    def left(self, before: str, now: datetime) -> "Memory":
        """After people were told that it stays as it is: *before* what it should be."""
        return Memory(repaired=self.repaired, conflict=self.is_contested(now), told=before)

    def well(self, now: datetime) -> "Memory":
        """When the thing is as it should be: repaired, or put back by whoever changed it."""
        times = (*self.repaired, self.under_way.since) if self.under_way else self.repaired
        recent = tuple(one for one in times if now - one < DAY)
        return Memory(repaired=recent, conflict=self.conflict)

    def is_contested(self, now: datetime) -> bool:
        """Whether it was changed back too often already."""
        recent = [one for one in self.repaired if now - one < DAY]
        return self.conflict or len(recent) >= MOST_REPAIRS


def left_alone(drift: Drift, *, contested: bool) -> Refusal:
    """Why the drift stays, and what to do about it."""
    code = Code.DRIFT_CONTESTED if contested else Code.DRIFT_LEFT
    return refuse(
        code,
        what=drift.kind.replace("-", " "),
        before=drift.before,
        after=drift.after,
        switch=drift.kind.switch,
        item=drift.item,
    )
