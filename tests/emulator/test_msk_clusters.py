"""Clusters: created, described, listed, deleted."""

from typing import Any

import pytest

from localcloud.msk import Assumptions, MskError, Scheme
from localcloud.msk.errors import PRIVATE_AT_CREATION, PUBLIC_AT_CREATION, STALE_CLUSTER_VERSION
from tests.emulator.builders import ALL_SCHEMES_ON, CLIENT, OWNER, ZONES, Json, Scene, flags


def nodes(scene: Scene, **changes: Any) -> Json:
    info: Json = scene.provisioned()["BrokerNodeGroupInfo"]
    return info | changes


def create_refusal(scene: Scene, **changes: Any) -> tuple[str, str, str | None]:
    error = scene.refusal(
        OWNER, "CreateClusterV2", ClusterName="orders", Provisioned=scene.provisioned(**changes)
    )
    return error.code, error.message, error.invalid_parameter


def test_a_cluster_is_active_after_twenty_minutes(scene: Scene) -> None:
    made = scene.call(
        OWNER, "CreateClusterV2", ClusterName="orders", Provisioned=scene.provisioned()
    )
    assert (made["State"], made["ClusterType"]) == ("CREATING", "PROVISIONED")

    scene.later(19)
    assert scene.describe(made["ClusterArn"])["State"] == "CREATING"
    scene.later(1)
    assert scene.describe(made["ClusterArn"])["State"] == "ACTIVE"


def test_a_described_cluster_tells_zones_software_and_connectivity(scene: Scene) -> None:
    block = scene.describe(scene.cluster())["Provisioned"]

    assert block["BrokerNodeGroupInfo"]["ZoneIds"] == list(ZONES)
    assert block["CurrentBrokerSoftwareInfo"] == {
        "KafkaVersion": "3.8.x",
        "ConfigurationArn": scene.configuration(),
        "ConfigurationRevision": 1,
    }
    assert block["BrokerNodeGroupInfo"]["ConnectivityInfo"] == {
        "PublicAccess": {"Type": "DISABLED"},
        "NetworkType": "IPV4",
        **flags(),
    }


def test_both_api_versions_make_and_show_the_same_cluster(scene: Scene) -> None:
    made = scene.call(OWNER, "CreateCluster", ClusterName="orders", **scene.provisioned())

    old = scene.call(OWNER, "DescribeCluster", ClusterArn=made["ClusterArn"])["ClusterInfo"]
    new = scene.describe(made["ClusterArn"])

    assert old["BrokerNodeGroupInfo"] == new["Provisioned"]["BrokerNodeGroupInfo"]
    assert old["CurrentVersion"] == new["CurrentVersion"]


def test_a_cluster_without_any_scheme_lets_everyone_in(scene: Scene) -> None:
    block = scene.describe(scene.cluster(ClientAuthentication={}))["Provisioned"]

    assert block["ClientAuthentication"]["Unauthenticated"] == {"Enabled": True}


def test_private_connectivity_must_be_off_at_creation(scene: Scene) -> None:
    asked = nodes(scene, ConnectivityInfo=flags(Scheme.IAM))

    assert create_refusal(scene, BrokerNodeGroupInfo=asked) == (
        "BadRequestException",
        PRIVATE_AT_CREATION,
        "vpcConnectivity.clientAuthentication",
    )


def test_flags_that_are_all_off_are_welcome_at_creation(scene: Scene) -> None:
    asked = nodes(scene, ConnectivityInfo=flags())

    assert scene.describe(scene.cluster(BrokerNodeGroupInfo=asked))["State"] == "ACTIVE"


def test_public_access_must_be_off_at_creation(scene: Scene) -> None:
    asked = nodes(scene, ConnectivityInfo={"PublicAccess": {"Type": "SERVICE_PROVIDED_EIPS"}})

    assert create_refusal(scene, BrokerNodeGroupInfo=asked)[1] == PUBLIC_AT_CREATION


