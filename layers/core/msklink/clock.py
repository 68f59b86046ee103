"""The current time, read in one place so that tests can set it."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the time in UTC, with its time zone."""
    return datetime.now(UTC)
