from typing import Any

import pytest

from localcloud.msk import faults
from msklink.aws.session import ATTEMPTS
from tests.support.aws import CLIENT, Accounts
from tests.support.steps import Steps, error_of


def codes(accounts: Accounts) -> list[str]:
    return [event["refusal"]["code"] for event in accounts.take_events("Client Refused")]


def test_connecting_twice_creates_once(granted: Steps, accounts: Accounts) -> None:
    granted.connect(CLIENT)
    before = accounts.snapshot(granted.cluster_arn)

    assert granted.connect(CLIENT) == {"changed": 0}
    assert accounts.snapshot(granted.cluster_arn) == before


def test_a_connection_made_by_hand_is_adopted(
    granted: Steps, accounts: Accounts, vpc_id: str
) -> None:
    group = accounts.client("ec2", CLIENT).create_security_group(
        GroupName="hand-made", Description="-", VpcId=vpc_id
    )
    made = accounts.client("kafka", CLIENT).create_vpc_connection(
        TargetClusterArn=granted.cluster_arn,
        Authentication="SASL_IAM",
        VpcId=vpc_id,
        ClientSubnets=accounts.subnets(CLIENT, vpc_id),
        SecurityGroups=[group["GroupId"]],
    )

    granted.connect(CLIENT)

    assert len(accounts.connections(CLIENT)) == 1
    assert (
        accounts.record(granted.cluster_arn, CLIENT, vpc_id)["connection_arn"]
        == made["VpcConnectionArn"]
    )


def test_a_lost_response_makes_no_second_connection(
    granted: Steps, accounts: Accounts, vpc_id: str
) -> None:
    """botocore retries, and MSK refuses the second connection of the VPC."""
    accounts.msk.faults.add(faults.error("CreateVpcConnection", when="after"))

    granted.connect(CLIENT)

    assert len(accounts.connections(CLIENT)) == 1
    assert accounts.record(granted.cluster_arn, CLIENT, vpc_id)["state"] == "connecting"
    assert not codes(accounts)


def test_a_connection_that_msk_refuses_does_not_stop_the_others(
    granted: Steps, accounts: Accounts, vpc_id: str
) -> None:
    other = accounts.make_tagged_vpc(CLIENT)
    granted.survey(CLIENT)
    accounts.client("ec2", CLIENT).modify_vpc_attribute(
        VpcId=vpc_id, EnableDnsHostnames={"Value": False}
    )

    granted.connect(CLIENT)

    refused = accounts.record(granted.cluster_arn, CLIENT, vpc_id)
    assert (refused["state"], refused["refusal"]["code"]) == ("refused", "ConnectionRefusedByMsk")
    assert "enableDnsHostnames" in refused["refusal"]["message"]
    assert accounts.record(granted.cluster_arn, CLIENT, other)["state"] == "connecting"
    assert codes(accounts) == ["ConnectionRefusedByMsk"]


def test_a_client_that_msk_does_not_admit_is_refused(granted: Steps, accounts: Accounts) -> None:
    accounts.client("kafka").delete_cluster_policy(ClusterArn=granted.cluster_arn)

    granted.connect(CLIENT)
    assert codes(accounts) == []  # the policy may not have taken effect yet
    assert granted.inspect_connections()["move"] == "wait"
    accounts.clock.advance(40)
    assert granted.inspect_connections()["move"] == "connect"
    granted.connect(CLIENT)

    assert codes(accounts) == ["ClientRoleDenied"]


def test_a_deleted_role_is_refused(granted: Steps, accounts: Accounts) -> None:
    accounts.remove_client(CLIENT)

    granted.connect(CLIENT)

    assert codes(accounts) == ["ClientStackMissing"]


@pytest.mark.parametrize("operation", ["ListVpcConnections", "CreateVpcConnection"])
def test_a_throttled_call_has_the_name_that_is_retried(
    granted: Steps, accounts: Accounts, operation: str
) -> None:
    accounts.msk.faults.add(faults.throttled(operation, account=CLIENT, times=None))

    assert error_of(granted.connect, CLIENT) == "TransientError"


def test_a_throttled_ec2_has_a_name_that_is_retried(granted: Steps, failing: Any) -> None:
    failing("ec2", "CreateSecurityGroup", "RequestLimitExceeded")

    assert error_of(granted.connect, CLIENT) == "TransientError"


