"""Topics that clients request: what a request may say, the owner's bounds, and the outcomes."""

import base64
import json
from typing import Any

import pytest
from pydantic import ValidationError

from msklink.arns import ClusterArn
from msklink.aws import msk_topics
from msklink.aws.msk_topics import Topic
from msklink.cluster.kafka_version import has_topic_api
from msklink.policy.access_bounds import AccessBounds
from msklink.policy.kafka_access import KafkaAccess
from msklink.policy.topic_access import TopicDecision, decide_topics, with_topics
from msklink.refusals import Code, refuse
from msklink.requests.inbound_events import OnboardingDetail
from msklink.topics.outcome import TopicOutcome, TopicOutcomes, TopicState, report
from msklink.topics.request import MOST_TOPICS, TopicRequest

CLUSTER = ClusterArn.parse("arn:aws:kafka:eu-west-1:111111111111:cluster/orders/0b1c2d3e-0000-7")
CLIENT = "222222222222"
PARAMETER = f"/msklink/orders/access/{CLIENT}"
LIMITS = {
    "partitions": 6,
    "replication_factor": 3,
    "config": {"retention.ms": 86_400_000, "cleanup.policy": ["delete", "compact"]},
}
BOUNDS = {"names": ["billing.*"], "actions": ["produce", "consume"], "topics": LIMITS}


def topic(name: str = "billing.payments", partitions: int = 3, **others: Any) -> TopicRequest:
    return TopicRequest.model_validate({"name": name, "partitions": partitions} | others)


def decide(*topics: TopicRequest, bounds: Any = BOUNDS) -> TopicDecision:
    parameters = {PARAMETER: json.dumps(bounds)} if bounds is not None else {}
    return decide_topics(topics, parameters, CLUSTER, CLIENT, "msklink")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "all.*"}, "topics.0.name"),
        ({"name": "__consumer_offsets"}, "cannot be '.' or '..', or begin with '__'"),
        ({"name": ".."}, "cannot be '.' or '..', or begin with '__'"),
        ({"partitions": 0}, "topics.0.partitions"),
        ({"replication_factor": 0}, "topics.0.replication_factor"),
        ({"config": {"retention ms": 1}}, "topics.0.config"),
        ({"config": {"retention.ms": [1]}}, "topics.0.config"),
        ({"owner": "me"}, "topics.0.owner"),
    ],
)
def test_a_malformed_topic_is_refused_by_its_field(changes: dict[str, Any], words: str) -> None:
    one = {"name": "billing.payments", "partitions": 3} | changes

    with pytest.raises(ValidationError) as caught:
        _request(one)

    found = [(".".join(map(str, error["loc"])), error["msg"]) for error in caught.value.errors()]
    assert any(words in f"{place} {text}" for place, text in found)


def test_a_request_has_a_limited_number_of_topics_with_different_names() -> None:
    with pytest.raises(ValidationError):
        _request(*({"name": f"t{n}", "partitions": 1} for n in range(MOST_TOPICS + 1)))
    with pytest.raises(ValidationError, match="each topic can be there once"):
        _request({"name": "t", "partitions": 1}, {"name": "t", "partitions": 2})


def test_numbers_and_truth_values_are_texts_in_a_configuration() -> None:
    found = topic(config={"retention.ms": 60000, "preallocate": False, "compression.type": "zstd"})

    assert found.config == {
        "retention.ms": "60000",
        "preallocate": "false",
        "compression.type": "zstd",
    }


def _request(*topics: dict[str, Any]) -> OnboardingDetail:
    return OnboardingDetail.model_validate(
        {
            "cluster": "orders",
            "vpc_id": "vpc-0123456789abcdef0",
            "schemes": ["iam"],
            "topics": topics,
        }
    )


def test_a_topic_within_the_bounds_is_allowed_with_their_replication_factor() -> None:
    decision = decide(topic(config={"retention.ms": 86_400_000, "cleanup.policy": "compact"}))

    assert [one.replication_factor for one in decision.allowed] == [3]
    assert decision.beyond == {}
    names = ("billing.payments",)
    assert decision.access == KafkaAccess(produce=names, consume=names)


def test_the_access_to_a_topic_is_only_what_the_bounds_have() -> None:
    bounds = BOUNDS | {"actions": ["produce"]}

    decision = decide(topic(), bounds=bounds)

    assert decision.access == KafkaAccess(produce=("billing.payments",))


@pytest.mark.parametrize(
    ("asked", "bounds", "problem"),
    [
        (topic(), None, "allows this account no topics"),
        (topic(), {"names": ["*"], "actions": ["create"]}, "allows this account no topics"),
        (topic("orders.payments"), BOUNDS, "the name is none of billing.*"),
        (topic(partitions=7), BOUNDS, "7 partitions, at most 6 are allowed"),
        (topic(replication_factor=4), BOUNDS, "replication factor 4, at most 3 is allowed"),
        (topic(config={"segment.ms": 1}), BOUNDS, "config segment.ms is not allowed"),
        (topic(config={"retention.ms": 86_400_001}), BOUNDS, "retention.ms=86400001, at most"),
        (topic(config={"retention.ms": -1}), BOUNDS, "retention.ms=-1, at most 86400000"),
        (topic(config={"cleanup.policy": "both"}), BOUNDS, "allowed is delete or compact"),
    ],
)
def test_a_topic_beyond_the_bounds_is_refused_with_the_bound(
    asked: TopicRequest, bounds: Any, problem: str
) -> None:
    decision = decide(asked, bounds=bounds)

    [refusal] = decision.beyond.values()
    assert (decision.allowed, decision.access.is_nothing) == ((), True)
    assert refusal.code is Code.TOPIC_NOT_ALLOWED
    assert problem in refusal.message
    assert PARAMETER in refusal.remedy


