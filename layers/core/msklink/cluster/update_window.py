"""Decide when to inspect a cluster again that MSK is updating.

MSK sends no event at the end of an update (EventBridge reference, MSK), so MSKLink polls. Each
inspection costs three state transitions; a late one makes the clients wait.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class PastUpdate:
    """A completed operation on a cluster, with its duration."""

    kind: str
    seconds: float


CONNECTIVITY = "UPDATE_CONNECTIVITY"
ROLLING = frozenset(
    {
        CONNECTIVITY,
        "UPDATE_SECURITY",
        "UPDATE_CLUSTER_CONFIGURATION",
        "UPDATE_CLUSTER_KAFKA_VERSION",
        "UPDATE_BROKER_TYPE",
    }
)
"""Operations that restart the brokers one after another (MSK developer guide)."""

SPARSE_SECONDS = 300
CLOSE_SECONDS = 30
LATE_SECONDS = 60

LIMIT_SECONDS = 4 * 3600
BROKER_SECONDS = (5 * 60, 15 * 60)
"""Duration of a rolling restart per Standard broker (AWS's agent toolkit, MSK skill)."""

# Reported: "up to 30 minutes or more" (MSK page), 30 to 60 minutes (ACK's tests), 75 minutes
# (Terraform provider issue 34419), two hours at most in practice.
DEFAULT_WINDOW = (27 * 60, 120 * 60)

USUAL_SECONDS = 75 * 60
"""A long update of connectivity as users report it (Terraform provider issue 34419)."""

UNKNOWN_WINDOW = (0, 0)
"""For an update that others started at an unknown time: inspected once a minute."""


def expected_window(past: Iterable[PastUpdate], brokers: int) -> tuple[int, int]:
    """
    Return between which seconds after its start an update of connectivity is expected to end.

    The times are those of past updates of connectivity on this cluster or, without one, of other
    rolling restarts, with a margin of a tenth on both sides. Without either, they depend on the
    number of its *brokers*.
    """
    alike = _comparable(past)
    if not alike:
        quickest, slowest = BROKER_SECONDS
        earliest, latest = DEFAULT_WINDOW
        return max(earliest, quickest * brokers), max(latest, slowest * brokers)
    seconds = [update.seconds for update in alike]
    return int(min(seconds) * 0.9), int(max(seconds) * 1.1)


def planned_seconds(past: Iterable[PastUpdate], brokers: int) -> int:
    """Return the seconds that an update of connectivity needs in a maintenance window."""
    alike = _comparable(past)
    return (
        expected_window(alike, brokers)[1]
        if alike
        else max(USUAL_SECONDS, BROKER_SECONDS[1] * brokers)
    )


def _comparable(past: Iterable[PastUpdate]) -> list[PastUpdate]:
    """Return the past updates of connectivity or, without one, the other rolling restarts."""
    rolling = [update for update in past if update.kind in ROLLING]
    return [update for update in rolling if update.kind == CONNECTIVITY] or rolling


def limit_seconds(expected: tuple[int, int], brokers: int) -> int:
    """
    Return the seconds to wait before the run fails, because MSK does not end the update.

    Twice AWS's time for so many *brokers*, twice the *expected* time, and at least four hours.
    """
    return 2 * max(LIMIT_SECONDS // 2, expected[1], BROKER_SECONDS[1] * brokers)


def wait_seconds(waited_seconds: int, expected: tuple[int, int], brokers: int) -> int:
    """
    Return the seconds until the next inspection, *waited_seconds* after the start.

    Waits are long before the update can end, short while it is expected to end, and longer again
    when it is late. The waits of a long update are longer, so that it takes no more inspections
    than that of a small cluster (`runs.lease.EVENTS_PER_ROUND`).
    """
    earliest, latest = expected
    if waited_seconds < earliest:
        return min(max(SPARSE_SECONDS, earliest // 20), earliest - waited_seconds)
    if waited_seconds < latest:
        return max(CLOSE_SECONDS, (latest - earliest) // 186)
    return max(LATE_SECONDS, limit_seconds(expected, brokers) // 240)
