"""What a run does next with its cluster."""

from dataclasses import dataclass
from enum import StrEnum

from msklink.auth_scheme import Scheme
from msklink.cluster.description import UNUSABLE_STATES, Cluster, is_settled


class Move(StrEnum):
    """What a run does next with its cluster."""

    STOP = "stop"
    WAIT = "wait"
    ENABLE = "enable"
    PROCEED = "proceed"
    CLOSE = "close"


@dataclass(frozen=True)
class Verdict:
    """A move, and one sentence about it that an operator can act on."""

    move: Move
    reason: str


def next_move(cluster: Cluster, wanted: frozenset[Scheme]) -> Verdict:
    """
    Decide what *cluster* needs before clients can connect by the *wanted* schemes.

    MSK takes one update at a time, so the move is WAIT behind any other; an update of
    connectivity takes 30 to 75 minutes. A scheme that is on is never a reason to act. MSK answers
    no question about the brokers of an unusable cluster, so there is nothing to publish.
    """
    missing = wanted - cluster.private
    if cluster.state in UNUSABLE_STATES:
        return Verdict(Move.STOP, f"the cluster is {cluster.state}")
    if not is_settled(cluster):
        doing = cluster.active_operation or "an update"
        return Verdict(Move.WAIT, f"the cluster is {cluster.state}, {doing} is under way")
    if missing:
        return Verdict(Move.ENABLE, f"{' and '.join(sorted(missing))} must be turned on")
    return Verdict(Move.PROCEED, "every wanted scheme is on")
