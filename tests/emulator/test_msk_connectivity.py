"""UpdateConnectivity: its errors, its duration and its results."""

from typing import Any

import pytest

from localcloud.msk import Assumptions, Scheme
from localcloud.msk.connectivity import is_recent
from localcloud.msk.errors import IDENTICAL, ONE_FAMILY, STALE_CLUSTER_VERSION
from tests.emulator.builders import ALL_SCHEMES_ON, OWNER, Emulator, Json, flags, policy, statement

IAM_ON = flags(Scheme.IAM)


def private_flags(emulator: Emulator, arn: str) -> Json | None:
    info = emulator.describe(arn)["Provisioned"]["BrokerNodeGroupInfo"]["ConnectivityInfo"]
    found: Json | None = info.get("VpcConnectivity")
    return found


def test_an_update_ends_after_45_minutes_with_a_new_version(emulator: Emulator) -> None:
    arn = emulator.cluster()
    before = emulator.version(arn)

    operation = emulator.update(arn, IAM_ON)
    running = emulator.describe(arn)
    assert (running["State"], running["ActiveOperationArn"]) == ("UPDATING", operation)
    assert {"VpcConnectivity": private_flags(emulator, arn)} == flags()

    emulator.later(45)
    done = emulator.describe(arn)
    assert done["State"] == "ACTIVE"
    assert done["CurrentVersion"] != before
    assert "ActiveOperationArn" not in done
    assert {"VpcConnectivity": private_flags(emulator, arn)} == IAM_ON


def test_the_operation_shows_the_state_of_the_update(emulator: Emulator) -> None:
    operation = emulator.update(emulator.cluster(), IAM_ON)

    assert emulator.operation(operation)["OperationState"] == "PENDING"
    emulator.later(1)
    assert emulator.operation(operation)["OperationState"] == "UPDATE_IN_PROGRESS"
    emulator.later(44)
    done = emulator.operation(operation)
    assert (done["OperationState"], done["OperationType"]) == (
        "UPDATE_COMPLETE",
        "UPDATE_CONNECTIVITY",
    )
    assert done["EndTime"] > done["StartTime"]
    target = done["Provisioned"]["TargetClusterInfo"]["ConnectivityInfo"]
    assert target["VpcConnectivity"] == IAM_ON["VpcConnectivity"]


def test_an_update_needs_an_active_cluster(emulator: Emulator) -> None:
    arn = emulator.cluster()
    emulator.update(arn, IAM_ON)

    error = emulator.update_refusal(arn, flags(Scheme.IAM, Scheme.TLS))

    assert (error.code, error.invalid_parameter) == ("BadRequestException", "clusterArn")


def test_an_update_with_a_stale_version_is_refused(emulator: Emulator) -> None:
    arn = emulator.cluster()

    error = emulator.refusal(
        OWNER,
        "UpdateConnectivity",
        ClusterArn=arn,
        CurrentVersion="K0LD",
        ConnectivityInfo=IAM_ON,
    )

    assert (error.code, error.message) == ("BadRequestException", STALE_CLUSTER_VERSION)


@pytest.mark.parametrize("same", [IAM_ON, {"PublicAccess": {"Type": "DISABLED"}}])
def test_the_current_settings_are_refused_as_identical(emulator: Emulator, same: Json) -> None:
    arn = emulator.private_cluster(Scheme.IAM)

    error = emulator.update_refusal(arn, same)

    assert (error.message, error.invalid_parameter) == (IDENTICAL, "connectivityInfo")


def test_switching_off_a_scheme_that_was_never_on_is_identical(emulator: Emulator) -> None:
    assert emulator.update_refusal(emulator.cluster(), flags()).message == IDENTICAL


def test_one_call_updates_one_family_of_settings(emulator: Emulator) -> None:
    both = IAM_ON | {"PublicAccess": {"Type": "SERVICE_PROVIDED_EIPS"}}

    assert emulator.update_refusal(emulator.cluster(), both).message == ONE_FAMILY


def test_an_update_of_nothing_is_refused(emulator: Emulator) -> None:
    assert emulator.update_refusal(emulator.cluster(), {}).invalid_parameter == "connectivityInfo"


def test_an_omitted_scheme_is_switched_off(emulator: Emulator) -> None:
    arn = emulator.private_cluster(Scheme.IAM)

    emulator.update(arn, {"VpcConnectivity": {"ClientAuthentication": {"Tls": {"Enabled": True}}}})
    emulator.later(45)

    assert {"VpcConnectivity": private_flags(emulator, arn)} == flags(Scheme.TLS)


