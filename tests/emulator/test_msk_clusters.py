"""Create, describe, list and delete clusters."""

from typing import Any

import pytest

from localcloud.msk import Assumptions, MskError, Scheme
from localcloud.msk.errors import PRIVATE_AT_CREATION, PUBLIC_AT_CREATION, STALE_CLUSTER_VERSION
from tests.emulator.builders import ALL_SCHEMES_ON, CLIENT, OWNER, ZONES, Emulator, Json, flags


def nodes(emulator: Emulator, **changes: Any) -> Json:
    info: Json = emulator.provisioned()["BrokerNodeGroupInfo"]
    return info | changes


def create_refusal(emulator: Emulator, **changes: Any) -> tuple[str, str, str | None]:
    error = emulator.refusal(
        OWNER, "CreateClusterV2", ClusterName="orders", Provisioned=emulator.provisioned(**changes)
    )
    return error.code, error.message, error.invalid_parameter


def test_a_cluster_is_active_after_twenty_minutes(emulator: Emulator) -> None:
    made = emulator.call(
        OWNER, "CreateClusterV2", ClusterName="orders", Provisioned=emulator.provisioned()
    )
    assert (made["State"], made["ClusterType"]) == ("CREATING", "PROVISIONED")

    emulator.later(19)
    assert emulator.describe(made["ClusterArn"])["State"] == "CREATING"
    emulator.later(1)
    assert emulator.describe(made["ClusterArn"])["State"] == "ACTIVE"


def test_describe_shows_zones_software_and_connectivity(emulator: Emulator) -> None:
    block = emulator.describe(emulator.cluster())["Provisioned"]

    assert block["BrokerNodeGroupInfo"]["ZoneIds"] == list(ZONES)
    assert block["CurrentBrokerSoftwareInfo"] == {
        "KafkaVersion": "3.8.x",
        "ConfigurationArn": emulator.configuration(),
        "ConfigurationRevision": 1,
    }
    assert block["BrokerNodeGroupInfo"]["ConnectivityInfo"] == {
        "PublicAccess": {"Type": "DISABLED"},
        "NetworkType": "IPV4",
        **flags(),
    }


def test_both_api_versions_create_and_describe_the_same_cluster(emulator: Emulator) -> None:
    made = emulator.call(OWNER, "CreateCluster", ClusterName="orders", **emulator.provisioned())

    old = emulator.call(OWNER, "DescribeCluster", ClusterArn=made["ClusterArn"])["ClusterInfo"]
    new = emulator.describe(made["ClusterArn"])

    assert old["BrokerNodeGroupInfo"] == new["Provisioned"]["BrokerNodeGroupInfo"]
    assert old["CurrentVersion"] == new["CurrentVersion"]


def test_a_cluster_without_schemes_allows_unauthenticated_access(emulator: Emulator) -> None:
    block = emulator.describe(emulator.cluster(ClientAuthentication={}))["Provisioned"]

    assert block["ClientAuthentication"]["Unauthenticated"] == {"Enabled": True}


def test_private_connectivity_must_be_off_at_creation(emulator: Emulator) -> None:
    asked = nodes(emulator, ConnectivityInfo=flags(Scheme.IAM))

    assert create_refusal(emulator, BrokerNodeGroupInfo=asked) == (
        "BadRequestException",
        PRIVATE_AT_CREATION,
        "vpcConnectivity.clientAuthentication",
    )


def test_flags_that_are_all_off_are_accepted_at_creation(emulator: Emulator) -> None:
    asked = nodes(emulator, ConnectivityInfo=flags())

    assert emulator.describe(emulator.cluster(BrokerNodeGroupInfo=asked))["State"] == "ACTIVE"


def test_public_access_must_be_off_at_creation(emulator: Emulator) -> None:
    asked = nodes(emulator, ConnectivityInfo={"PublicAccess": {"Type": "SERVICE_PROVIDED_EIPS"}})

    assert create_refusal(emulator, BrokerNodeGroupInfo=asked)[1] == PUBLIC_AT_CREATION


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
def test_a_contradictory_cluster_is_refused(
    emulator: Emulator, changes: Json, parameter: str
) -> None:
    code, _, invalid_parameter = create_refusal(emulator, **changes)

    assert (code, invalid_parameter) == ("BadRequestException", parameter)


