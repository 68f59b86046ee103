"""The managed security group of a client VPC, which ConnectClient creates and updates."""

from typing import Any

import pytest
from botocore.client import BaseClient

from msklink.aws.ec2_security_groups import IN, OUT
from msklink.settings import settings
from tests.support.aws import CLIENT, Accounts
from tests.support.steps import Steps, error_of


def managed_groups(accounts: Accounts) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = accounts.client("ec2", CLIENT).describe_security_groups(
        Filters=[{"Name": "tag:msklink/managed-by", "Values": ["msklink"]}]
    )["SecurityGroups"]
    return found


Rule = tuple[str, int | None, int | None, str]
BROKERS: Rule = ("tcp", 14001, 14100, "10.0.0.0/16")


def rules(group: dict[str, Any]) -> tuple[set[Rule], set[Rule]]:
    """Return the ingress and egress rules of the group: protocol, ports, block."""

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
    seen = accounts.record(granted.cluster_arn, CLIENT, vpc_id)
    assert seen["state"] == "connecting"
    assert seen["connection_arn"] == connection["VpcConnectionArn"]


@pytest.fixture
def dual_stack(steps: Steps, accounts: Accounts) -> Steps:
    """Return a run whose client requested a VPC with IPv6 and may connect."""
    accounts.deploy_client(CLIENT)
    accounts.tag_vpc(CLIENT, accounts.make_network(CLIENT, ipv6=True), "iam")
    steps.inspect_cluster()
    steps.survey(CLIENT)
    steps.enable()
    accounts.clock.advance(3600)
    steps.inspect_cluster()
    steps.grant()
    return steps


def test_a_new_group_in_a_dual_stack_vpc_allows_no_ipv6_egress(
    dual_stack: Steps, accounts: Accounts
) -> None:
    """EC2 adds an egress rule to new groups, which must not count as drift later."""
    dual_stack.connect(CLIENT)
    accounts.clock.advance(3600)
    dual_stack.inspect_connections()
    dual_stack.inspect_connections()
    accounts.take_events()

    [group] = managed_groups(accounts)
    assert rules(group) == ({BROKERS}, {BROKERS})
    assert dual_stack.connect(CLIENT) == {"changed": 0}
    assert accounts.take_events() == []


@pytest.mark.parametrize(
    "operation",
    [
        "DescribeSecurityGroups",  # the second: after the group was made
        "AuthorizeSecurityGroupIngress",
        "AuthorizeSecurityGroupEgress",
        "RevokeSecurityGroupEgress",
    ],
)
def test_a_half_created_group_is_completed_by_the_next_run(
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
    groups = accounts.record(steps.cluster_arn, CLIENT, vpc_id)["security_group_ids"]
    assert (
        groups == accounts.record(steps.cluster_arn, CLIENT, vpc_id, "scram")["security_group_ids"]
    )


def test_a_changed_managed_group_is_repaired_if_repair_is_on(
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


def test_a_group_of_the_client_is_used_unchanged(
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
    before = accounts.snapshot(steps.cluster_arn)["security groups"]

    steps.connect(CLIENT)

    assert accounts.snapshot(steps.cluster_arn)["security groups"] == before
    assert accounts.record(steps.cluster_arn, CLIENT, vpc_id)["security_group_ids"] == [made]
