"""ListNodes, and the upgrade of a cluster from Standard to Express brokers in place."""

from typing import Any

import pytest

from localcloud.msk import Scheme
from tests.emulator.builders import CLIENT, OWNER, ZONES, Scene

STANDARD, EXPRESS = "kafka.m7g.large", "express.m7g.large"
BOTH = f"{STANDARD},{EXPRESS}"


def nodes(scene: Scene, arn: str, **params: Any) -> dict[int, str]:
    """The kind of each broker by its id, of one page."""
    listed = scene.call(OWNER, "ListNodes", ClusterArn=arn, **params)["NodeInfoList"]
    infos = [node["BrokerNodeInfo"] for node in listed]
    return {int(info["BrokerId"]): info["BrokerNodeType"] for info in infos}


def update(scene: Scene, arn: str, target: str) -> None:
    version = scene.version(arn)
    params = {"ClusterArn": arn, "CurrentVersion": version, "TargetInstanceType": target}
    scene.call(OWNER, "UpdateBrokerType", **params)
    scene.later(45)


@pytest.fixture
def arn(scene: Scene) -> str:
    return scene.private_cluster(Scheme.IAM, KafkaVersion="3.9.x.kraft")


def test_nodes_are_the_brokers_with_their_endpoints(scene: Scene, arn: str) -> None:
    first, *others = scene.call(OWNER, "ListNodes", ClusterArn=arn)["NodeInfoList"]

    assert len(others) == 2
    assert (first["NodeType"], first["InstanceType"]) == ("BROKER", STANDARD)
    [endpoint] = first["BrokerNodeInfo"]["Endpoints"]
    assert endpoint.startswith("b-1.orders.")


def test_nodes_come_in_pages(scene: Scene, arn: str) -> None:
    page = scene.call(OWNER, "ListNodes", ClusterArn=arn, MaxResults=2)

    assert len(page["NodeInfoList"]) == 2
    assert list(nodes(scene, arn, NextToken=page["NextToken"])) == [3]


def test_only_the_owner_lists_nodes(scene: Scene, arn: str) -> None:
    assert scene.refusal(CLIENT, "ListNodes", ClusterArn=arn).code == "ForbiddenException"


def test_an_upgrade_has_both_kinds_for_a_while_and_then_others(scene: Scene, arn: str) -> None:
    update(scene, arn, BOTH)
    mixed = {1: "STANDARD", 2: "STANDARD", 3: "STANDARD", 4: "EXPRESS", 5: "EXPRESS", 6: "EXPRESS"}
    assert nodes(scene, arn) == mixed
    provisioned = scene.describe(arn)["Provisioned"]
    assert provisioned["NumberOfBrokerNodes"] == 6
    assert provisioned["BrokerNodeGroupInfo"]["InstanceType"] == BOTH

    update(scene, arn, EXPRESS)
    assert nodes(scene, arn) == {4: "EXPRESS", 5: "EXPRESS", 6: "EXPRESS"}
    answer = scene.call(OWNER, "GetBootstrapBrokers", ClusterArn=arn)
    hosts = answer["BootstrapBrokerStringVpcConnectivitySaslIam"].split(",")
    assert {host[:4] for host in hosts} == {"b-4.", "b-5.", "b-6."}
    assert scene.msk.find_broker(hosts[0].partition(":")[0]) is not None


def test_an_upgrade_can_be_rolled_back(scene: Scene, arn: str) -> None:
    update(scene, arn, BOTH)
    update(scene, arn, STANDARD)

    assert set(nodes(scene, arn)) == {1, 2, 3}


def test_brokers_of_another_size_keep_their_ids(scene: Scene, arn: str) -> None:
    update(scene, arn, "kafka.m7g.xlarge")

    assert nodes(scene, arn) == dict.fromkeys((1, 2, 3), "STANDARD")


def test_express_brokers_change_size_while_the_cluster_is_active(scene: Scene, arn: str) -> None:
    update(scene, arn, BOTH)
    update(scene, arn, EXPRESS)
    params = {"CurrentVersion": scene.version(arn), "TargetInstanceType": "express.m7g.xlarge"}

    scene.call(OWNER, "UpdateBrokerType", ClusterArn=arn, **params)

    assert scene.describe(arn)["State"] == "ACTIVE"
    [latest, *_] = scene.call(OWNER, "ListClusterOperationsV2", ClusterArn=arn)[
        "ClusterOperationInfoList"
    ]
    assert latest["OperationType"] == "BROKER_UPDATE"
    scene.later(45)
    assert set(nodes(scene, arn)) == {4, 5, 6}


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
def test_what_cannot_be_upgraded_is_refused(
    scene: Scene, target: str, changes: dict[str, Any]
) -> None:
    arn = scene.cluster(**({"KafkaVersion": "3.9.x.kraft"} | changes))
    params = {"CurrentVersion": scene.version(arn), "TargetInstanceType": target}

    refusal = scene.refusal(OWNER, "UpdateBrokerType", ClusterArn=arn, **params)

    assert refusal.code == "BadRequestException"
    assert scene.describe(arn)["State"] == "ACTIVE"


def test_a_stale_version_is_refused(scene: Scene, arn: str) -> None:
    params = {"CurrentVersion": "K0", "TargetInstanceType": "kafka.m7g.xlarge"}

    assert scene.refusal(OWNER, "UpdateBrokerType", ClusterArn=arn, **params).code == (
        "BadRequestException"
    )