def test_what_was_created_before_a_failure_is_found_again(
    granted: Steps, accounts: Accounts
) -> None:
    accounts.make_tagged_vpc(CLIENT)
    granted.survey(CLIENT)
    fine = faults.Fault("CreateVpcConnection", account=CLIENT)
    accounts.msk.faults.add(fine, faults.throttled("CreateVpcConnection", times=ATTEMPTS))

    assert error_of(granted.connect, CLIENT) == "TransientError"
    assert granted.connect(CLIENT) == {"changed": 2}
    assert len(accounts.connections(CLIENT)) == 2


def test_a_client_without_new_connections_costs_one_list(
    connected: Steps, accounts: Accounts
) -> None:
    before = accounts.snapshot(connected.cluster_arn)

    assert connected.connect(CLIENT) == {"changed": 0}
    assert accounts.snapshot(connected.cluster_arn) == before


def test_a_deleted_connection_is_created_again(connected: Steps, accounts: Accounts) -> None:
    [connection] = accounts.connections(CLIENT)
    accounts.client("kafka", CLIENT).delete_vpc_connection(Arn=connection["VpcConnectionArn"])
    accounts.clock.advance(3600)

    connected.connect(CLIENT)

    [another] = accounts.connections(CLIENT)
    assert another["VpcConnectionArn"] != connection["VpcConnectionArn"]


# ----------------------------------------------------------------------- dead connections


def kill(accounts: Accounts) -> str:
    """Make the only connection of the client INACTIVE and return its ARN."""
    [connection] = accounts.connections(CLIENT)
    arn: str = connection["VpcConnectionArn"]
    accounts.msk.force_connection(arn, "INACTIVE")
    return arn


def test_a_dead_connection_of_ours_is_deleted_and_then_created_again(
    connected: Steps, accounts: Accounts, vpc_id: str
) -> None:
    dead = kill(accounts)

    assert connected.connect(CLIENT) == {"changed": 1}
    assert [one["State"] for one in accounts.connections(CLIENT)] == ["DELETING"]
    assert connected.inspect_connections()["move"] == "wait"
    accounts.clock.advance(3600)
    answer = connected.inspect_connections()
    assert (answer["move"], answer["accounts"]) == ("connect", [CLIENT])
    connected.connect(CLIENT)

    [another] = accounts.connections(CLIENT)
    assert another["VpcConnectionArn"] != dead
    assert (
        accounts.record(connected.cluster_arn, CLIENT, vpc_id)["connection_arn"]
        == another["VpcConnectionArn"]
    )
    assert not codes(accounts)


def test_deleting_a_dead_connection_twice_deletes_once(
    connected: Steps, accounts: Accounts
) -> None:
    kill(accounts)
    connected.connect(CLIENT)
    before = accounts.snapshot(connected.cluster_arn)

    assert connected.connect(CLIENT) == {"changed": 0}
    assert accounts.snapshot(connected.cluster_arn) == before


def test_a_dead_connection_that_is_already_deleted_is_no_error(
    connected: Steps, accounts: Accounts
) -> None:
    dead = kill(accounts)

    def delete() -> None:
        accounts.client("kafka", CLIENT).delete_vpc_connection(Arn=dead)
        accounts.clock.advance(3600)

    accounts.meanwhile("DeleteVpcConnection", delete)
    connected.connect(CLIENT)

    assert connected.inspect_connections()["move"] == "connect"


@pytest.mark.parametrize("tags", [{}, {"msklink/managed-by": "another-stack"}])
def test_a_dead_connection_that_is_not_ours_is_reported_once_and_kept(
    granted: Steps, accounts: Accounts, vpc_id: str, tags: dict[str, str]
) -> None:
    group = accounts.client("ec2", CLIENT).create_security_group(
        GroupName="hand-made", Description="-", VpcId=vpc_id
    )
    accounts.client("kafka", CLIENT).create_vpc_connection(
        TargetClusterArn=granted.cluster_arn,
        Authentication="SASL_IAM",
        VpcId=vpc_id,
        ClientSubnets=accounts.subnets(CLIENT, vpc_id),
        SecurityGroups=[group["GroupId"]],
        Tags=tags,
    )
    accounts.clock.advance(3600)
    dead = kill(accounts)

    granted.connect(CLIENT)
    before = accounts.snapshot(granted.cluster_arn)
    granted.connect(CLIENT)

    assert accounts.snapshot(granted.cluster_arn) == before
    [left] = accounts.connections(CLIENT)
    assert (left["VpcConnectionArn"], left["State"]) == (dead, "INACTIVE")
    assert codes(accounts) == ["ConnectionFailed"]
    assert (CLIENT, "DeleteVpcConnection") not in accounts.msk.calls