@pytest.mark.parametrize(
    "subnets",
    [
        pytest.param(["subnet-none"], id="that do not exist"),
        pytest.param(["subnet-vpc-owner-euw1-az1"] * 2, id="twice in one zone"),
        pytest.param([], id="none at all"),
    ],
)
def test_a_cluster_needs_subnets_in_different_zones(emulator: Emulator, subnets: list[str]) -> None:
    asked = nodes(emulator, ClientSubnets=subnets)

    code, _, parameter = create_refusal(emulator, BrokerNodeGroupInfo=asked, NumberOfBrokerNodes=2)

    assert (code, parameter) == ("BadRequestException", "clientSubnets")


def test_express_brokers_need_three_subnets(emulator: Emulator) -> None:
    subnets = [f"subnet-vpc-owner-{zone}" for zone in ZONES[:2]]
    asked = nodes(emulator, InstanceType="express.m7g.large", ClientSubnets=subnets)

    code, _, parameter = create_refusal(emulator, BrokerNodeGroupInfo=asked, NumberOfBrokerNodes=2)

    assert (code, parameter) == ("BadRequestException", "clientSubnets")


def test_a_cluster_needs_a_revision_that_exists(emulator: Emulator) -> None:
    missing = {"Arn": emulator.configuration(), "Revision": 2}

    assert create_refusal(emulator, ConfigurationInfo=missing)[2] == "configurationInfo"


def test_dual_stack_is_refused_at_creation(emulator: Emulator) -> None:
    asked = nodes(emulator, ConnectivityInfo={"NetworkType": "DUAL"})

    assert create_refusal(emulator, BrokerNodeGroupInfo=asked)[2] == "networkType"


def test_a_name_is_used_once_per_account(emulator: Emulator) -> None:
    emulator.cluster()

    assert create_refusal(emulator)[0] == "ConflictException"


def test_a_name_has_letters_digits_and_hyphens(emulator: Emulator) -> None:
    error = emulator.refusal(
        OWNER, "CreateClusterV2", ClusterName="a/b", Provisioned=emulator.provisioned()
    )

    assert error.invalid_parameter == "clusterName"


def test_a_cluster_is_either_provisioned_or_serverless(emulator: Emulator) -> None:
    assert emulator.refusal(OWNER, "CreateClusterV2", ClusterName="orders").status == 400


def serverless(emulator: Emulator, name: str = "events") -> str:
    made = emulator.call(
        OWNER,
        "CreateClusterV2",
        ClusterName=name,
        Serverless={
            "VpcConfigs": [{"SubnetIds": [f"subnet-vpc-owner-{zone}" for zone in ZONES]}],
            "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}},
        },
    )
    emulator.later(20)
    return str(made["ClusterArn"])


def test_a_serverless_cluster_is_shown_only_by_the_second_api_version(emulator: Emulator) -> None:
    arn = serverless(emulator)

    assert emulator.describe(arn)["ClusterType"] == "SERVERLESS"
    assert emulator.refusal(OWNER, "DescribeCluster", ClusterArn=arn).status == 400
    assert emulator.call(OWNER, "ListClusters")["ClusterInfoList"] == []


def test_a_serverless_cluster_has_no_private_connectivity(emulator: Emulator) -> None:
    assert emulator.update_refusal(serverless(emulator), flags(Scheme.IAM)).status == 400


def test_a_serverless_cluster_has_one_bootstrap_host(emulator: Emulator) -> None:
    answer = emulator.call(OWNER, "GetBootstrapBrokers", ClusterArn=serverless(emulator))

    assert answer["BootstrapBrokerStringSaslIam"].endswith(
        ".c3.kafka-serverless.eu-west-1.amazonaws.com:9098"
    )


