from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from msklink.arns import ClusterArn
from msklink.policy.kafka_access import ACTIONS, ON_CLUSTER, PRODUCE_ON_CLUSTER, KafkaAccess
from tests.unit.factories import ARN, OWNER

CLUSTER = ClusterArn.parse(ARN)
PLACE = f"orders/{CLUSTER.uuid}"
CONNECT = "kafka-cluster:Connect"
DESCRIBE = "kafka-cluster:DescribeCluster"
IDEMPOTENT = "kafka-cluster:WriteDataIdempotently"


def topic(name: str) -> str:
    return f"arn:aws:kafka:eu-west-1:{OWNER}:topic/{PLACE}/{name}"


def group(name: str) -> str:
    return f"arn:aws:kafka:eu-west-1:{OWNER}:group/{PLACE}/{name}"


def transaction(name: str) -> str:
    return f"arn:aws:kafka:eu-west-1:{OWNER}:transactional-id/{PLACE}/{name}"


@pytest.mark.parametrize(
    ("access", "expected"),
    [
        (KafkaAccess(), [([CONNECT, DESCRIBE], ARN)]),
        (
            KafkaAccess(produce=("b", "a")),
            [
                ([CONNECT, DESCRIBE, IDEMPOTENT], ARN),
                (
                    ["kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"],
                    [topic("a"), topic("b")],
                ),
            ],
        ),
        (
            KafkaAccess(consume=("a",)),  # with partitions of its own choice
            [
                ([CONNECT, DESCRIBE], ARN),
                (["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"], [topic("a")]),
            ],
        ),
        (
            KafkaAccess(consume=("*",), groups=("billing-*",)),
            [
                ([CONNECT, DESCRIBE], ARN),
                (["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"], [topic("*")]),
                (["kafka-cluster:AlterGroup", "kafka-cluster:DescribeGroup"], [group("billing-*")]),
            ],
        ),
        (
            KafkaAccess(produce=("out",), create=("out",), transactional_ids=("job-*",)),
            [
                ([CONNECT, DESCRIBE, IDEMPOTENT], ARN),
                (["kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"], [topic("out")]),
                (["kafka-cluster:CreateTopic", "kafka-cluster:DescribeTopic"], [topic("out")]),
                (
                    [
                        "kafka-cluster:AlterTransactionalId",
                        "kafka-cluster:DescribeTransactionalId",
                    ],
                    [transaction("job-*")],
                ),
            ],
        ),
        (
            KafkaAccess(produce=("out",), consume=("in",), groups=("g",)),
            [
                ([CONNECT, DESCRIBE, IDEMPOTENT], ARN),
                (["kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"], [topic("out")]),
                (["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"], [topic("in")]),
                (["kafka-cluster:AlterGroup", "kafka-cluster:DescribeGroup"], [group("g")]),
            ],
        ),
    ],
)
def test_permissions_are_the_bundles_of_msk(
    access: KafkaAccess, expected: list[tuple[list[str], Any]]
) -> None:
    permissions = [(one["Action"], one["Resource"]) for one in access.permissions(CLUSTER)]

    assert permissions == expected


def test_topics_are_in_the_partition_of_the_cluster() -> None:
    cluster = ClusterArn.parse(ARN.replace("arn:aws:", "arn:aws-cn:"))

    *_, permission = KafkaAccess(produce=("a",)).permissions(cluster)

    assert permission["Resource"][0].startswith("arn:aws-cn:kafka:")


@pytest.mark.parametrize(
    ("access", "nothing"),
    [
        (KafkaAccess(), True),
        (KafkaAccess(produce=("a",)), False),
        (KafkaAccess(consume=("a",)), False),
        (KafkaAccess(groups=("a",)), False),
        (KafkaAccess(create=("a",)), False),
        (KafkaAccess(transactional_ids=("a",)), False),
    ],
)
def test_access_may_be_empty(access: KafkaAccess, nothing: bool) -> None:
    assert access.is_nothing is nothing


