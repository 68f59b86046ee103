"""Subnets and VPCs as EC2 describes them, and the survey's decisions before any change."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts
from tests.support.ec2_locations import (
    LOCAL_ZONE,
    OUTPOST,
    WAVELENGTH_ZONE,
    put_on_outpost,
    share_vpc,
    use_up_addresses,
)
from tests.support.functions import invoke
from tests.support.steps import Steps

Make = Callable[[Accounts, str], str]
"""Makes an odd subnet in a VPC that has ordinary ones; returns its id."""


def make_subnet(accounts: Accounts, vpc_id: str, zone: str, **where: Any) -> str:
    place = {"CidrBlock": "10.0.64.0/20"} | where
    made = accounts.client("ec2", CLIENT).create_subnet(
        VpcId=vpc_id, AvailabilityZone=zone, **place
    )
    return str(made["Subnet"]["SubnetId"])


def on_an_outpost(accounts: Accounts, vpc_id: str) -> str:
    subnet = make_subnet(accounts, vpc_id, "eu-west-1a")
    put_on_outpost(CLIENT, subnet)
    return subnet


def in_a_local_zone(accounts: Accounts, vpc_id: str) -> str:
    return make_subnet(accounts, vpc_id, LOCAL_ZONE.name)


def in_a_wavelength_zone(accounts: Accounts, vpc_id: str) -> str:
    return make_subnet(accounts, vpc_id, WAVELENGTH_ZONE.name)


def with_ipv6_only(accounts: Accounts, vpc_id: str) -> str:
    made = accounts.client("ec2", CLIENT).create_subnet(
        VpcId=vpc_id, AvailabilityZone="eu-west-1a", Ipv6CidrBlock="2600::/64", Ipv6Native=True
    )
    return str(made["Subnet"]["SubnetId"])


ODD: dict[str, tuple[Make, str]] = {
    "outpost": (on_an_outpost, f"on Outpost {OUTPOST}"),
    "local-zone": (in_a_local_zone, f"in Local Zone {LOCAL_ZONE.name}"),
    "wavelength-zone": (in_a_wavelength_zone, f"in Wavelength Zone {WAVELENGTH_ZONE.name}"),
    "ipv6-only": (with_ipv6_only, "IPv6 only"),
}


def tag(accounts: Accounts, *ids: str) -> None:
    accounts.client("ec2", CLIENT).create_tags(
        Resources=[*ids], Tags=[{"Key": "msklink/orders", "Value": ""}]
    )


def record(accounts: Accounts, steps: Steps, vpc_id: str) -> dict[str, Any]:
    return accounts.items(steps.cluster_arn)[f"client#{CLIENT}#{vpc_id}#iam"]


@pytest.mark.parametrize("make", [make for make, _ in ODD.values()], ids=ODD)
def test_an_unusable_subnet_is_skipped(
    steps: Steps, accounts: Accounts, vpc_id: str, make: Make
) -> None:
    ordinary = accounts.subnets(CLIENT, vpc_id)
    make(accounts, vpc_id)
    steps.inspect_cluster()

    assert steps.survey(CLIENT)["schemes"] == ["iam"]

    assert sorted(record(accounts, steps, vpc_id)["subnet_ids"]) == sorted(ordinary)


@pytest.mark.parametrize(("make", "said"), ODD.values(), ids=ODD)
def test_an_unusable_tagged_subnet_is_refused(
    steps: Steps, accounts: Accounts, vpc_id: str, make: Make, said: str
) -> None:
    ordinary = accounts.subnets(CLIENT, vpc_id)
    odd = make(accounts, vpc_id)
    tag(accounts, odd, *ordinary[1:])
    steps.inspect_cluster()

    assert steps.survey(CLIENT)["schemes"] == []

    refusal = record(accounts, steps, vpc_id)["refusal"]
    assert refusal["code"] == "SubnetUnfit"
    assert f"{odd} ({said})" in refusal["message"]


@pytest.mark.parametrize(("schemes", "refused"), [("iam", False), ("iam scram", True)])
def test_a_tagged_subnet_has_room_for_all_schemes_or_is_refused(
    steps: Steps, accounts: Accounts, schemes: str, *, refused: bool
) -> None:
    vpc_id = accounts.make_tagged_vpc(CLIENT, schemes)
    chosen = accounts.subnets(CLIENT, vpc_id)
    tag(accounts, *chosen)
    use_up_addresses(CLIENT, chosen[0], 1)
    steps.inspect_cluster()

    answer = steps.survey(CLIENT)

    assert answer["schemes"] == ([] if refused else ["iam"])
    if refused:
        refusal = record(accounts, steps, vpc_id)["refusal"]
        assert refusal["code"] == "SubnetFull"
        assert f"{chosen[0]} (1 free IPv4 address)" in refusal["message"]


def test_a_manual_connection_in_full_subnets_is_adopted(
    granted: Steps, accounts: Accounts, vpc_id: str
) -> None:
    """Its endpoint exists, and no record has it yet."""
    subnets = accounts.subnets(CLIENT, vpc_id)
    group = accounts.client("ec2", CLIENT).create_security_group(
        GroupName="hand-made", Description="-", VpcId=vpc_id
    )
    made = accounts.client("kafka", CLIENT).create_vpc_connection(
        TargetClusterArn=granted.cluster_arn,
        Authentication="SASL_IAM",
        VpcId=vpc_id,
        ClientSubnets=subnets,
        SecurityGroups=[group["GroupId"]],
    )
    for subnet in subnets:
        use_up_addresses(CLIENT, subnet, 0)

    assert granted.survey(CLIENT)["schemes"] == ["iam"]
    granted.connect(CLIENT)

    assert record(accounts, granted, vpc_id)["connection_arn"] == made["VpcConnectionArn"]


@pytest.mark.usefixtures("executions")
@pytest.mark.parametrize("asked", ["by tag", "by request"])
def test_a_shared_vpc_is_refused_with_the_account_that_owns_it(
    steps: Steps, accounts: Accounts, asked: str
) -> None:
    accounts.deploy_client(CLIENT)
    vpc_id = accounts.make_network(OTHER_CLIENT)
    share_vpc(OTHER_CLIENT, CLIENT, vpc_id)
    if asked == "by tag":
        accounts.tag_vpc(CLIENT, vpc_id, "iam")
    else:
        detail = {"cluster": steps.cluster_arn, "vpc_id": vpc_id, "schemes": ["iam"]}
        kind = "Client Onboarding Requested"
        event = {"id": "1", "detail-type": kind, "account": CLIENT, "detail": detail}
        invoke("ReceiveEventFunction", event)
    steps.inspect_cluster()

    assert steps.survey(CLIENT)["schemes"] == []

    refusal = record(accounts, steps, vpc_id)["refusal"]
    assert refusal["code"] == "VpcShared"
    assert f"belongs to account {OTHER_CLIENT}" in refusal["message"]
    assert f"Request the connection from account {OTHER_CLIENT}" in refusal["remedy"]
    assert accounts.status(CLIENT)["vpcs"][vpc_id]["iam"]["refusal"] == refusal