@pytest.mark.parametrize(
    "asked",
    [
        topic("orders.payments", 12, replication_factor=5),
        topic(config={"retention.ms": 90_000_000, "cleanup.policy": "both", "segment.ms": 5}),
    ],
)
@pytest.mark.parametrize("bounds", [None, BOUNDS])
def test_the_value_in_the_remedy_allows_the_topic(asked: TopicRequest, bounds: Any) -> None:
    [refusal] = decide(asked, bounds=bounds).beyond.values()

    value = refusal.remedy.partition("--value '")[2].partition("'")[0]

    assert AccessBounds.model_validate_json(value)
    assert decide(asked, bounds=json.loads(value)).beyond == {}


def test_the_value_in_each_remedy_allows_all_topics_of_the_request() -> None:
    asked = topic("billing.huge", 100), topic("ledger", 3), topic("journal", 50)

    found = decide(*asked)

    assert set(found.beyond) == {"billing.huge", "ledger", "journal"}
    for refusal in found.beyond.values():
        value = refusal.remedy.partition("--value '")[2].partition("'")[0]
        assert decide(*asked, bounds=json.loads(value)).beyond == {}


def test_malformed_bounds_allow_no_topic() -> None:
    decision = decide(topic(), bounds={"names": "billing.*"})

    assert [one.code for one in decision.beyond.values()] == [Code.MALFORMED_ACCESS_BOUNDS]
    assert decision.allowed == ()


def test_access_to_topics_is_granted_once() -> None:
    asked = KafkaAccess(produce=("billing.*",), groups=("billing.app",))
    of_topics = KafkaAccess(produce=("billing.payments",), consume=("billing.payments",))

    granted = with_topics(asked, of_topics)

    assert granted == KafkaAccess(
        produce=("billing.*",), consume=("billing.payments",), groups=("billing.app",)
    )


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (topic(partitions=4, replication_factor=3), ["it has 3 partitions, not 4"]),
        (topic(replication_factor=2), ["its replication factor is 3, not 2"]),
        (topic(replication_factor=3, config={"a": "1"}), ["its a is that of the cluster, not 1"]),
        (topic(replication_factor=3, config={"retention.ms": 5}), []),
    ],
)
def test_a_topic_that_exists_is_compared_with_the_request(
    asked: TopicRequest, words: list[str]
) -> None:
    found = Topic(3, 3, {"retention.ms": "5", "segment.ms": "7"})

    assert list(found.differences(asked)) == words


def test_the_report_has_a_state_for_each_topic_and_each_refusal_once() -> None:
    made, other, asked = topic("a"), topic("b"), topic("c")
    refusal = refuse(Code.TOPIC_DIFFERS, topic="b", cluster="orders", problem="it is larger")
    known = TopicOutcomes(
        outcomes=(TopicOutcome(topic=made), TopicOutcome(topic=other, refusal=refusal))
    )

    found = report([made, other, asked], {"d": refusal}, known)

    assert found.states == {
        "a": TopicState.READY,
        "b": TopicState.REFUSED,
        "c": TopicState.ASKED,
        "d": TopicState.REFUSED,
    }
    assert found.refusals == (refusal,)


def test_a_topic_that_is_asked_for_otherwise_has_no_outcome() -> None:
    known = TopicOutcomes(outcomes=(TopicOutcome(topic=topic("a", 3)),))

    assert report([topic("a", 4)], {}, known).states == {"a": TopicState.ASKED}


@pytest.mark.parametrize(
    ("version", "expected"),
    [("3.5.1", False), ("3.6.0", True), ("3.7.x.kraft", True), ("4.0.x", True), ("new", True)],
)
def test_the_topic_api_needs_kafka_3_6(version: str, expected: bool) -> None:
    assert has_topic_api(version) is expected


@pytest.mark.parametrize(
    "text",
    ['{"retention.ms": 5, "cleanup.policy": "delete"}', "retention.ms=5\ncleanup.policy=delete"],
)
def test_configurations_are_read_in_both_forms(text: str) -> None:
    encoded = base64.b64encode(text.encode()).decode()

    assert msk_topics._decoded(encoded) == {"retention.ms": "5", "cleanup.policy": "delete"}


@pytest.mark.parametrize("text", ["", "%%%", "e2Jyb2tlbg=="])
def test_a_configuration_that_cannot_be_read_is_empty(text: str) -> None:
    assert msk_topics._decoded(text) == {}
