"""When to look again at a cluster that MSK is updating.

MSK sends no event at the end of an update (EventBridge reference, MSK), so it is asked. A look
costs three state transitions; looking late costs the clients the time until the next look.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class PastUpdate:
    """An operation that MSK has completed on a cluster, and how long it took."""

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
"""Operations that restart one broker after the other (MSK developer guide)."""

SPARSE_SECONDS = 300
CLOSE_SECONDS = 30
LATE_SECONDS = 60

LIMIT_SECONDS = 4 * 3600
BROKER_SECONDS = (5 * 60, 15 * 60)
"""How long a rolling restart takes for each Standard broker (AWS's agent toolkit, MSK skill)."""

# Reported: "up to 30 minutes or more" (MSK page), 30 to 60 minutes (ACK's tests), 75 minutes
# (Terraform provider issue 34419), two hours at most in practice.
DEFAULT_WINDOW = (27 * 60, 120 * 60)


UNKNOWN_WINDOW = (0, 0)
"""For what somebody else has started, nobody knows when: looked at once a minute."""


def expected_window(past: Iterable[PastUpdate], brokers: int) -> tuple[int, int]:
    """
    Between which seconds after its start an update of connectivity is expected to end.

    By what it took on this cluster before, or else what other updates took that restart its
    brokers one after the other; a margin of a tenth on either side. Without either, by the number
    of its *brokers*.
    """
    rolling = [update for update in past if update.kind in ROLLING]
    alike = [update for update in rolling if update.kind == CONNECTIVITY] or rolling
    if not alike:
        quickest, slowest = BROKER_SECONDS
        earliest, latest = DEFAULT_WINDOW
        return max(earliest, quickest * brokers), max(latest, slowest * brokers)
    seconds = [update.seconds for update in alike]
    return int(min(seconds) * 0.9), int(max(seconds) * 1.1)


def limit_seconds(expected: tuple[int, int], brokers: int) -> int:
    """
    Return how long to wait before the update counts as one that MSK does not end.

    Twice what AWS says of so many *brokers*, twice what is *expected*, and four hours at least.
    """
    return 2 * max(LIMIT_SECONDS // 2, expected[1], BROKER_SECONDS[1] * brokers)


def wait_seconds(waited_seconds: int, expected: tuple[int, int], brokers: int) -> int:
    """
    Seconds until the next look, *waited_seconds* after the start.

    Sparse while the update cannot be over, close while it may be, less close when it is late. The
    longer it may take the longer each wait is, so that it costs a run no more looks than a small
    cluster does (`runs.lease.EVENTS_PER_ROUND`).
    """
    earliest, latest = expected
    if waited_seconds < earliest:
        return min(max(SPARSE_SECONDS, earliest // 20), earliest - waited_seconds)
    if waited_seconds < latest:
        return max(CLOSE_SECONDS, (latest - earliest) // 186)
    return max(LATE_SECONDS, limit_seconds(expected, brokers) // 240)