def test_the_other_assumption_keeps_an_omitted_scheme() -> None:
    emulator = Emulator(Assumptions(omitted_scheme_is_off=False))
    arn = emulator.private_cluster(Scheme.IAM)

    emulator.update(arn, {"VpcConnectivity": {"ClientAuthentication": {"Tls": {"Enabled": True}}}})
    emulator.later(45)

    assert {"VpcConnectivity": private_flags(emulator, arn)} == flags(Scheme.IAM, Scheme.TLS)


def test_one_update_can_switch_on_all_three_schemes(emulator: Emulator) -> None:
    arn = emulator.cluster()

    emulator.update(arn, flags(*Scheme))
    emulator.later(45)

    assert {"VpcConnectivity": private_flags(emulator, arn)} == flags(*Scheme)


def small(emulator: Emulator) -> Json:
    nodes: Json = emulator.provisioned()["BrokerNodeGroupInfo"]
    return nodes | {"InstanceType": "kafka.t3.small"}


@pytest.mark.parametrize(
    ("changes", "scheme", "parameter"),
    [
        ({"KafkaVersion": "2.6.2"}, Scheme.IAM, "kafkaVersion"),
        (
            {"ClientAuthentication": {"Unauthenticated": {"Enabled": True}}},
            Scheme.IAM,
            "vpcConnectivity.clientAuthentication",
        ),
        (
            {"ClientAuthentication": {"Sasl": {"Scram": {"Enabled": True}}}},
            Scheme.IAM,
            "vpcConnectivity.clientAuthentication",
        ),
    ],
)
def test_an_ineligible_cluster_is_refused(
    emulator: Emulator, changes: Json, scheme: Scheme, parameter: str
) -> None:
    error = emulator.update_refusal(emulator.cluster(**changes), flags(scheme))

    assert (error.code, error.invalid_parameter) == ("BadRequestException", parameter)


def test_small_brokers_are_refused(emulator: Emulator) -> None:
    arn = emulator.cluster(BrokerNodeGroupInfo=small(emulator))

    error = emulator.update_refusal(arn, IAM_ON)

    assert error.invalid_parameter == "instanceType"
    assert error.message == (
        "Multi-VPC private connectivity is not supported on the broker instance type of the MSK "
        "cluster."
    )
    put = {"ClusterArn": arn, "Policy": policy(statement())}
    assert emulator.call(OWNER, "PutClusterPolicy", **put)["CurrentVersion"]  # as ACK's tests do


MIXED: Json = {
    "ClientAuthentication": ALL_SCHEMES_ON | {"Unauthenticated": {"Enabled": True}},
    "EncryptionInfo": {"EncryptionInTransit": {"ClientBroker": "TLS_PLAINTEXT"}},
}


def test_unauthenticated_access_beside_a_scheme_is_accepted(emulator: Emulator) -> None:
    arn = emulator.cluster(**MIXED)

    emulator.update(arn, IAM_ON)
    emulator.later(45)

    assert {"VpcConnectivity": private_flags(emulator, arn)} == IAM_ON


def test_the_other_assumption_refuses_unauthenticated_access_beside_a_scheme() -> None:
    emulator = Emulator(Assumptions(mixed_is_refused=True))

    error = emulator.update_refusal(emulator.cluster(**MIXED), IAM_ON)

    assert error.invalid_parameter == "vpcConnectivity.clientAuthentication"


@pytest.mark.parametrize("shown", [True, False], ids=["shown", "left out"])
def test_a_fresh_cluster_shows_three_flags_or_none(shown: bool) -> None:
    emulator = Emulator(Assumptions(fresh_shows_flags=shown))

    assert private_flags(emulator, emulator.cluster()) == (
        flags()["VpcConnectivity"] if shown else None
    )


@pytest.mark.parametrize("scheme", [Scheme.SCRAM, Scheme.TLS])
@pytest.mark.parametrize(
    ("properties", "refused"),
    [
        (b"allow.everyone.if.no.acl.found=false", False),
        (b"allow.everyone.if.no.acl.found : FALSE\n", False),
        (b"allow.everyone.if.no.acl.found=true\nallow.everyone.if.no.acl.found=false", False),
        (b"allow.everyone.if.no.acl.found=true", True),
        (b"#allow.everyone.if.no.acl.found=false", True),
        (b"auto.create.topics.enable=true", True),
    ],
)
def test_scram_and_tls_need_acls_to_be_closed(
    emulator: Emulator, scheme: Scheme, properties: bytes, refused: bool
) -> None:
    configuration = {"Arn": emulator.configuration(properties, "other"), "Revision": 1}
    arn = emulator.cluster(ConfigurationInfo=configuration)

    if refused:
        assert "allow.everyone" in emulator.update_refusal(arn, flags(scheme)).message
    else:
        emulator.update(arn, flags(scheme))


