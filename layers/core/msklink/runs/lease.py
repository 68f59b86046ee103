"""One run per cluster at a time, and no request lost.

A request counts `requested` up before it tries for the lease, and the holder gives the lease up
only in the write that proves `requested` has not moved since it began to look. So a request
either finds the lease free, or its holder will see it.
"""

from msklink.arns import ClusterArn

HISTORY_LIMIT = 25_000
"""Events of one execution, past which it fails (Step Functions guide, service quotas)."""

EVENTS_PER_CLIENT = 4 * 7
"""
In one round each client is surveyed before and after the reboot, connected and published to; each
time a Map iteration starts and succeeds, and a task is entered, scheduled, started, succeeds and is
exited (Step Functions API reference, HistoryEvent).
"""

EVENTS_PER_ROUND = 7_890
"""Beside the clients: some 450 looks at a cluster that takes as long as it may and 90 at
connections that take half an hour, nine events each, four passes over a hundred accounts at most
from which something is taken away, seven each, and a few hundred for retries."""


def run_name(cluster: ClusterArn, requested: int) -> str:
    """
    A name that is readable, and unique for 90 days as Step Functions wants it; at most 80 letters.

    Part of the uuid tells a cluster from an earlier one of the same name.
    """
    return f"{cluster.name[:58]}-{cluster.uuid[:8]}-{requested}"


def requested_before(run: str) -> int:
    """How often a run had been asked for when *run* was named."""
    return int(run.rpartition("-")[2])


def has_room(rounds: int, clients: int) -> bool:
    """Whether a run that went *rounds* rounds with *clients* can go another in its history."""
    return (rounds + 1) * (EVENTS_PER_ROUND + clients * EVENTS_PER_CLIENT) <= HISTORY_LIMIT
