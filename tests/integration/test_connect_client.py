from typing import Any

import pytest
from botocore.client import BaseClient

from localcloud.msk import faults
from msklink.aws.security_groups import IN, OUT
from msklink.aws.session import ATTEMPTS
from msklink.settings import settings
from tests.support.aws import CLIENT, Accounts
from tests.support.steps import Steps, error_of


def record(accounts: Accounts, steps: Steps, vpc_id: str, scheme: str = "iam") -> dict[str, Any]:
    return accounts.items(steps.cluster_arn)[f"client#{CLIENT}#{vpc_id}#{scheme}"]


def codes(accounts: Accounts) -> list[str]:
    return [told["refusal"]["code"] for told in accounts.told("Client Refused")]


def managed_groups(accounts: Accounts) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = accounts.client("ec2", CLIENT).describe_security_groups(
        Filters=[{"Name": "tag:msklink/managed-by", "Values": ["msklink"]}]
    )["SecurityGroups"]
    return found


Rule = tuple[str, int | None, int | None, str]
BROKERS: Rule = ("tcp", 14001, 14100, "10.0.0.0/16")


def rules(group: dict[str, Any]) -> tuple[set[Rule], set[Rule]]:
    """What the group lets in, and what it lets out: protocol, ports, block."""

    def flat(permissions: list[dict[str, Any]]) -> set[Rule]:
        return {
            (one["IpProtocol"], one.get("FromPort"), one.get("ToPort"), source)
            for one in permissions
            for block in [*one["IpRanges"], *one["Ipv6Ranges"]]
            for source in block.values()
            if source not in {IN, OUT}
        }

    return flat(group["IpPermissions"]), flat(group["IpPermissionsEgress"])


def test_a_connection_is_made_with_a_group_of_ours(
    granted: Steps, accounts: Accounts, vpc_id: str
) -> None:
    assert granted.connect(CLIENT) == {"changed": 1}

    [connection] = accounts.connections(CLIENT)
    assert (connection["VpcId"], connection["Authentication"]) == (vpc_id, "SASL_IAM")
    [group] = managed_groups(accounts)
    assert rules(group) == ({BROKERS}, {BROKERS})
    seen = record(accounts, granted, vpc_id)
    assert seen["state"] == "connecting"
    assert seen["connection_arn"] == connection["VpcConnectionArn"]


@pytest.fixture
def dual_stack(steps: Steps, accounts: Accounts) -> Steps:
    """A run whose client asks for a VPC with IPv6 and may connect."""
    accounts.deploy_client(CLIENT)
    accounts.tag_vpc(CLIENT, accounts.make_network(CLIENT, ipv6=True), "iam")
    steps.inspect_cluster()
    steps.survey(CLIENT)
    steps.enable()
    accounts.clock.advance(3600)
    steps.inspect_cluster()
    steps.grant()
    return steps


def test_a_new_group_in_a_dual_stack_vpc_lets_nobody_out_by_ipv6(
    dual_stack: Steps, accounts: Accounts
) -> None:
    """EC2 gives it a rule for that, in which nobody is to see a change by others afterwards."""
    dual_stack.connect(CLIENT)
    accounts.clock.advance(3600)
    dual_stack.inspect_connections()
    dual_stack.inspect_connections()
    accounts.told()

    [group] = managed_groups(accounts)
    assert rules(group) == ({BROKERS}, {BROKERS})
    assert dual_stack.connect(CLIENT) == {"changed": 0}
    assert accounts.told() == []


