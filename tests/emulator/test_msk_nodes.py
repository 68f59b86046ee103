"""ListNodes, more and fewer brokers, and the upgrade from Standard to Express brokers."""

from typing import Any

import pytest

from localcloud.msk import Scheme
from tests.emulator.builders import CLIENT, OWNER, ZONES, Emulator

STANDARD, EXPRESS = "kafka.m7g.large", "express.m7g.large"
BOTH = f"{STANDARD},{EXPRESS}"


def nodes(emulator: Emulator, arn: str, **params: Any) -> dict[int, str]:
    """Return the kind of each broker on one page, by its id."""
    listed = emulator.call(OWNER, "ListNodes", ClusterArn=arn, **params)["NodeInfoList"]
    infos = [node["BrokerNodeInfo"] for node in listed]
    return {int(info["BrokerId"]): info["BrokerNodeType"] for info in infos}


def update(emulator: Emulator, arn: str, target: str) -> None:
    version = emulator.version(arn)
    params = {"ClusterArn": arn, "CurrentVersion": version, "TargetInstanceType": target}
    emulator.call(OWNER, "UpdateBrokerType", **params)
    emulator.later(45)


@pytest.fixture
def arn(emulator: Emulator) -> str:
    return emulator.private_cluster(Scheme.IAM, KafkaVersion="3.9.x.kraft")


def test_nodes_are_the_brokers_with_their_endpoints(emulator: Emulator, arn: str) -> None:
    first, *others = emulator.call(OWNER, "ListNodes", ClusterArn=arn)["NodeInfoList"]

    assert len(others) == 2
    assert (first["NodeType"], first["InstanceType"]) == ("BROKER", STANDARD)
    [endpoint] = first["BrokerNodeInfo"]["Endpoints"]
    assert endpoint.startswith("b-1.orders.")


def test_nodes_come_in_pages(emulator: Emulator, arn: str) -> None:
    page = emulator.call(OWNER, "ListNodes", ClusterArn=arn, MaxResults=2)

    assert len(page["NodeInfoList"]) == 2
    assert list(nodes(emulator, arn, NextToken=page["NextToken"])) == [3]


def test_only_the_owner_lists_nodes(emulator: Emulator, arn: str) -> None:
    assert emulator.refusal(CLIENT, "ListNodes", ClusterArn=arn).code == "ForbiddenException"


def test_an_upgrade_has_both_kinds_of_brokers_before_it_completes(
    emulator: Emulator, arn: str
) -> None:
    update(emulator, arn, BOTH)
    mixed = {1: "STANDARD", 2: "STANDARD", 3: "STANDARD", 4: "EXPRESS", 5: "EXPRESS", 6: "EXPRESS"}
    assert nodes(emulator, arn) == mixed
    provisioned = emulator.describe(arn)["Provisioned"]
    assert provisioned["NumberOfBrokerNodes"] == 6
    assert provisioned["BrokerNodeGroupInfo"]["InstanceType"] == BOTH

    update(emulator, arn, EXPRESS)
    assert nodes(emulator, arn) == {4: "EXPRESS", 5: "EXPRESS", 6: "EXPRESS"}
    answer = emulator.call(OWNER, "GetBootstrapBrokers", ClusterArn=arn)
    hosts = answer["BootstrapBrokerStringVpcConnectivitySaslIam"].split(",")
    assert {host[:4] for host in hosts} == {"b-4.", "b-5.", "b-6."}
    assert emulator.msk.find_broker(hosts[0].partition(":")[0]) is not None


def test_an_upgrade_can_be_rolled_back(emulator: Emulator, arn: str) -> None:
    update(emulator, arn, BOTH)
    update(emulator, arn, STANDARD)

    assert set(nodes(emulator, arn)) == {1, 2, 3}


def test_brokers_of_another_size_keep_their_ids(emulator: Emulator, arn: str) -> None:
    update(emulator, arn, "kafka.m7g.xlarge")

    assert nodes(emulator, arn) == dict.fromkeys((1, 2, 3), "STANDARD")


