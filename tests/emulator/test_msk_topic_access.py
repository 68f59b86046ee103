"""Which clusters have the topic operations, and which accounts may call them."""

import pytest

from localcloud.msk.errors import NOT_ON_SERVERLESS
from localcloud.msk.topic_permissions import OPERATIONS, topic_permissions
from tests.emulator.builders import CLIENT, OTHER, OWNER, ZONES, Emulator, Json, policy, statement
from tests.emulator.topic_builders import (
    ALL_ARGUMENTS,
    create,
    listed,
)


@pytest.fixture
def cluster(emulator: Emulator) -> str:
    return emulator.cluster()


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_only_an_active_provisioned_cluster_of_recent_kafka_has_topic_operations(
    emulator: Emulator, operation: str
) -> None:
    busy, old = emulator.cluster(), emulator.cluster("old", KafkaVersion="3.5.1")
    subnets = [f"subnet-vpc-owner-{zone}" for zone in ZONES]
    serverless = emulator.call(
        OWNER,
        "CreateClusterV2",
        ClusterName="serverless",
        Serverless={
            "VpcConfigs": [{"SubnetIds": subnets}],
            "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}},
        },
    )["ClusterArn"]
    emulator.later(20)
    emulator.msk.force_state(busy, "UPDATING")

    errors = [
        emulator.refusal(OWNER, operation, ClusterArn=arn, **ALL_ARGUMENTS[operation])
        for arn in (busy, old, serverless)
    ]

    assert {(error.code, error.invalid_parameter) for error in errors} == {
        ("BadRequestException", "clusterArn")
    }
    assert "UPDATING" in errors[0].message
    assert "3.6.0" in errors[1].message
    assert errors[2].message == NOT_ON_SERVERLESS


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_another_account_needs_every_action_in_the_cluster_policy(
    emulator: Emulator, cluster: str, operation: str
) -> None:
    create(emulator, cluster, "orders" if operation != "CreateTopic" else "other")
    emulator.later(1)
    name = ALL_ARGUMENTS[operation].get("TopicName", "*")
    needed = topic_permissions(operation, cluster, name)
    version: Json = {}

    for count in range(len(needed) + 1):
        granted = [
            statement(Action=action, Resource=resource) for action, resource in needed[:count]
        ]
        if granted:
            text = policy(*granted)
            put = emulator.call(
                OWNER, "PutClusterPolicy", ClusterArn=cluster, Policy=text, **version
            )
            version = {"CurrentVersion": put["CurrentVersion"]}
        if count < len(needed):
            error = emulator.refusal(
                CLIENT, operation, ClusterArn=cluster, **ALL_ARGUMENTS[operation]
            )
            action, resource = needed[count]
            assert error.code == "ForbiddenException"
            assert f"perform: {action} on resource: {resource}" in error.message

    emulator.call(CLIENT, operation, ClusterArn=cluster, **ALL_ARGUMENTS[operation])
    assert (
        emulator.refusal(OTHER, operation, ClusterArn=cluster, **ALL_ARGUMENTS[operation]).code
        == "ForbiddenException"
    )


def test_an_action_on_one_topic_does_not_allow_another(emulator: Emulator, cluster: str) -> None:
    allowed = topic_permissions("CreateTopic", cluster, "billing.*")
    statements = [statement(Action=action, Resource=resource) for action, resource in allowed]
    emulator.call(OWNER, "PutClusterPolicy", ClusterArn=cluster, Policy=policy(*statements))
    wanted = {"ClusterArn": cluster, "PartitionCount": 1, "ReplicationFactor": 1}

    emulator.call(CLIENT, "CreateTopic", TopicName="billing.payments", **wanted)
    error = emulator.refusal(CLIENT, "CreateTopic", TopicName="orders", **wanted)

    assert error.code == "ForbiddenException"
    emulator.later(1)
    assert listed(emulator, cluster) == ["billing.payments"]
