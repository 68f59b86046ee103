"""The rules of the lease: one run per cluster at a time, and no lost request.

A request increments `requested` before it tries to take the lease. The run that has the lease
releases it only in a write that checks that `requested` is unchanged since the run began to read.
So either a request finds the lease free, or the run with the lease will see it.
"""

from msklink.arns import ClusterArn

HISTORY_LIMIT = 25_000
"""Event limit of an execution, which fails beyond it (Step Functions guide, service quotas)."""

EVENTS_PER_CLIENT = 4 * 7
"""
In one round each client is surveyed before and after the reboot, connected and published to. Each
time a Map iteration starts and succeeds, and a task is entered, scheduled, started, succeeds and is
exited (Step Functions API reference, HistoryEvent).
"""

EVENTS_PER_ROUND = 7_890
"""Events besides those of clients: about 450 inspections of a cluster during the longest update and
90 of connections in half an hour, nine events each; four passes over at most a hundred accounts
with removals, seven events each; and a few hundred for retries."""


def run_name(cluster: ClusterArn, requested: int) -> str:
    """
    Return a readable run name of at most 80 characters; Step Functions needs it unique for 90 days.

    A part of the uuid distinguishes the cluster from an earlier one of the same name.
    """
    return f"{cluster.name[:58]}-{cluster.uuid[:8]}-{requested}"


def requested_before(run: str) -> int:
    """Return how many runs had been requested when *run* was named."""
    return int(run.rpartition("-")[2])


def has_room(rounds: int, clients: int) -> bool:
    """Return whether a run's history has room for another round after *rounds* with *clients*."""
    return (rounds + 1) * (EVENTS_PER_ROUND + clients * EVENTS_PER_CLIENT) <= HISTORY_LIMIT


def most_clients() -> int:
    """Return how many client accounts a run can serve within its history, in one round."""
    return (HISTORY_LIMIT - EVENTS_PER_ROUND) // EVENTS_PER_CLIENT
