"""Decide which of the requested topics an account gets, by the bounds that the owner sets."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, Field

from msklink.topics.request import ConfigKey, TopicRequest

REPLICATION_FACTOR = 3
"""That of MSK for clusters in three Availability Zones (MSK developer guide, best practices)."""


class TopicBounds(BaseModel, frozen=True, extra="forbid"):
    """The most that a requested topic may have, as part of the access bounds."""

    partitions: int = Field(ge=1)
    replication_factor: int = Field(default=REPLICATION_FACTOR, ge=1)
    """The most, and what a topic gets that names none."""
    config: Annotated[dict[ConfigKey, int | tuple[str, ...]], Field(max_length=64)] = {}
    """By key, the largest number, or the values that are allowed; no other key is allowed."""

    def complete(self, topic: TopicRequest) -> TopicRequest:
        """Return *topic* with a replication factor."""
        return topic.model_copy(
            update={"replication_factor": topic.replication_factor or self.replication_factor}
        )

    def problems(self, topic: TopicRequest) -> Iterator[str]:
        """Yield what of *topic* is beyond these bounds."""
        if topic.partitions > self.partitions:
            yield f"{topic.partitions} partitions, at most {self.partitions} are allowed"
        factor = topic.replication_factor or self.replication_factor
        if factor > self.replication_factor:
            yield f"replication factor {factor}, at most {self.replication_factor} is allowed"
        for key, value in topic.config.items():
            if problem := self._config_problem(key, value):
                yield problem

    def wider(self, topic: TopicRequest) -> "TopicBounds":
        """Return bounds that also allow *topic*."""
        config = dict(self.config)
        for key, value in topic.config.items():
            if self._config_problem(key, value):
                known = config.get(key, ())
                values = known if isinstance(known, tuple) else ()
                config[key] = int(value) if value.isdigit() else (*values, value)
        return TopicBounds(
            partitions=max(self.partitions, topic.partitions),
            replication_factor=max(self.replication_factor, topic.replication_factor or 0),
            config=config,
        )

    def _config_problem(self, key: str, value: str) -> str:
        match self.config.get(key):
            case None:
                return f"config {key} is not allowed"
            case int() as most:
                return "" if _is_at_most(value, most) else f"{key}={value}, at most {most}"
            case values:
                known = " or ".join(values)
                return "" if value in values else f"{key}={value}, allowed is {known}"


def _is_at_most(value: str, most: int) -> bool:
    """Return whether *value* is a number from 0 to *most*; -1 stands for no limit in Kafka."""
    return value.isascii() and value.isdigit() and int(value) <= most