@pytest.mark.parametrize(
    "operation",
    [
        "DescribeSecurityGroups",  # the second: after the group was made
        "AuthorizeSecurityGroupIngress",
        "AuthorizeSecurityGroupEgress",
        "RevokeSecurityGroupEgress",
    ],
)
def test_a_group_that_a_run_left_half_made_is_mended_by_the_next(
    dual_stack: Steps, accounts: Accounts, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = BaseClient._make_api_call  # type: ignore[attr-defined]  # the one way of all calls
    made: list[str] = []

    def die(client: Any, name: str, parameters: dict[str, Any]) -> Any:
        if made and name == operation:
            raise ConnectionError("the function is gone")
        made.extend([name] * (name == "CreateSecurityGroup"))
        return call(client, name, parameters)

    with monkeypatch.context() as patched:
        patched.setattr(BaseClient, "_make_api_call", die)
        assert error_of(dual_stack.connect, CLIENT) == "ConnectionError"
    assert made
    dual_stack.connect(CLIENT)

    [group] = managed_groups(accounts)
    assert rules(group) == ({BROKERS}, {BROKERS})
    assert len(accounts.connections(CLIENT)) == 1


def test_connecting_twice_creates_once(granted: Steps, accounts: Accounts) -> None:
    granted.connect(CLIENT)
    before = accounts.picture(granted.cluster_arn)

    assert granted.connect(CLIENT) == {"changed": 0}
    assert accounts.picture(granted.cluster_arn) == before


def test_two_schemes_of_a_vpc_share_the_group(steps: Steps, accounts: Accounts) -> None:
    vpc_id = accounts.make_tagged_vpc(CLIENT, "iam scram")
    steps.inspect_cluster()
    steps.survey(CLIENT)
    steps.enable()
    accounts.clock.advance(3600)
    steps.grant()

    assert steps.connect(CLIENT) == {"changed": 2}

    assert len(accounts.connections(CLIENT)) == 2
    assert len(managed_groups(accounts)) == 1
    groups = record(accounts, steps, vpc_id)["security_group_ids"]
    assert groups == record(accounts, steps, vpc_id, "scram")["security_group_ids"]


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
    assert record(accounts, granted, vpc_id)["connection_arn"] == made["VpcConnectionArn"]


def test_an_answer_that_was_lost_makes_no_second_connection(
    granted: Steps, accounts: Accounts, vpc_id: str
) -> None:
    """botocore asks again, and MSK refuses the second connection of the VPC."""
    accounts.msk.faults.add(faults.error("CreateVpcConnection", when="after"))

    granted.connect(CLIENT)

    assert len(accounts.connections(CLIENT)) == 1
    assert record(accounts, granted, vpc_id)["state"] == "connecting"
    assert not codes(accounts)


def test_a_connection_that_msk_will_not_make_is_refused_and_the_others_go_on(
    granted: Steps, accounts: Accounts, vpc_id: str
) -> None:
    other = accounts.make_tagged_vpc(CLIENT)
    granted.survey(CLIENT)
    accounts.client("ec2", CLIENT).modify_vpc_attribute(
        VpcId=vpc_id, EnableDnsHostnames={"Value": False}
    )

    granted.connect(CLIENT)

    refused = record(accounts, granted, vpc_id)
    assert (refused["state"], refused["refusal"]["code"]) == ("refused", "ConnectionRefusedByMsk")
    assert "enableDnsHostnames" in refused["refusal"]["message"]
    assert record(accounts, granted, other)["state"] == "connecting"
    assert codes(accounts) == ["ConnectionRefusedByMsk"]


def test_a_client_that_msk_does_not_admit_is_refused(granted: Steps, accounts: Accounts) -> None:
    accounts.client("kafka").delete_cluster_policy(ClusterArn=granted.cluster_arn)

    granted.connect(CLIENT)
    assert codes(accounts) == []  # the policy may not be in force yet
    assert granted.inspect_connections()["move"] == "wait"
    accounts.clock.advance(40)
    assert granted.inspect_connections()["move"] == "connect"
    granted.connect(CLIENT)

    assert codes(accounts) == ["ClientRoleDenied"]


def test_a_role_that_went_away_is_refused(granted: Steps, accounts: Accounts) -> None:
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


def test_a_client_that_wants_nothing_new_is_only_listed(
    connected: Steps, accounts: Accounts
) -> None:
    before = accounts.picture(connected.cluster_arn)

    assert connected.connect(CLIENT) == {"changed": 0}
    assert accounts.picture(connected.cluster_arn) == before


def test_a_connection_that_somebody_deleted_is_made_anew(
    connected: Steps, accounts: Accounts
) -> None:
    [connection] = accounts.connections(CLIENT)
    accounts.client("kafka", CLIENT).delete_vpc_connection(Arn=connection["VpcConnectionArn"])
    accounts.clock.advance(3600)

    connected.connect(CLIENT)

    [another] = accounts.connections(CLIENT)
    assert another["VpcConnectionArn"] != connection["VpcConnectionArn"]


# ----------------------------------------------------------------------- dead connections


def kill(accounts: Accounts) -> str:
    """Let the client's only connection die, as when its scheme is turned off; its ARN."""
    [connection] = accounts.connections(CLIENT)
    arn: str = connection["VpcConnectionArn"]
    accounts.msk.force_connection(arn, "INACTIVE")
    return arn


def test_a_dead_connection_of_ours_is_deleted_and_made_anew_when_it_is_gone(
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
    assert record(accounts, connected, vpc_id)["connection_arn"] == another["VpcConnectionArn"]
    assert not codes(accounts)


def test_deleting_a_dead_connection_twice_deletes_once(
    connected: Steps, accounts: Accounts
) -> None:
    kill(accounts)
    connected.connect(CLIENT)
    before = accounts.picture(connected.cluster_arn)

    assert connected.connect(CLIENT) == {"changed": 0}
    assert accounts.picture(connected.cluster_arn) == before


def test_a_dead_connection_that_went_away_by_itself_is_no_trouble(
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
def test_a_dead_connection_of_somebody_else_is_told_once_and_left(
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
    before = accounts.picture(granted.cluster_arn)
    granted.connect(CLIENT)

    assert accounts.picture(granted.cluster_arn) == before
    [left] = accounts.connections(CLIENT)
    assert (left["VpcConnectionArn"], left["State"]) == (dead, "INACTIVE")
    assert codes(accounts) == ["ConnectionFailed"]
    assert (CLIENT, "DeleteVpcConnection") not in accounts.msk.calls


# ------------------------------------------------------------------------- security groups


def test_a_managed_group_out_of_shape_is_put_right_if_that_is_wanted(
    connected: Steps, accounts: Accounts, vpc_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPAIR", "security-group")
    settings.cache_clear()
    ec2 = accounts.client("ec2", CLIENT)
    ec2.associate_vpc_cidr_block(VpcId=vpc_id, CidrBlock="10.7.0.0/16")
    [group] = managed_groups(accounts)
    anywhere = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=anywhere)
    ec2.revoke_security_group_egress(
        GroupId=group["GroupId"], IpPermissions=group["IpPermissionsEgress"]
    )

    connected.connect(CLIENT)

    [kept] = managed_groups(accounts)
    blocks: set[Rule] = {BROKERS, ("tcp", 14001, 14100, "10.7.0.0/16")}
    assert rules(kept) == (blocks, blocks)


def test_a_group_of_the_client_is_used_as_it_is(
    steps: Steps, accounts: Accounts, vpc_id: str
) -> None:
    ec2 = accounts.client("ec2", CLIENT)
    made = ec2.create_security_group(GroupName="kafka", Description="-", VpcId=vpc_id)["GroupId"]
    ec2.create_tags(Resources=[made], Tags=[{"Key": "msklink/orders", "Value": ""}])
    steps.inspect_cluster()
    steps.survey(CLIENT)
    steps.enable()
    accounts.clock.advance(3600)
    steps.grant()
    before = accounts.picture(steps.cluster_arn)["security groups"]

    steps.connect(CLIENT)

    assert accounts.picture(steps.cluster_arn)["security groups"] == before
    assert record(accounts, steps, vpc_id)["security_group_ids"] == [made]