@pytest.mark.parametrize("field", ACTIONS)
@pytest.mark.parametrize(
    ("names", "allowed"),
    [
        ([], True),
        (["orders"], True),
        (["orders.eu_1-x"], True),
        (["*"], True),
        (["orders.*"], True),
        (["o" * 249], True),
        (["o" * 250], False),
        (["a"] * 32, True),
        (["a"] * 33, False),
        ([""], False),
        (["two words"], False),
        (["a/b"], False),  # would end the name in an ARN
        (["a:b"], False),
        (["a?"], False),  # a wildcard of IAM
        (["${aws:username}"], False),
        (["öre"], False),
        (["a\n"], False),
        ("a", False),
        ([1], False),
    ],
)
def test_names_are_those_of_kafka_and_wildcards(field: str, names: Any, allowed: bool) -> None:
    try:
        KafkaAccess.model_validate({field: names})
    except ValidationError:
        assert not allowed
    else:
        assert allowed


def test_access_has_no_other_field() -> None:
    with pytest.raises(ValidationError, match="admin"):
        KafkaAccess.model_validate({"admin": ["a"]})


names = st.lists(st.sampled_from("ab*"), max_size=2)
accesses = st.builds(KafkaAccess, **dict.fromkeys(ACTIONS, names))


@given(accesses, accesses)
def test_access_has_an_order(one: KafkaAccess, other: KafkaAccess) -> None:
    assert (one < other) + (other < one) == (one != other)


@given(accesses)
def test_statements_name_only_the_cluster_its_topics_and_its_groups(access: KafkaAccess) -> None:
    for permission in access.permissions(CLUSTER):
        resource = permission["Resource"]
        for arn in [resource] if isinstance(resource, str) else resource:
            assert arn.startswith((topic(""), group(""), transaction(""))) or arn == ARN
        assert all("*" not in action for action in permission["Action"])


# MSK developer guide, "Semantics of IAM authorization policy actions and resources": what must be
# there beside an action.
REQUIRED = {
    "DescribeCluster": {"Connect"},
    "WriteDataIdempotently": {"Connect", "WriteData"},
    "CreateTopic": {"Connect"},
    "DescribeTopic": {"Connect"},
    "WriteData": {"Connect", "DescribeTopic"},
    "ReadData": {"Connect", "DescribeTopic", "AlterGroup"},
    "DescribeGroup": {"Connect"},
    "AlterGroup": {"Connect", "DescribeGroup"},
    "DescribeTransactionalId": {"Connect"},
    "AlterTransactionalId": {"Connect", "DescribeTransactionalId", "WriteData"},
}


def actions(access: KafkaAccess) -> set[str]:
    granted = {one for part in access.permissions(CLUSTER) for one in part["Action"]}
    return {one.removeprefix("kafka-cluster:") for one in granted}


@pytest.mark.parametrize(
    ("access", "needed"),
    [
        # librdkafka 4446, kafka-ui 3414: idempotent by default
        (KafkaAccess(produce=("a",)), {"WriteData", "WriteDataIdempotently"}),
        # aws-msk-iam-sasl-signer-python 37
        (
            KafkaAccess(produce=("a",), transactional_ids=("t",)),
            {"WriteDataIdempotently", "AlterTransactionalId", "DescribeTransactionalId"},
        ),
        (KafkaAccess(consume=("a",), groups=("g",)), {"ReadData", "AlterGroup", "DescribeGroup"}),
        # Kafka Streams, exactly once, with topics of its own
        (
            KafkaAccess(
                produce=("app-*",),
                consume=("app-*",),
                create=("app-*",),
                groups=("app",),
                transactional_ids=("app-*",),
            ),
            {*REQUIRED},
        ),
    ],
)
def test_clients_get_the_actions_that_the_guide_requires(
    access: KafkaAccess, needed: set[str]
) -> None:
    granted = actions(access)

    assert needed <= granted
    assert not {one for action in needed for one in REQUIRED[action]} - granted


def test_every_action_is_in_the_guide() -> None:
    on_names = {action for _, some in ACTIONS.values() for action in some}

    known = {f"kafka-cluster:{name}" for name in REQUIRED} | {CONNECT}
    assert on_names | {*ON_CLUSTER, *PRODUCE_ON_CLUSTER} == known
