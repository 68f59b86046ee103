"""Topics that a client requests are created within the owner's bounds, and never changed."""

import base64
import json
from typing import Any

import pytest

from localcloud.msk import Fault, MskError
from tests.support.aws import CLIENT
from tests.support.client_events import request
from tests.support.functions import OWNER
from tests.support.onboarded_client import OnboardedClient

BOUNDS: dict[str, Any] = {
    "names": ["billing.*"],
    "actions": ["produce", "consume"],
    "topics": {"partitions": 6, "config": {"retention.ms": 86_400_000}},
}
PAYMENTS = {"name": "billing.payments", "partitions": 3, "config": {"retention.ms": 60_000}}


def ask(onboarded: OnboardedClient, *topics: dict[str, Any]) -> list[str]:
    """Request topics by an event, and return the runs."""
    [vpc_id] = onboarded.accounts.vpcs_with_subnets(CLIENT)
    return onboarded.engine.receive(request(CLIENT, vpc_id=vpc_id, topics=topics))


def kafka(onboarded: OnboardedClient) -> Any:
    return onboarded.accounts.client("kafka", OWNER)


def described(onboarded: OnboardedClient, name: str = "billing.payments") -> dict[str, Any]:
    """Return a topic as MSK shows it after its lag."""
    onboarded.advance_hours(1)
    found: dict[str, Any] = kafka(onboarded).describe_topic(
        ClusterArn=onboarded.cluster, TopicName=name
    )
    return {key: value for key, value in found.items() if key != "ResponseMetadata"}


def make(onboarded: OnboardedClient, name: str = "billing.payments", partitions: int = 3) -> None:
    """Create a topic as the owner, which MSK shows only later."""
    kafka(onboarded).create_topic(
        ClusterArn=onboarded.cluster,
        TopicName=name,
        PartitionCount=partitions,
        ReplicationFactor=3,
    )


def entry(onboarded: OnboardedClient) -> dict[str, Any]:
    """Return the entry of the client's iam connection in its status."""
    [vpc] = onboarded.accounts.status(CLIENT)["vpcs"].values()
    found: dict[str, Any] = vpc["iam"]
    return found


def warnings(onboarded: OnboardedClient) -> list[str]:
    return [warning["code"] for warning in entry(onboarded).get("warnings", [])]


def refusals(onboarded: OnboardedClient) -> list[str]:
    return [event["refusal"]["code"] for event in onboarded.accounts.take_events("Client Refused")]


def creations(onboarded: OnboardedClient) -> int:
    return onboarded.accounts.msk.calls[OWNER, "CreateTopic"]


def test_one_event_brings_a_topic_with_the_access_to_it(onboarded: OnboardedClient) -> None:
    onboarded.accounts.allow(CLIENT, BOUNDS)

    ask(onboarded, PAYMENTS)

    assert entry(onboarded)["state"] == "published"
    assert entry(onboarded)["topics"] == {"billing.payments": "ready"}
    topic = described(onboarded)
    assert (topic["PartitionCount"], topic["ReplicationFactor"]) == (3, 3)
    assert json.loads(base64.b64decode(topic["Configs"]))["retention.ms"] == "60000"
    policy = json.dumps(onboarded.accounts.policy(onboarded.cluster))
    assert "kafka-cluster:WriteData" in policy
    assert "kafka-cluster:ReadData" in policy
    assert policy.count("billing.payments") == 2
    assert refusals(onboarded) == []


def test_a_topic_is_created_once(onboarded: OnboardedClient) -> None:
    onboarded.accounts.allow(CLIENT, BOUNDS)
    ask(onboarded, PAYMENTS)

    onboarded.reconcile()
    ask(onboarded, PAYMENTS)

    assert creations(onboarded) == 1
    assert entry(onboarded)["topics"] == {"billing.payments": "ready"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"partitions": 7}, "at most 6"),
        ({"name": "orders.all"}, "none of billing.*"),
        ({"replication_factor": 4}, "at most 3"),
        ({"config": {"segment.ms": 1}}, "segment.ms is not allowed"),
    ],
)
def test_a_topic_beyond_the_bounds_is_refused_and_the_client_connected(
    onboarded: OnboardedClient, changes: dict[str, Any], words: str
) -> None:
    onboarded.accounts.allow(CLIENT, BOUNDS)

    ask(onboarded, PAYMENTS | changes)

    assert entry(onboarded)["state"] == "published"
    assert list(entry(onboarded)["topics"].values()) == ["refused"]
    assert words in entry(onboarded)["warnings"][0]["message"]
    assert refusals(onboarded) == ["TopicNotAllowed"]
    assert creations(onboarded) == 0


def test_bounds_written_later_bring_the_topic(onboarded: OnboardedClient) -> None:
    ask(onboarded, PAYMENTS)
    assert warnings(onboarded) == ["TopicNotAllowed"]

    onboarded.accounts.allow(CLIENT, BOUNDS)
    onboarded.sweep()

    assert entry(onboarded)["topics"] == {"billing.payments": "ready"}
    assert warnings(onboarded) == []