def test_express_brokers_change_size_while_the_cluster_is_active(
    emulator: Emulator, arn: str
) -> None:
    update(emulator, arn, BOTH)
    update(emulator, arn, EXPRESS)
    params = {"CurrentVersion": emulator.version(arn), "TargetInstanceType": "express.m7g.xlarge"}

    emulator.call(OWNER, "UpdateBrokerType", ClusterArn=arn, **params)

    assert emulator.describe(arn)["State"] == "ACTIVE"
    [latest, *_] = emulator.call(OWNER, "ListClusterOperationsV2", ClusterArn=arn)[
        "ClusterOperationInfoList"
    ]
    assert latest["OperationType"] == "BROKER_UPDATE"
    emulator.later(45)
    assert set(nodes(emulator, arn)) == {4, 5, 6}


@pytest.mark.parametrize(
    ("target", "changes"),
    [
        (BOTH, {"KafkaVersion": "3.8.x"}),
        (BOTH, {"KafkaVersion": "3.9.x"}),
        (f"kafka.m7g.xlarge,{STANDARD}", {}),
        (EXPRESS, {}),
        ("large", {}),
        (
            BOTH,
            {
                "NumberOfBrokerNodes": 2,
                "BrokerNodeGroupInfo": {
                    "InstanceType": STANDARD,
                    "ClientSubnets": [f"subnet-vpc-owner-{zone}" for zone in list(ZONES)[:2]],
                },
            },
        ),
    ],
)
def test_an_impossible_upgrade_is_refused(
    emulator: Emulator, target: str, changes: dict[str, Any]
) -> None:
    arn = emulator.cluster(**({"KafkaVersion": "3.9.x.kraft"} | changes))
    params = {"CurrentVersion": emulator.version(arn), "TargetInstanceType": target}

    refusal = emulator.refusal(OWNER, "UpdateBrokerType", ClusterArn=arn, **params)

    assert refusal.code == "BadRequestException"
    assert emulator.describe(arn)["State"] == "ACTIVE"


def test_a_stale_version_is_refused(emulator: Emulator, arn: str) -> None:
    params = {"CurrentVersion": "K0", "TargetInstanceType": "kafka.m7g.xlarge"}

    assert emulator.refusal(OWNER, "UpdateBrokerType", ClusterArn=arn, **params).code == (
        "BadRequestException"
    )


def update_count(emulator: Emulator, arn: str, count: int) -> None:
    params = {"CurrentVersion": emulator.version(arn), "TargetNumberOfBrokerNodes": count}
    emulator.call(OWNER, "UpdateBrokerCount", ClusterArn=arn, **params)


def test_brokers_are_added_and_removed_when_the_update_ends(emulator: Emulator, arn: str) -> None:
    version = emulator.version(arn)

    update_count(emulator, arn, 6)

    assert emulator.describe(arn)["State"] == "UPDATING"
    assert list(nodes(emulator, arn)) == [1, 2, 3]
    emulator.later(45)
    assert list(nodes(emulator, arn)) == [1, 2, 3, 4, 5, 6]
    assert emulator.version(arn) != version
    update_count(emulator, arn, 3)
    emulator.later(45)
    assert list(nodes(emulator, arn)) == [1, 2, 3]
    operations = emulator.call(OWNER, "ListClusterOperationsV2", ClusterArn=arn)
    kinds = [one["OperationType"] for one in operations["ClusterOperationInfoList"][:2]]
    assert kinds == ["DECREASE_BROKER_COUNT", "INCREASE_BROKER_COUNT"]


@pytest.mark.parametrize("count", [0, 3, 4])
def test_a_number_of_brokers_that_does_not_fit_the_zones_is_refused(
    emulator: Emulator, arn: str, count: int
) -> None:
    refusal = emulator.refusal(
        OWNER,
        "UpdateBrokerCount",
        ClusterArn=arn,
        CurrentVersion=emulator.version(arn),
        TargetNumberOfBrokerNodes=count,
    )

    assert refusal.code == "BadRequestException"
    assert refusal.invalid_parameter == "targetNumberOfBrokerNodes"