def test_the_default_configuration_allows_everyone_without_acls(emulator: Emulator) -> None:
    block = emulator.provisioned()
    del block["ConfigurationInfo"]
    made = emulator.call(OWNER, "CreateClusterV2", ClusterName="orders", Provisioned=block)
    emulator.later(20)
    arn = made["ClusterArn"]

    assert "allow.everyone" in emulator.update_refusal(arn, flags(Scheme.SCRAM)).message
    emulator.update(arn, IAM_ON)


def test_dual_stack_and_private_connectivity_exclude_each_other(emulator: Emulator) -> None:
    dual = {"NetworkType": "DUAL"}
    private = emulator.private_cluster(name="private")
    assert emulator.update_refusal(private, dual).invalid_parameter == "networkType"

    arn = emulator.cluster("dual")
    emulator.update(arn, dual)
    emulator.later(45)
    assert emulator.update_refusal(arn, IAM_ON).invalid_parameter == "networkType"
    assert emulator.update_refusal(arn, {"NetworkType": "IPV4"}).invalid_parameter == "networkType"


def test_public_access_and_zookeeper_access_are_families_of_their_own(emulator: Emulator) -> None:
    arn = emulator.cluster()
    emulator.update(arn, {"PublicAccess": {"Type": "SERVICE_PROVIDED_EIPS"}})
    emulator.later(45)
    emulator.call(
        OWNER,
        "UpdateConnectivity",
        ClusterArn=arn,
        CurrentVersion=emulator.version(arn),
        ZookeeperAccess={"Enabled": False},
    )
    emulator.later(45)

    brokers = emulator.call(OWNER, "GetBootstrapBrokers", ClusterArn=arn)
    assert "b-1-public.orders." in brokers["BootstrapBrokerStringPublicSaslIam"]
    nonsense = emulator.update_refusal(arn, {"PublicAccess": {"Type": "OPEN"}})
    assert nonsense.invalid_parameter == "publicAccess.type"


@pytest.mark.parametrize(
    ("version", "recent"),
    [
        ("2.7.0", False),
        ("2.7.1", True),
        ("2.8.2.tiered", True),
        ("3.7.x", True),
        ("3.7.x.kraft", True),
        ("2.4.1.1", False),
        ("4.1.x", True),
        ("2.7.x", True),
        ("next", True),
    ],
)
def test_kafka_versions_compare_by_their_numbers(version: str, recent: bool) -> None:
    assert is_recent(version) is recent


def test_operations_are_listed_newest_first_in_both_api_versions(emulator: Emulator) -> None:
    arn = emulator.cluster()
    first = emulator.update(arn, IAM_ON)
    emulator.later(45)
    second = emulator.update(arn, flags(Scheme.IAM, Scheme.TLS))

    def listed(operation: str) -> list[Any]:
        answer = emulator.call(OWNER, operation, ClusterArn=arn)
        return [item["OperationArn"] for item in answer["ClusterOperationInfoList"]]

    assert listed("ListClusterOperationsV2") == [second, first]
    assert listed("ListClusterOperations") == [second, first]
    old = emulator.call(OWNER, "DescribeClusterOperation", ClusterOperationArn=first)
    assert old["ClusterOperationInfo"]["OperationState"] == "UPDATE_COMPLETE"


@pytest.mark.parametrize(
    ("arn", "status"),
    [
        ("arn:aws:kafka:eu-west-1:111111111111:cluster-operation/orders/1/2", 404),
        ("arn:aws:kafka:eu-west-1:999999999999:cluster-operation/orders/1/2", 403),
        ("nonsense", 400),
    ],
)
def test_a_missing_operation_is_refused(emulator: Emulator, arn: str, status: int) -> None:
    refusal = emulator.refusal(OWNER, "DescribeClusterOperationV2", ClusterOperationArn=arn)

    assert refusal.status == status


def test_a_configuration_is_read_back_as_it_was_given(emulator: Emulator) -> None:
    arn = emulator.configuration(b"a=1\n", "plain")

    revision = emulator.call(OWNER, "DescribeConfigurationRevision", Arn=arn, Revision=1)
    assert revision["ServerProperties"] == b"a=1\n"
    assert emulator.call(OWNER, "DescribeConfiguration", Arn=arn)["Name"] == "plain"
    missing = emulator.refusal(OWNER, "DescribeConfigurationRevision", Arn=arn, Revision=2)
    assert missing.status == 404
    again = emulator.refusal(OWNER, "CreateConfiguration", Name="plain", ServerProperties=b"")
    assert again.code == "ConflictException"
    unnamed = emulator.refusal(OWNER, "CreateConfiguration", Name="-", ServerProperties=b"")
    assert unnamed.invalid_parameter == "name"
