"""Decide what a run does next with its cluster."""

from dataclasses import dataclass
from enum import StrEnum

from msklink.auth_scheme import Scheme
from msklink.cluster.description import UNUSABLE_STATES, ClusterDescription, is_settled


class Move(StrEnum):
    """What a run does next; the state machine chooses its next state by it."""

    STOP = "stop"
    WAIT = "wait"
    ENABLE = "enable"
    """Turn on private connectivity, which EnableConnectivity does itself."""
    PROCEED = "proceed"
    CLOSE = "close"
    INSPECT = "inspect"
    """Continue with InspectCluster."""
    CREATE = "create"
    """Create the topics that clients request."""
    CONNECT = "connect"
    """Create the missing connections."""
    PUBLISH = "publish"
    HOLD = "hold"
    """Change nothing: the owner has frozen the cluster."""


@dataclass(frozen=True)
class NextMove:
    """A move, with one sentence that an operator can act on."""

    move: Move
    reason: str


def decide_next_move(cluster: ClusterDescription, wanted: frozenset[Scheme]) -> NextMove:
    """
    Decide what *cluster* needs before clients can connect by the *wanted* schemes.

    MSK makes one update at a time, so the move is WAIT during any other. An update of connectivity
    takes 30 to 75 minutes. A scheme that is on needs no move. MSK does not describe the brokers of
    an unusable cluster, so there is nothing to publish.
    """
    missing = wanted - cluster.private_schemes
    if cluster.state in UNUSABLE_STATES:
        return NextMove(Move.STOP, f"the cluster is {cluster.state}")
    if not is_settled(cluster):
        operation = cluster.active_operation or "an update"
        return NextMove(Move.WAIT, f"the cluster is {cluster.state}, {operation} is in progress")
    if missing:
        return NextMove(Move.ENABLE, f"{' and '.join(sorted(missing))} must be turned on")
    return NextMove(Move.PROCEED, "every wanted scheme is on")
