"""The maintenance window, in which brokers may be rebooted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class MaintenanceWindow:
    """Hours of the week in UTC in which brokers may be rebooted for a repair."""

    start: timedelta
    end: timedelta

    @classmethod
    def parse(cls, text: str) -> "MaintenanceWindow | None":
        """Read `sun:02:00-sun:05:00`, RDS's format; None for an empty text, which means always."""
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