def test_a_topic_that_exists_otherwise_is_left_and_reported(onboarded: OnboardedClient) -> None:
    onboarded.accounts.allow(CLIENT, BOUNDS)
    make(onboarded, partitions=5)
    before = described(onboarded)

    ask(onboarded, PAYMENTS)

    assert refusals(onboarded) == ["TopicDiffers"]
    assert "it has 5 partitions, not 3" in entry(onboarded)["warnings"][0]["message"]
    assert described(onboarded) == before


def test_a_request_for_the_topic_as_it_is_solves_the_difference(
    onboarded: OnboardedClient,
) -> None:
    onboarded.accounts.allow(CLIENT, BOUNDS)
    make(onboarded, partitions=5)
    onboarded.advance_hours(1)
    ask(onboarded, PAYMENTS)

    ask(onboarded, {"name": "billing.payments", "partitions": 5})

    assert entry(onboarded)["topics"] == {"billing.payments": "ready"}
    assert warnings(onboarded) == []


def test_the_same_request_again_finds_that_the_owner_solved_the_difference(
    onboarded: OnboardedClient,
) -> None:
    onboarded.accounts.allow(CLIENT, BOUNDS)
    make(onboarded, partitions=2)
    onboarded.advance_hours(1)
    asked = {"name": "billing.payments", "partitions": 3}
    ask(onboarded, asked)
    kafka(onboarded).update_topic(
        ClusterArn=onboarded.cluster, TopicName="billing.payments", PartitionCount=3
    )
    onboarded.advance_hours(1)

    ask(onboarded, asked)

    assert entry(onboarded)["topics"] == {"billing.payments": "ready"}
    assert warnings(onboarded) == []


def test_a_topic_that_the_owner_deleted_is_created_when_it_is_requested_again(
    onboarded: OnboardedClient,
) -> None:
    onboarded.accounts.allow(CLIENT, BOUNDS)
    ask(onboarded, PAYMENTS)
    onboarded.advance_hours(1)
    kafka(onboarded).delete_topic(ClusterArn=onboarded.cluster, TopicName="billing.payments")
    onboarded.advance_hours(1)

    onboarded.reconcile()
    assert creations(onboarded) == 1
    ask(onboarded, PAYMENTS)

    assert creations(onboarded) == 2
    assert described(onboarded)["PartitionCount"] == 3


def test_an_upgrade_of_the_cluster_brings_the_topic(onboarded: OnboardedClient) -> None:
    onboarded.accounts.allow(CLIENT, BOUNDS)
    onboarded.accounts.msk.force_kafka_version(onboarded.cluster, "3.5.1")
    ask(onboarded, PAYMENTS)
    onboarded.accounts.msk.force_kafka_version(onboarded.cluster, "3.8.x")

    onboarded.reconcile()

    assert entry(onboarded)["topics"] == {"billing.payments": "ready"}
    assert warnings(onboarded) == []


def test_a_topic_that_msk_does_not_show_yet_is_waited_for(onboarded: OnboardedClient) -> None:
    onboarded.accounts.allow(CLIENT, BOUNDS)
    make(onboarded, partitions=5)

    [run] = ask(onboarded, PAYMENTS)

    assert "WaitForTopics" in onboarded.engine.states(run)
    assert refusals(onboarded) == ["TopicDiffers"]


def test_a_cluster_too_old_for_the_api_connects_without_the_topic(
    onboarded: OnboardedClient,
) -> None:
    onboarded.accounts.allow(CLIENT, BOUNDS)
    onboarded.accounts.msk.force_kafka_version(onboarded.cluster, "3.5.1")

    ask(onboarded, PAYMENTS)

    assert entry(onboarded)["state"] == "published"
    assert refusals(onboarded) == ["TopicsNotSupported"]


def test_what_msk_refuses_is_reported_in_its_words(onboarded: OnboardedClient) -> None:
    bounds = BOUNDS | {"topics": {"partitions": 6, "config": {"retention.ms": ["soon"]}}}
    onboarded.accounts.allow(CLIENT, bounds)

    ask(onboarded, PAYMENTS | {"config": {"retention.ms": "soon"}})

    assert refusals(onboarded) == ["TopicRefused"]
    assert "BadRequestException" in entry(onboarded)["warnings"][0]["message"]


def test_clients_are_connected_where_msk_does_not_answer_and_the_sweep_goes_on(
    onboarded: OnboardedClient,
) -> None:
    onboarded.accounts.allow(CLIENT, BOUNDS)
    no_answer = MskError("ClusterConnectivityException", "the brokers do not answer")
    onboarded.accounts.msk.faults.add(Fault("DescribeTopic", times=None, error=no_answer))

    ask(onboarded, PAYMENTS)

    assert entry(onboarded)["state"] == "published"
    assert entry(onboarded)["topics"] == {"billing.payments": "asked"}
    onboarded.accounts.msk.faults.clear()
    assert onboarded.sweep() == 1
    assert entry(onboarded)["topics"] == {"billing.payments": "ready"}
    assert onboarded.sweep() == 0


def test_a_later_request_without_the_topic_keeps_it(onboarded: OnboardedClient) -> None:
    onboarded.accounts.allow(CLIENT, BOUNDS)
    ask(onboarded, PAYMENTS)

    ask(onboarded)

    assert described(onboarded)["PartitionCount"] == 3
    assert "topics" not in entry(onboarded)
    assert "billing.payments" not in json.dumps(onboarded.accounts.policy(onboarded.cluster))