def test_a_list_filters_by_prefix_and_by_type(emulator: Emulator) -> None:
    emulator.cluster("orders")
    emulator.cluster("orders-archive")
    serverless(emulator, "orders-events")
    emulator.cluster("payments")

    def names(**filters: str) -> list[str]:
        answer = emulator.call(OWNER, "ListClustersV2", **filters)
        return [item["ClusterName"] for item in answer["ClusterInfoList"]]

    assert names(ClusterNameFilter="orders") == ["orders", "orders-archive", "orders-events"]
    assert names(ClusterTypeFilter="SERVERLESS") == ["orders-events"]
    assert names(ClusterNameFilter="orders", ClusterTypeFilter="PROVISIONED") == [
        "orders",
        "orders-archive",
    ]
    assert emulator.refusal(OWNER, "ListClustersV2", ClusterTypeFilter="BIG").status == 400


def test_a_list_carries_the_tags(emulator: Emulator) -> None:
    arn = emulator.cluster()
    emulator.call(OWNER, "TagResource", ResourceArn=arn, Tags={"msklink": "auto"})

    [listed] = emulator.call(OWNER, "ListClustersV2")["ClusterInfoList"]
    assert listed["Tags"] == {"msklink": "auto"}


def test_a_list_has_only_clusters_of_the_account(emulator: Emulator) -> None:
    emulator.cluster()

    assert emulator.call(CLIENT, "ListClustersV2")["ClusterInfoList"] == []


def test_a_deleted_cluster_disappears_after_its_duration(emulator: Emulator) -> None:
    arn = emulator.cluster()

    assert emulator.call(OWNER, "DeleteCluster", ClusterArn=arn)["State"] == "DELETING"
    assert emulator.refusal(OWNER, "DeleteCluster", ClusterArn=arn).status == 400
    emulator.later(5)

    assert emulator.refusal(OWNER, "DescribeClusterV2", ClusterArn=arn).code == "NotFoundException"


@pytest.mark.parametrize("is_free", [False, True])
def test_whether_the_name_of_a_deleting_cluster_is_free_can_be_chosen(*, is_free: bool) -> None:
    emulator = Emulator(Assumptions(name_is_free_while_deleting=is_free))
    old = emulator.cluster()
    emulator.call(OWNER, "DeleteCluster", ClusterArn=old)

    if is_free:
        assert emulator.cluster() != old
    else:
        with pytest.raises(MskError) as caught:
            emulator.cluster()
        assert caught.value.code == "ConflictException"


def test_delete_with_a_stale_version_is_refused(emulator: Emulator) -> None:
    arn = emulator.cluster()

    error = emulator.refusal(OWNER, "DeleteCluster", ClusterArn=arn, CurrentVersion="K0LD")

    assert error.message == STALE_CLUSTER_VERSION
    assert emulator.describe(arn)["State"] == "ACTIVE"


def test_deleting_a_cluster_leaves_inactive_connections(emulator: Emulator) -> None:
    arn = emulator.private_cluster()
    connection = emulator.connect(arn)
    emulator.later(4)

    emulator.call(OWNER, "DeleteCluster", ClusterArn=arn)
    emulator.later(5)

    assert emulator.connection_state(connection) == "INACTIVE"


def test_msk_can_take_a_cluster_into_maintenance(emulator: Emulator) -> None:
    arn = emulator.cluster()
    emulator.msk.force_state(arn, "HEALING")

    assert emulator.update_refusal(arn, flags(Scheme.IAM)).code == "BadRequestException"


def test_a_cluster_of_another_region_is_not_found(emulator: Emulator) -> None:
    arn = emulator.cluster().replace("eu-west-1", "us-east-1")

    assert emulator.refusal(OWNER, "DescribeClusterV2", ClusterArn=arn).status == 404


def test_a_configuration_is_deleted_unless_a_cluster_uses_it(emulator: Emulator) -> None:
    emulator.cluster()
    free = emulator.configuration(name="free")

    emulator.call(OWNER, "DeleteConfiguration", Arn=free)
    refusal = emulator.refusal(OWNER, "DeleteConfiguration", Arn=emulator.configuration())

    assert refusal.code == "BadRequestException"
    names = [one["Name"] for one in emulator.call(OWNER, "ListConfigurations")["Configurations"]]
    assert names == ["strict"]
