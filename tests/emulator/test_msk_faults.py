"""The faults that a test can inject: errors, failures, slowness, stale versions, other calls."""

import pytest

from localcloud.msk import Scheme, faults
from localcloud.msk.errors import STALE_CLUSTER_VERSION, STALE_POLICY_VERSION
from tests.emulator.builders import CLIENT, OWNER, Emulator, flags, policy, statement


def test_an_error_before_the_effect_changes_nothing(emulator: Emulator) -> None:
    arn = emulator.private_cluster()
    emulator.msk.faults.add(faults.error("CreateVpcConnection"))

    wanted = emulator.wanted_connection(arn)
    assert emulator.refusal(CLIENT, "CreateVpcConnection", **wanted).status == 500

    assert emulator.call(CLIENT, "ListVpcConnections")["VpcConnections"] == []
    emulator.connect(arn)


def test_an_error_after_the_effect_leaves_it(emulator: Emulator) -> None:
    arn = emulator.private_cluster()
    emulator.msk.faults.add(
        faults.error("CreateVpcConnection", "ServiceUnavailableException", when="after")
    )

    wanted = emulator.wanted_connection(arn)
    assert emulator.refusal(CLIENT, "CreateVpcConnection", **wanted).status == 503

    assert len(emulator.call(CLIENT, "ListVpcConnections")["VpcConnections"]) == 1


def test_throttling_ends_after_the_given_times(emulator: Emulator) -> None:
    emulator.msk.faults.add(faults.throttled("ListClustersV2", times=2))

    for _ in range(2):
        error = emulator.refusal(OWNER, "ListClustersV2")
        assert (error.code, error.status) == ("TooManyRequestsException", 429)
    emulator.call(OWNER, "ListClustersV2")


def test_a_fault_without_times_lasts_until_it_is_cleared(emulator: Emulator) -> None:
    emulator.msk.faults.add(faults.throttled("ListClustersV2", times=None))

    for _ in range(5):
        emulator.refusal(OWNER, "ListClustersV2")
    emulator.msk.faults.clear()
    emulator.call(OWNER, "ListClustersV2")


def test_a_fault_can_be_limited_to_one_account(emulator: Emulator) -> None:
    emulator.msk.faults.add(faults.throttled("ListVpcConnections", account=CLIENT.account))

    emulator.call(OWNER, "ListVpcConnections")
    emulator.refusal(CLIENT, "ListVpcConnections")


def test_a_failed_update_keeps_flags_and_version(emulator: Emulator) -> None:
    arn = emulator.cluster()
    version = emulator.version(arn)
    emulator.msk.faults.add(
        faults.fails("UpdateConnectivity", "Broken", "A broker did not come up.")
    )

    operation = emulator.update(arn, flags(Scheme.IAM))
    emulator.later(45)

    shown = emulator.operation(operation)
    assert shown["OperationState"] == "UPDATE_FAILED"
    assert shown["ErrorInfo"] == {
        "ErrorCode": "Broken",
        "ErrorString": "A broker did not come up.",
    }
    old = emulator.call(OWNER, "DescribeClusterOperation", ClusterOperationArn=operation)
    assert old["ClusterOperationInfo"]["ErrorInfo"] == shown["ErrorInfo"]
    assert (emulator.describe(arn)["State"], emulator.version(arn)) == ("ACTIVE", version)


def test_slowness_multiplies_the_duration(emulator: Emulator) -> None:
    arn = emulator.cluster()
    emulator.msk.faults.add(faults.slow("UpdateConnectivity", 2.0))
    emulator.update(arn, flags(Scheme.IAM))

    emulator.later(89)
    assert emulator.describe(arn)["State"] == "UPDATING"
    emulator.later(1)
    assert emulator.describe(arn)["State"] == "ACTIVE"


@pytest.mark.parametrize("operation", ["CreateClusterV2", "CreateVpcConnection"])
def test_a_creation_can_end_in_failure(emulator: Emulator, operation: str) -> None:
    emulator.msk.faults.add(faults.fails(operation, "Broken", "It broke."))

    if operation == "CreateClusterV2":
        assert emulator.describe(emulator.cluster())["State"] == "FAILED"
        return
    connection = emulator.connect(emulator.private_cluster())
    emulator.later(4)
    assert emulator.connection_state(connection) == "FAILED"
    emulator.call(CLIENT, "DeleteVpcConnection", Arn=connection)


def test_versions_can_go_stale_just_before_the_call(emulator: Emulator) -> None:
    arn = emulator.private_cluster(Scheme.IAM)
    emulator.msk.faults.add(faults.stale("UpdateConnectivity"), faults.stale("PutClusterPolicy"))
    version = emulator.call(OWNER, "GetClusterPolicy", ClusterArn=arn)["CurrentVersion"]

    both = flags(Scheme.IAM, Scheme.TLS)
    assert emulator.update_refusal(arn, both).message == STALE_CLUSTER_VERSION
    emulator.update(arn, both)
    error = emulator.refusal(
        OWNER,
        "PutClusterPolicy",
        ClusterArn=arn,
        CurrentVersion=version,
        Policy=policy(statement()),
    )
    assert error.message == STALE_POLICY_VERSION


def test_another_call_can_happen_just_before_the_call(emulator: Emulator) -> None:
    arn = emulator.cluster()

    def tag() -> None:
        emulator.call(OWNER, "TagResource", ResourceArn=arn, Tags={"a": "1"})

    emulator.msk.faults.add(faults.meanwhile("ListTagsForResource", tag))

    assert emulator.call(OWNER, "ListTagsForResource", ResourceArn=arn)["Tags"] == {"a": "1"}
    assert len(emulator.tag_changes) == 1
