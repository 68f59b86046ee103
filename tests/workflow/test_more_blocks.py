"""A client VPC that gets more address blocks, which must reach the brokers."""

from tests.support.aws import CLIENT
from tests.support.onboarded_client import OnboardedClient

FIRST, SECOND = "10.0.0.0/16", "10.1.0.0/16"


def blocks_let_in(onboarded: OnboardedClient) -> list[str]:
    [group] = onboarded.accounts.client("ec2", CLIENT).describe_security_groups(
        GroupIds=onboarded.managed_groups()
    )["SecurityGroups"]
    rules = (block["CidrIp"] for rule in group["IpPermissions"] for block in rule["IpRanges"])
    return sorted(rules)


def test_a_new_block_is_allowed_by_the_next_sweep_and_is_no_drift(
    onboarded: OnboardedClient,
) -> None:
    onboarded.accounts.client("ec2", CLIENT).associate_vpc_cidr_block(
        VpcId=onboarded.vpc_id, CidrBlock=SECOND
    )

    assert onboarded.sweep() == 1

    assert blocks_let_in(onboarded) == [FIRST, SECOND]
    assert onboarded.take_events() == []
    assert onboarded.sweep() == 0


def test_a_dual_stack_vpc_is_connected_without_drift(onboarded: OnboardedClient) -> None:
    """EC2 adds one more rule to groups in a dual-stack VPC."""
    accounts = onboarded.accounts
    onboarded.remove_vpc_tag()
    vpc_id = accounts.make_network(CLIENT, ipv6=True)
    accounts.tag_vpc(CLIENT, vpc_id, "iam")
    onboarded.reconcile()
    assert accounts.status(CLIENT)["vpcs"][vpc_id]["iam"]["state"] == "published"
    onboarded.take_events()

    assert onboarded.sweep() == 0

    assert onboarded.take_events() == []
    groups = accounts.client("ec2", CLIENT).describe_security_groups(
        GroupIds=onboarded.managed_groups()
    )["SecurityGroups"]
    permissions = [one for group in groups for one in group["IpPermissionsEgress"]]
    assert not [block for one in permissions for block in one["Ipv6Ranges"]]
