"""What became of a requested topic."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel

from msklink.refusals import Code, Refusal
from msklink.topics.request import TopicRequest

TOPIC_CODES = frozenset(
    {
        Code.TOPIC_NOT_ALLOWED,
        Code.TOPIC_DIFFERS,
        Code.TOPIC_REFUSED,
        Code.TOPICS_NOT_SUPPORTED,
    }
)
"""The codes of refusals of topics, which do not block a connection."""


class TopicState(StrEnum):
    ASKED = "asked"
    """It is not made yet."""
    READY = "ready"
    """It exists as it was asked for."""
    REFUSED = "refused"


class TopicOutcome(BaseModel, frozen=True):
    """What a run came to for one topic: it is ready, or why it is not."""

    topic: TopicRequest
    """The topic as it was asked for, with the replication factor of the bounds."""
    refusal: Refusal | None = None

    @property
    def state(self) -> TopicState:
        return TopicState.REFUSED if self.refusal else TopicState.READY


class TopicOutcomes(BaseModel, frozen=True):
    """The outcomes of the topics of one VPC's request."""

    requested_at: datetime | None = None
    """When the VPC last sent that request; None before any outcome."""
    outcomes: tuple[TopicOutcome, ...] = ()

    def of(self, topic: TopicRequest) -> TopicOutcome | None:
        """Return the outcome of exactly this topic; None if it was asked for otherwise."""
        return next((one for one in self.outcomes if one.topic == topic), None)

    def settled(self, topic: TopicRequest, requested_at: datetime) -> TopicOutcome | None:
        """
        Return the outcome of *topic* for a request of that time, if MSK need not be asked again.

        A refusal is tried again, as its cause can be gone. So is a request that was sent again.
        """
        found = self.of(topic) if requested_at == self.requested_at else None
        return None if found is None or found.refusal else found


@dataclass(frozen=True)
class TopicReport:
    """What the status says of the topics of a VPC: their states by name, and refusals."""

    states: Mapping[str, TopicState]
    refusals: tuple[Refusal, ...]


NO_TOPICS = TopicReport({}, ())


def report(
    allowed: Iterable[TopicRequest],
    beyond: Mapping[str, Refusal],
    known: TopicOutcomes,
) -> TopicReport:
    """Return what to say of the *allowed* topics, and of those *beyond* the bounds, by name."""
    found = {topic.name: known.of(topic) for topic in allowed}
    states = {name: one.state if one else TopicState.ASKED for name, one in found.items()}
    states |= dict.fromkeys(beyond, TopicState.REFUSED)
    refusals = [*beyond.values(), *(one.refusal for one in found.values() if one)]
    return TopicReport(
        {name: states[name] for name in sorted(states)},
        tuple(dict.fromkeys(filter(None, refusals))),
    )
