"""Maintenance windows: their text, and when an update may begin, also when the clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msklink.change_control.windows import (
    DAYS,
    LATE_START,
    MaintenanceWindows,
    MalformedWindow,
)

HOUR = timedelta(hours=1)
SUNDAY = "sun 0200-sun 0500"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def opening(text: str, now: str, needed: timedelta = HOUR) -> str:
    found = MaintenanceWindows.parse(text).next_opening(needed, at(now))
    return f"{found.start:%Y-%m-%d %H:%M}" + (" too short" if found.is_too_short else "")


# 2026-03-01 is a Sunday
@pytest.mark.parametrize(
    ("text", "now", "expected"),
    [
        ("always", "2026-03-04 12:00", "2026-03-04 12:00"),
        (SUNDAY, "2026-03-04 12:00", "2026-03-08 02:00"),
        (SUNDAY, "2026-03-08 02:30", "2026-03-08 02:30"),
        (SUNDAY, "2026-03-08 04:00", "2026-03-08 04:00"),  # it ends just in time
        (SUNDAY, "2026-03-08 04:01", "2026-03-15 02:00"),  # it would end too late
        ("sun:02:00-sun:05:00", "2026-03-04 12:00", "2026-03-08 02:00"),
        ("SUN 0200 - Sun 0500", "2026-03-04 12:00", "2026-03-08 02:00"),
        ("sun 2200-mon 0200", "2026-03-02 00:30", "2026-03-02 00:30"),  # over the end of the week
        ("sat 2200-sat 2400", "2026-03-04 12:00", "2026-03-07 22:00"),
        (f"{SUNDAY} / thu 0100-thu 0400", "2026-03-04 12:00", "2026-03-05 01:00"),
        (f"{SUNDAY} Europe/Berlin", "2026-02-04 12:00", "2026-02-08 01:00"),
        (f"{SUNDAY} Europe/Berlin", "2026-07-01 12:00", "2026-07-05 00:00"),
        (f"{SUNDAY} America/Argentina/Buenos_Aires", "2026-07-01 12:00", "2026-07-05 05:00"),
        # One that is too short for the update is passed over, if another is long enough.
        ("mon 0100-mon 0130 / tue 0100-tue 0400", "2026-03-01 12:00", "2026-03-03 01:00"),
    ],
)
def test_an_update_begins_in_the_next_window_in_which_it_is_expected_to_end(
    text: str, now: str, expected: str
) -> None:
    assert opening(text, now) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-04 12:00", "2026-03-08 02:00 too short"),
        ("2026-03-08 02:10", "2026-03-08 02:10 too short"),
        ("2026-03-08 02:11", "2026-03-15 02:00 too short"),
    ],
)
def test_where_no_window_is_long_enough_it_begins_at_the_beginning_of_the_longest(
    now: str, expected: str
) -> None:
    text = f"thu 0100-thu 0200 / {SUNDAY}"

    assert opening(text, now, needed=timedelta(hours=9)) == expected


@pytest.mark.parametrize(
    ("text", "now", "expected"),
    [
        # In Berlin 2026-03-29 02:00 is followed by 03:00, which is 01:00 UTC.
        ("sun 0200-sun 0500", "2026-03-28 12:00", "2026-03-29 01:00"),
        ("sun 0230-sun 0600", "2026-03-28 12:00", "2026-03-29 01:30"),
        ("sun 0200-sun 0300", "2026-03-28 12:00", "2026-04-05 00:00"),  # does not take place
        ("sun 0215-sun 0245", "2026-03-28 12:00", "2026-04-05 00:15"),
        # In Berlin 2026-10-25 03:00 is followed by 02:00, which is 01:00 UTC.
        ("sun 0200-sun 0600", "2026-10-24 12:00", "2026-10-25 01:00"),
        ("sun 0200-sun 0245", "2026-10-24 12:00", "2026-10-25 00:00"),  # the first of the two
        ("sun 0100-sun 0230", "2026-10-24 12:00", "2026-10-24 23:00"),
    ],
)
def test_when_the_clocks_change_a_window_lasts_as_long_as_every_reading_allows(
    text: str, now: str, expected: str
) -> None:
    assert opening(f"{text} Europe/Berlin", now, timedelta(minutes=10)) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-04 12:00", "2026-03-08 02:00"),
        ("2026-03-08 02:10", "2026-03-08 02:10"),  # a run does not begin on the second
        ("2026-03-08 02:11", "2026-03-15 02:00"),
    ],
)
def test_a_window_that_is_just_long_enough_is_used_in_its_first_ten_minutes(
    now: str, expected: str
) -> None:
    assert opening(SUNDAY, now, needed=timedelta(hours=3)) == expected


def test_a_window_that_the_clocks_shorten_is_not_used_for_what_no_longer_fits() -> None:
    text, three_hours = "sun 0130-sun 0530 Europe/Berlin", timedelta(hours=3, minutes=15)

    assert opening(text, "2026-03-28 12:00", three_hours) == "2026-04-04 23:30"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "'' is not like"),
        ("sometimes", "'sometimes' is not like"),
        ("sun 0200", "'sun 0200' is not like"),
        ("sun 0200-sun 2500", "is not like"),
        ("sun 0200-sun 2430", "there is no time 2430"),
        ("son 0200-son 0500", "is not like"),
        ("sun 0200-sun 0200", "ends when it begins"),
        (f"{SUNDAY} / sun", "is not like"),
        (f"{SUNDAY} Europe/Paradise", "'Europe/Paradise' is not an IANA time zone"),
        (f"{SUNDAY} /etc/passwd", "'/etc/passwd' is not an IANA time zone"),
        (f"{SUNDAY} ../../etc/passwd", "is not an IANA time zone"),
        (f"{SUNDAY} Europe", "'Europe' is not an IANA time zone"),
        (f"always / {SUNDAY}", "'always' is not like"),
    ],
)
def test_a_text_that_is_no_window_is_refused(text: str, problem: str) -> None:
    with pytest.raises(MalformedWindow, match=problem.replace("(", r"\(")):
        MaintenanceWindows.parse(text)


points = st.builds(
    "{} {:02}{:02}".format,
    st.sampled_from(DAYS),
    st.integers(0, 23),
    st.sampled_from((0, 15, 30)),
)
zones = st.sampled_from(("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"))
texts = st.builds("{}-{} {}".format, points, points, zones)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))


@given(texts, moments, st.integers(1, 600))
def test_an_opening_is_within_the_window_by_the_clock_on_the_wall(
    text: str, now: datetime, minutes: int
) -> None:
    try:
        windows = MaintenanceWindows.parse(text)
    except MalformedWindow:
        return  # it ends when it begins
    [window] = windows.windows

    found = windows.next_opening(timedelta(minutes=minutes), now)

    assert found.start >= now
    local = found.start.astimezone(window.zone)
    since_monday = timedelta(
        days=local.weekday(), hours=local.hour, minutes=local.minute, seconds=local.second
    )
    wrapped = since_monday + timedelta(days=7)
    inside = window.start <= since_monday < window.end or window.start <= wrapped < window.end
    assert inside, f"{local} is not in {text}"
    assert windows.next_opening(timedelta(minutes=minutes), found.start).start == found.start


@given(moments)
def test_an_update_that_does_not_fit_begins_in_the_first_half_hour(now: datetime) -> None:
    windows = MaintenanceWindows.parse(f"{SUNDAY} Europe/Berlin")

    found = windows.next_opening(timedelta(hours=9), now)

    local = found.start.astimezone(ZoneInfo("Europe/Berlin"))
    begins = local.replace(hour=2, minute=0, second=0, microsecond=0)
    assert found.is_too_short
    assert local - begins <= LATE_START or local.hour == 3  # where the clocks skip an hour
