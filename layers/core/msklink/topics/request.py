"""A topic that a client requests."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

INTERNAL = "__"
"""Names of topics of Kafka and MSK begin with this, such as `__consumer_offsets`."""

MOST_TOPICS = 16
"""Limit for the topics of one request; each costs a run two calls."""


def _not_internal(name: str) -> str:
    if name in {".", ".."} or name.startswith(INTERNAL):
        raise ValueError(f"the name of a topic cannot be '.' or '..', or begin with '{INTERNAL}'")
    return name


def _as_text(value: object) -> object:
    """Return a number or a truth value as a configuration has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


# Kafka's own rule for topic names (org.apache.kafka.common.internals.Topic).
TopicName = Annotated[
    str, Field(pattern=r"^[a-zA-Z0-9._-]+$", max_length=249), AfterValidator(_not_internal)
]
ConfigKey = Annotated[str, Field(pattern=r"^[a-z.]+$", max_length=64)]
ConfigValue = Annotated[str, BeforeValidator(_as_text), Field(max_length=256)]


class TopicRequest(BaseModel, frozen=True, extra="forbid"):
    """A topic with its settings, which are those of CreateTopic (MSK API reference)."""

    name: TopicName
    partitions: int = Field(ge=1, le=10_000)
    replication_factor: int | None = Field(default=None, ge=1, le=15)
    """None for what the owner's bounds have."""
    config: Annotated[dict[ConfigKey, ConfigValue], Field(max_length=32)] = {}


def _unique(topics: tuple[TopicRequest, ...]) -> tuple[TopicRequest, ...]:
    names = [topic.name for topic in topics]
    if len(set(names)) < len(names):
        raise ValueError("each topic can be there once")
    return topics


TopicRequests = Annotated[
    tuple[TopicRequest, ...], Field(max_length=MOST_TOPICS), AfterValidator(_unique)
]
