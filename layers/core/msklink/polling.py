"""When to look again at a cluster that MSK is updating.

MSK sends no event at the end of an update (EventBridge reference, MSK), so it is asked. A look
costs three state transitions; looking late costs the clients the time until the next look.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Update:
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

# Reported: "up to 30 minutes or more" (MSK page), 30 to 60 minutes (ACK's tests), 75 minutes
# (Terraform provider issue 34419), two hours at most in practice.
DEFAULT_WINDOW = (27 * 60, 120 * 60)


UNKNOWN_WINDOW = (0, 0)
"""For what somebody else has started, nobody knows when: looked at once a minute."""


def window(past: Iterable[Update]) -> tuple[int, int]:
    """
    Between which seconds after its start an update of connectivity is expected to end.

    By what it took on this cluster before, or else what other updates took that restart its
    brokers one after the other; a margin of a tenth on either side.
    """
    rolling = [update for update in past if update.kind in ROLLING]
    alike = [update for update in rolling if update.kind == CONNECTIVITY] or rolling
    if not alike:
        return DEFAULT_WINDOW
    seconds = [update.seconds for update in alike]
    return int(min(seconds) * 0.9), int(max(seconds) * 1.1)


def wait_seconds(waited_seconds: int, expected: tuple[int, int]) -> int:
    """
    Seconds until the next look, *waited_seconds* after the start.

    Sparse while the update cannot be over, close while it may be, less close when it is late.
    """
    earliest, latest = expected
    if waited_seconds < earliest:
        return min(SPARSE_SECONDS, earliest - waited_seconds)
    return CLOSE_SECONDS if waited_seconds < latest else LATE_SECONDS
