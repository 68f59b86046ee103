"""Decide which of the requested topics an account gets, and what it may do with them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import reduce

from msklink.arns import ClusterArn
from msklink.policy.access_bounds import (
    NEEDED,
    AccessBounds,
    parameter_name,
    read_bounds,
)
from msklink.policy.kafka_access import KafkaAccess
from msklink.refusals import Code, Refusal, refuse
from msklink.topics.bounds import TopicBounds
from msklink.topics.request import TopicRequest

FIELDS = ("produce", "consume")
"""What an account may do with the topics that it requests, where its bounds have these actions."""


NO_ACCESS = KafkaAccess()


@dataclass(frozen=True)
class TopicDecision:
    """The topics to create, those that the owner does not allow, and the access to the former."""

    allowed: tuple[TopicRequest, ...] = ()
    beyond: Mapping[str, Refusal] = field(default_factory=dict)
    """By name of the topic."""
    access: KafkaAccess = NO_ACCESS


def decide_topics(
    topics: Iterable[TopicRequest],
    parameters: Mapping[str, str],
    cluster: ClusterArn,
    account: str,
    namespace: str,
) -> TopicDecision:
    """Decide by the owner's *parameters*; an invalid one allows nothing."""
    topics = tuple(topics)
    bounds = read_bounds(parameters, cluster, account, namespace)
    if isinstance(bounds, Refusal):
        return TopicDecision(beyond={topic.name: bounds for topic in topics})
    problems = [(topic, problem) for topic in topics if (problem := _problem(topic, bounds))]
    wider = reduce(_wider, (topic for topic, _ in problems), bounds)
    beyond = {
        topic.name: refuse(
            Code.TOPIC_NOT_ALLOWED,
            account=account,
            topic=topic.name,
            cluster=cluster.name,
            problem=problem,
            owner=cluster.account,
            parameter=parameter_name(namespace, cluster.name, account),
            value=wider.model_dump_json(exclude_none=True),
        )
        for topic, problem in problems
    }
    limits = bounds.topics
    allowed = tuple(
        limits.complete(topic) for topic in topics if limits and topic.name not in beyond
    )
    names = tuple(topic.name for topic in allowed)
    usable = {one: names for one in FIELDS if NEEDED[one] in bounds.actions}
    return TopicDecision(allowed, beyond, KafkaAccess(**usable))


def with_topics(access: KafkaAccess, of_topics: KafkaAccess) -> KafkaAccess:
    """Return *access* with that of topics, without the names that a pattern has already."""
    return access.model_copy(
        update={
            one: (
                *getattr(access, one),
                *(
                    name
                    for name in getattr(of_topics, one)
                    if not any(fnmatchcase(name, known) for known in getattr(access, one))
                ),
            )
            for one in FIELDS
        }
    )


def _problem(topic: TopicRequest, bounds: AccessBounds) -> str:
    if bounds.topics is None:
        return "it allows this account no topics"
    if not bounds.covers(topic.name):
        return f"the name is none of {', '.join(bounds.names)}"
    return "; ".join(bounds.topics.problems(topic))


def _wider(bounds: AccessBounds, topic: TopicRequest) -> AccessBounds:
    """Return *bounds* that also allow *topic*."""
    limits = bounds.topics or TopicBounds(partitions=topic.partitions)
    names = bounds.names if bounds.covers(topic.name) else (*bounds.names, topic.name)
    return bounds.model_copy(update={"names": names, "topics": limits.wider(topic)})