@pytest.mark.parametrize(
    ("changes", "parameter"),
    [
        ({"NumberOfBrokerNodes": 4}, "numberOfBrokerNodes"),
        ({"ClientAuthentication": {"Tls": {"Enabled": True}}}, "certificateAuthorityArnList"),
        ({"ConfigurationInfo": {"Arn": "arn:nothing", "Revision": 1}}, "configurationInfo"),
        (
            {
                "ClientAuthentication": ALL_SCHEMES_ON,
                "EncryptionInfo": {"EncryptionInTransit": {"ClientBroker": "PLAINTEXT"}},
            },
            "clientBroker",
        ),
        (
            {
                "ClientAuthentication": ALL_SCHEMES_ON,
                "EncryptionInfo": {"EncryptionInTransit": {"ClientBroker": "TLS_PLAINTEXT"}},
            },
            "unauthenticated",
        ),
    ],
)
def test_a_contradictory_cluster_is_refused(scene: Scene, changes: Json, parameter: str) -> None:
    code, _, invalid_parameter = create_refusal(scene, **changes)

    assert (code, invalid_parameter) == ("BadRequestException", parameter)


@pytest.mark.parametrize(
    "subnets",
    [
        pytest.param(["subnet-none"], id="that do not exist"),
        pytest.param(["subnet-vpc-owner-euw1-az1"] * 2, id="twice in one zone"),
        pytest.param([], id="none at all"),
    ],
)
def test_a_cluster_needs_subnets_in_different_zones(scene: Scene, subnets: list[str]) -> None:
    asked = nodes(scene, ClientSubnets=subnets)

    code, _, parameter = create_refusal(scene, BrokerNodeGroupInfo=asked, NumberOfBrokerNodes=2)

    assert (code, parameter) == ("BadRequestException", "clientSubnets")


def test_express_brokers_need_three_subnets(scene: Scene) -> None:
    subnets = [f"subnet-vpc-owner-{zone}" for zone in ZONES[:2]]
    asked = nodes(scene, InstanceType="express.m7g.large", ClientSubnets=subnets)

    code, _, parameter = create_refusal(scene, BrokerNodeGroupInfo=asked, NumberOfBrokerNodes=2)

    assert (code, parameter) == ("BadRequestException", "clientSubnets")


def test_a_cluster_needs_a_revision_that_exists(scene: Scene) -> None:
    missing = {"Arn": scene.configuration(), "Revision": 2}

    assert create_refusal(scene, ConfigurationInfo=missing)[2] == "configurationInfo"


def test_dual_stack_must_wait_until_the_cluster_is_there(scene: Scene) -> None:
    asked = nodes(scene, ConnectivityInfo={"NetworkType": "DUAL"})

    assert create_refusal(scene, BrokerNodeGroupInfo=asked)[2] == "networkType"


def test_a_name_is_used_once_per_account(scene: Scene) -> None:
    scene.cluster()

    assert create_refusal(scene)[0] == "ConflictException"


def test_a_name_has_letters_digits_and_hyphens(scene: Scene) -> None:
    error = scene.refusal(
        OWNER, "CreateClusterV2", ClusterName="a/b", Provisioned=scene.provisioned()
    )

    assert error.invalid_parameter == "clusterName"


def test_a_cluster_is_either_provisioned_or_serverless(scene: Scene) -> None:
    assert scene.refusal(OWNER, "CreateClusterV2", ClusterName="orders").status == 400


def serverless(scene: Scene, name: str = "events") -> str:
    made = scene.call(
        OWNER,
        "CreateClusterV2",
        ClusterName=name,
        Serverless={
            "VpcConfigs": [{"SubnetIds": [f"subnet-vpc-owner-{zone}" for zone in ZONES]}],
            "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}},
        },
    )
    scene.later(20)
    return str(made["ClusterArn"])


def test_a_serverless_cluster_is_shown_only_by_the_second_api_version(scene: Scene) -> None:
    arn = serverless(scene)

    assert scene.describe(arn)["ClusterType"] == "SERVERLESS"
    assert scene.refusal(OWNER, "DescribeCluster", ClusterArn=arn).status == 400
    assert scene.call(OWNER, "ListClusters")["ClusterInfoList"] == []


