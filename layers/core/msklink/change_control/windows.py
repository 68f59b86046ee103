"""Maintenance windows: the hours of the week in which an update may reboot brokers.

A window is written in the characters of MSK's tags: `sun 0200-sun 0500`, several separated by
` / `, and at the end an IANA time zone if it is not UTC. The form of RDS and ElastiCache,
`sun:02:00-sun:05:00`, means the same.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEK = timedelta(days=7)

_POINT = r"(mon|tue|wed|thu|fri|sat|sun)[ :]([01]\d|2[0-4]):?([0-5]\d)"
_WINDOW = re.compile(rf"{_POINT} *- *{_POINT}", re.IGNORECASE)

LATE_START = timedelta(minutes=10)
"""How long after the beginning of a window an update may begin that then does not fit into it.

EventBridge Scheduler is precise to a minute, and a run surveys all clients first.
"""


class MalformedWindow(ValueError):
    """The text is not a window; the message says which part."""


@dataclass(frozen=True)
class WeeklyWindow:
    """One window of each week, as offsets from Monday 00:00 in the local time of *zone*."""

    start: timedelta
    end: timedelta
    """Later than *start*: a window over Sunday night ends after more than seven days."""
    zone: tzinfo

    @property
    def length(self) -> timedelta:
        """The length by the clock on the wall, in a week without a change of time."""
        return self.end - self.start

    def after(self, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        """
        Yield start and end, in UTC, of the windows that end after *now*, for the next four weeks.

        In a night in which the clocks change, a window lasts as long as every reading of its times
        allows. It begins at the later reading and ends at the earlier one. So a window within the
        skipped hour does not take place. One within the repeated hour takes place once, first.
        """
        local = now.astimezone(self.zone)
        monday = datetime.combine(local.date() - timedelta(days=local.weekday()), time())
        for week in range(-1, 5):
            start = self._readings(monday + week * WEEK + self.start)
            end = self._readings(monday + week * WEEK + self.end)
            is_repeated = start[0] < start[1]
            begins, ends = max(start), min(end)
            if begins >= ends and is_repeated:
                begins, ends = start[0], end[0]
            if begins < ends and ends > now:
                yield begins, ends

    def _readings(self, local: datetime) -> tuple[datetime, datetime]:
        """Return both readings of a *local* time in UTC, which differ where the clocks change."""
        first, second = (
            local.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1)
        )
        return first, second


@dataclass(frozen=True)
class Opening:
    """The next time at which an update may begin."""

    start: datetime
    is_too_short: bool = False
    """Whether no window is long enough, so that the update may still run after its end."""


@dataclass(frozen=True)
class MaintenanceWindows:
    """The windows of a cluster; none of them means always."""

    windows: tuple[WeeklyWindow, ...] = ()

    @property
    def zone(self) -> tzinfo:
        """The time zone of their times."""
        return self.windows[0].zone if self.windows else UTC

    @classmethod
    def parse(cls, text: str) -> "MaintenanceWindows":
        """Read *text*, `always` or windows; raise MalformedWindow if it is neither."""
        if text.strip().lower() == "always":
            return cls()
        *others, last = re.split(r" +/ +", text.strip())
        zone: tzinfo = UTC
        if (found := _WINDOW.match(last)) and (name := last[found.end() :].strip()):
            zone, last = _zone(name), last[: found.end()]
        return cls(tuple(_window(one, zone) for one in (*others, last)))

    def next_opening(self, needed: timedelta, now: datetime) -> Opening:
        """
        Return when an update that takes *needed* may begin: now, or at the start of a window.

        It must be expected to end within the window, if it begins with it: it may also begin up to
        LATE_START later. Where no window is long enough, that is so for the longest.
        """
        if not self.windows:
            return Opening(now)
        longest = max(one.length for one in self.windows)
        is_too_short = needed > longest
        usable = [one for one in self.windows if one.length >= min(needed, longest)]
        starts = [
            max(begins, now)
            for window in usable
            for begins, ends in window.after(now)
            if max(begins, now) <= _latest_start(begins, ends, needed)
            and (is_too_short or needed <= ends - begins)
        ]
        return Opening(min(starts), is_too_short)


ALWAYS = MaintenanceWindows()


def _latest_start(begins: datetime, ends: datetime, needed: timedelta) -> datetime:
    late_start = min(LATE_START, (ends - begins) / 2)
    return max(begins + late_start, ends - needed)


def _window(text: str, zone: tzinfo) -> WeeklyWindow:
    match = _WINDOW.fullmatch(text.strip())
    if not match:
        raise MalformedWindow(f"{text.strip()!r} is not like sun 0200-sun 0500")
    start, end = _since_monday(*match.groups()[:3]), _since_monday(*match.groups()[3:])
    if start == end:
        raise MalformedWindow(f"{text.strip()!r} ends when it begins")
    return WeeklyWindow(start, end if end > start else end + WEEK, zone)


def _since_monday(day: str, hours: str, minutes: str) -> timedelta:
    since = timedelta(hours=int(hours), minutes=int(minutes))
    if since > timedelta(days=1):
        raise MalformedWindow(f"there is no time {hours}{minutes}")
    return timedelta(days=DAYS.index(day.lower())) + since


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise MalformedWindow(f"{name!r} is not an IANA time zone") from error
