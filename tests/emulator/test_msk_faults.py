"""What a test can let go wrong: errors, failures, slowness, stale versions, and others."""

import pytest

from localcloud.msk import Scheme, faults
from localcloud.msk.errors import STALE_CLUSTER_VERSION, STALE_POLICY_VERSION
from tests.emulator.builders import CLIENT, OWNER, Scene, flags, policy, statement


def test_an_error_before_the_effect_changes_nothing(scene: Scene) -> None:
    arn = scene.private_cluster()
    scene.msk.faults.add(faults.error("CreateVpcConnection"))

    wanted = scene.wanted_connection(arn)
    assert scene.refusal(CLIENT, "CreateVpcConnection", **wanted).status == 500

    assert scene.call(CLIENT, "ListVpcConnections")["VpcConnections"] == []
    scene.connect(arn)


def test_an_error_after_the_effect_leaves_it(scene: Scene) -> None:
    arn = scene.private_cluster()
    scene.msk.faults.add(
        faults.error("CreateVpcConnection", "ServiceUnavailableException", when="after")
    )

    wanted = scene.wanted_connection(arn)
    assert scene.refusal(CLIENT, "CreateVpcConnection", **wanted).status == 503

    assert len(scene.call(CLIENT, "ListVpcConnections")["VpcConnections"]) == 1


def test_throttling_ends_after_so_many_times(scene: Scene) -> None:
    scene.msk.faults.add(faults.throttled("ListClustersV2", times=2))

    for _ in range(2):
        error = scene.refusal(OWNER, "ListClustersV2")
        assert (error.code, error.status) == ("TooManyRequestsException", 429)
    scene.call(OWNER, "ListClustersV2")


def test_a_fault_without_an_end_lasts_until_it_is_cleared(scene: Scene) -> None:
    scene.msk.faults.add(faults.throttled("ListClustersV2", times=None))

    for _ in range(5):
        scene.refusal(OWNER, "ListClustersV2")
    scene.msk.faults.clear()
    scene.call(OWNER, "ListClustersV2")


def test_a_fault_can_be_meant_for_one_account(scene: Scene) -> None:
    scene.msk.faults.add(faults.throttled("ListVpcConnections", account=CLIENT.account))

    scene.call(OWNER, "ListVpcConnections")
    scene.refusal(CLIENT, "ListVpcConnections")


def test_a_failed_update_keeps_flags_and_version(scene: Scene) -> None:
    arn = scene.cluster()
    version = scene.version(arn)
    scene.msk.faults.add(faults.fails("UpdateConnectivity", "Broken", "A broker did not come up."))

    operation = scene.update(arn, flags(Scheme.IAM))
    scene.later(45)

    shown = scene.operation(operation)
    assert shown["OperationState"] == "UPDATE_FAILED"
    assert shown["ErrorInfo"] == {
        "ErrorCode": "Broken",
        "ErrorString": "A broker did not come up.",
    }
    old = scene.call(OWNER, "DescribeClusterOperation", ClusterOperationArn=operation)
    assert old["ClusterOperationInfo"]["ErrorInfo"] == shown["ErrorInfo"]
    assert (scene.describe(arn)["State"], scene.version(arn)) == ("ACTIVE", version)


def test_a_slow_update_takes_its_time(scene: Scene) -> None:
    arn = scene.cluster()
    scene.msk.faults.add(faults.slow("UpdateConnectivity", 2.0))
    scene.update(arn, flags(Scheme.IAM))

    scene.later(89)
    assert scene.describe(arn)["State"] == "UPDATING"
    scene.later(1)
    assert scene.describe(arn)["State"] == "ACTIVE"


@pytest.mark.parametrize("operation", ["CreateClusterV2", "CreateVpcConnection"])
def test_a_creation_can_end_in_failure(scene: Scene, operation: str) -> None:
    scene.msk.faults.add(faults.fails(operation, "Broken", "It broke."))

    if operation == "CreateClusterV2":
        assert scene.describe(scene.cluster())["State"] == "FAILED"
        return
    connection = scene.connect(scene.private_cluster())
    scene.later(4)
    assert scene.connection_state(connection) == "FAILED"
    scene.call(CLIENT, "DeleteVpcConnection", Arn=connection)


def test_versions_can_go_stale_just_before_the_call(scene: Scene) -> None:
    arn = scene.private_cluster(Scheme.IAM)
    scene.msk.faults.add(faults.stale("UpdateConnectivity"), faults.stale("PutClusterPolicy"))
    version = scene.call(OWNER, "GetClusterPolicy", ClusterArn=arn)["CurrentVersion"]

    both = flags(Scheme.IAM, Scheme.TLS)
    assert scene.update_refusal(arn, both).message == STALE_CLUSTER_VERSION
    scene.update(arn, both)
    error = scene.refusal(
        OWNER,
        "PutClusterPolicy",
        ClusterArn=arn,
        CurrentVersion=version,
        Policy=policy(statement()),
    )
    assert error.message == STALE_POLICY_VERSION


def test_somebody_else_can_act_just_before_the_call(scene: Scene) -> None:
    arn = scene.cluster()

    def tag() -> None:
        scene.call(OWNER, "TagResource", ResourceArn=arn, Tags={"a": "1"})

    scene.msk.faults.add(faults.meanwhile("ListTagsForResource", tag))

    assert scene.call(OWNER, "ListTagsForResource", ResourceArn=arn)["Tags"] == {"a": "1"}
    assert len(scene.tag_changes) == 1
