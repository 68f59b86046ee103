"""
What others have changed of what MSKLink made, and whether it is changed back.

Parameter `Repair` of the owner stack names the kinds that are. What changes the same thing back all
day is another tool that manages it (Terraform, CloudFormation); then people have to decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel

from msklink.refusals import Code, Refusal, refuse


class Kind(StrEnum):
    """What can drift, in the words of parameter `Repair` of the owner stack."""

    CONNECTION = "connection"
    POLICY = "policy"
    PARAMETERS = "parameters"
    SECURITY_GROUP = "security-group"
    CONNECTIVITY = "connectivity"
    ENDPOINT_TAGS = "endpoint-tags"
    """Never repaired: what removes tags would do it again."""


REPAIRABLE = tuple(kind for kind in Kind if kind is not Kind.ENDPOINT_TAGS)

MOST_REPAIRS = 3
"""In a day; after that somebody else is taken to manage it."""

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Drift:
    """One thing that is not as it was left: what it is now, and what it is to be."""

    kind: Kind
    before: str
    after: str
    account: str = ""
    vpc_id: str = ""
    scheme: str = ""

    @property
    def item(self) -> str:
        """The sort key of its memory in the table."""
        return memory_of(self.kind, self.account, self.vpc_id, self.scheme)


MEMORIES = "drift#"
"""What the sort keys of all memories begin with."""


def memory_of(kind: Kind, account: str = "", vpc_id: str = "", scheme: str = "") -> str:
    """The sort key of the memory of one thing that can drift."""
    return f"{MEMORIES}{'#'.join((kind, account, vpc_id, scheme))}".rstrip("#")


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
        kind=drift.kind,
        item=drift.item,
    )


@dataclass(frozen=True)
class Window:
    """Hours of the week in UTC in which brokers may be rebooted to repair something."""

    start: timedelta
    end: timedelta

    @classmethod
    def parse(cls, text: str) -> "Window | None":
        """`sun:02:00-sun:05:00`, as RDS writes it; None for empty text, which means always."""
        if not text:
            return None
        start, end = (_since_monday(part) for part in text.lower().split("-"))
        return cls(start, end)

    def is_open(self, now: datetime) -> bool:
        into = timedelta(days=now.weekday(), hours=now.hour, minutes=now.minute, seconds=now.second)
        if self.start <= self.end:
            return self.start <= into < self.end
        return into >= self.start or into < self.end


DAYS: Sequence[str] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _since_monday(text: str) -> timedelta:
    day, hours, minutes = text.strip().split(":")
    return timedelta(days=DAYS.index(day), hours=int(hours), minutes=int(minutes))
