"""The time, asked for in one place, so that it can be moved in tests."""

from datetime import UTC, datetime


def now() -> datetime:
    """An aware time in UTC."""
    return datetime.now(UTC)
