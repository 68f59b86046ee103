"""What AWS does not document, which a test can choose: either way of each assumption."""

from localcloud.msk import (
    Assumptions,
)
from tests.emulator.builders import CLIENT, OWNER, Emulator, connect_refusal


def test_connections_of_a_cluster_that_was_never_private_are_not_listed() -> None:
    emulator = Emulator()
    arn = emulator.cluster()

    assert emulator.refusal(OWNER, "ListClientVpcConnections", ClusterArn=arn).status == 400

    emulator.msk.assume(unconnected_cannot_list=False)
    assert emulator.call(OWNER, "ListClientVpcConnections", ClusterArn=arn) == {
        "ClientVpcConnections": []
    }


def test_whether_a_policy_takes_effect_later_can_be_chosen() -> None:
    emulator = Emulator(Assumptions(policy_delay_seconds=20))
    arn = emulator.private_cluster()

    assert connect_refusal(emulator, arn).code == "ForbiddenException"

    emulator.later(1)
    emulator.connect(arn)
    emulator.call(OWNER, "DeleteClusterPolicy", ClusterArn=arn)
    assert emulator.call(CLIENT, "DescribeClusterV2", ClusterArn=arn)
    emulator.later(1)
    assert emulator.refusal(CLIENT, "DescribeClusterV2", ClusterArn=arn).status == 403


def test_whether_the_first_connection_waits_for_the_service_linked_role_can_be_chosen() -> None:
    emulator = Emulator(Assumptions(role_delay_seconds=60))
    arn = emulator.private_cluster()

    refused = connect_refusal(emulator, arn)

    assert (refused.code, "service-linked role" in refused.message) == ("BadRequestException", True)
    emulator.later(1)
    emulator.connect(arn)


def test_whether_an_updating_cluster_accepts_connections_can_be_chosen() -> None:
    emulator = Emulator()
    arn = emulator.private_cluster()
    emulator.msk.force_state(arn, "UPDATING")

    assert connect_refusal(emulator, arn).code == "BadRequestException"

    emulator.msk.assume(busy_takes_connections=True)
    emulator.connect(arn)