def test_a_serverless_cluster_has_no_private_connectivity(scene: Scene) -> None:
    assert scene.update_refusal(serverless(scene), flags(Scheme.IAM)).status == 400


def test_a_serverless_cluster_has_one_bootstrap_host(scene: Scene) -> None:
    answer = scene.call(OWNER, "GetBootstrapBrokers", ClusterArn=serverless(scene))

    assert answer["BootstrapBrokerStringSaslIam"].endswith(
        ".c3.kafka-serverless.eu-west-1.amazonaws.com:9098"
    )


def test_a_list_filters_by_prefix_and_by_type(scene: Scene) -> None:
    scene.cluster("orders")
    scene.cluster("orders-archive")
    serverless(scene, "orders-events")
    scene.cluster("payments")

    def names(**filters: str) -> list[str]:
        answer = scene.call(OWNER, "ListClustersV2", **filters)
        return [item["ClusterName"] for item in answer["ClusterInfoList"]]

    assert names(ClusterNameFilter="orders") == ["orders", "orders-archive", "orders-events"]
    assert names(ClusterTypeFilter="SERVERLESS") == ["orders-events"]
    assert names(ClusterNameFilter="orders", ClusterTypeFilter="PROVISIONED") == [
        "orders",
        "orders-archive",
    ]
    assert scene.refusal(OWNER, "ListClustersV2", ClusterTypeFilter="BIG").status == 400


def test_a_list_carries_the_tags(scene: Scene) -> None:
    arn = scene.cluster()
    scene.call(OWNER, "TagResource", ResourceArn=arn, Tags={"msklink": "auto"})

    [listed] = scene.call(OWNER, "ListClustersV2")["ClusterInfoList"]
    assert listed["Tags"] == {"msklink": "auto"}


def test_nobody_sees_the_clusters_of_others_in_a_list(scene: Scene) -> None:
    scene.cluster()

    assert scene.call(CLIENT, "ListClustersV2")["ClusterInfoList"] == []


def test_a_deleted_cluster_is_gone_after_a_while(scene: Scene) -> None:
    arn = scene.cluster()

    assert scene.call(OWNER, "DeleteCluster", ClusterArn=arn)["State"] == "DELETING"
    assert scene.refusal(OWNER, "DeleteCluster", ClusterArn=arn).status == 400
    scene.later(5)

    assert scene.refusal(OWNER, "DescribeClusterV2", ClusterArn=arn).code == "NotFoundException"


@pytest.mark.parametrize("is_free", [False, True])
def test_a_name_can_be_given_again_while_its_cluster_is_being_deleted_or_not(
    *, is_free: bool
) -> None:
    scene = Scene(Assumptions(name_is_free_while_deleting=is_free))
    old = scene.cluster()
    scene.call(OWNER, "DeleteCluster", ClusterArn=old)

    if is_free:
        assert scene.cluster() != old
    else:
        with pytest.raises(MskError) as caught:
            scene.cluster()
        assert caught.value.code == "ConflictException"


def test_a_stale_version_deletes_nothing(scene: Scene) -> None:
    arn = scene.cluster()

    error = scene.refusal(OWNER, "DeleteCluster", ClusterArn=arn, CurrentVersion="K0LD")

    assert error.message == STALE_CLUSTER_VERSION
    assert scene.describe(arn)["State"] == "ACTIVE"


def test_deleting_a_cluster_leaves_dead_connections(scene: Scene) -> None:
    arn = scene.private_cluster()
    connection = scene.connect(arn)
    scene.later(4)

    scene.call(OWNER, "DeleteCluster", ClusterArn=arn)
    scene.later(5)

    assert scene.connection_state(connection) == "INACTIVE"


def test_msk_can_take_a_cluster_into_maintenance(scene: Scene) -> None:
    arn = scene.cluster()
    scene.msk.force_state(arn, "HEALING")

    assert scene.update_refusal(arn, flags(Scheme.IAM)).code == "BadRequestException"


def test_a_cluster_of_another_region_is_not_found(scene: Scene) -> None:
    arn = scene.cluster().replace("eu-west-1", "us-east-1")

    assert scene.refusal(OWNER, "DescribeClusterV2", ClusterArn=arn).status == 404
