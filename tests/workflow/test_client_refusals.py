"""What one client cannot have, while the other is connected."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from localcloud.msk import faults
from msklink.policy.document import SIZE_LIMIT
from msklink.refusals import Code
from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts
from tests.support.ec2_locations import put_on_outpost, share_vpc, use_up_addresses
from tests.support.functions import OWNER
from tests.support.step_functions import Engine, tag_event
from tests.workflow.refusal_builders import (
    NETWORK_ACCOUNT,
    NO_VPC,
    codes,
    opted_in,
    recorded,
    request,
    shown,
    writes_to_cluster,
)


@dataclass(frozen=True)
class Trouble:
    """An error of one client; *reachable* is whether its status can be written."""

    code: Code
    cause: Callable[[Accounts, str], dict[str, Any] | None]
    """Does it, given the cluster; may return the event that asks."""
    reachable: bool = True


def asks_for_a_scheme_that_is_not_offered(accounts: Accounts, _: str) -> None:
    accounts.make_tagged_vpc(CLIENT, "scram")


def asks_for_a_scheme_that_nobody_knows(accounts: Accounts, _: str) -> None:
    accounts.make_tagged_vpc(CLIENT, "imam")


def leaves_the_tag_empty(accounts: Accounts, _: str) -> None:
    accounts.make_tagged_vpc(CLIENT, "")


def has_no_stack(accounts: Accounts, _: str) -> None:
    accounts.tag_vpc(CLIENT, accounts.make_network(CLIENT), "iam")


def has_an_old_external_id(accounts: Accounts, _: str) -> None:
    accounts.deploy_client(CLIENT, external_id="an-old-external-id")
    accounts.tag_vpc(CLIENT, accounts.make_network(CLIENT), "iam")


def has_a_policy_against_us(accounts: Accounts, _: str) -> None:
    accounts.make_tagged_vpc(CLIENT)
    accounts.blocked.add(CLIENT)


def has_an_old_stack(accounts: Accounts, _: str) -> None:
    accounts.make_tagged_vpc(CLIENT)
    accounts.denied.add((CLIENT, "DescribeSecurityGroups"))


def names_a_vpc_that_is_not_there(accounts: Accounts, _: str) -> dict[str, Any]:
    accounts.deploy_client(CLIENT)
    return request(NO_VPC)


def has_no_dns(accounts: Accounts, _: str) -> None:
    vpc_id = accounts.make_tagged_vpc(CLIENT)
    accounts.client("ec2", CLIENT).modify_vpc_attribute(
        VpcId=vpc_id, EnableDnsHostnames={"Value": False}
    )


def lacks_a_subnet(accounts: Accounts, _: str) -> None:
    accounts.deploy_client(CLIENT)
    accounts.tag_vpc(CLIENT, accounts.make_network(CLIENT, zones=("a", "b")), "iam")


def tags_one_subnet_only(accounts: Accounts, _: str) -> None:
    vpc_id = accounts.make_tagged_vpc(CLIENT)
    accounts.client("ec2", CLIENT).create_tags(
        Resources=accounts.subnets(CLIENT, vpc_id)[:1],
        Tags=[{"Key": "msklink/orders", "Value": ""}],
    )


def names_a_group_that_is_not_there(accounts: Accounts, _: str) -> dict[str, Any]:
    accounts.deploy_client(CLIENT)
    return request(accounts.make_network(CLIENT), security_group_ids=["sg-0123456789abcdef0"])


def takes_part_in_a_vpc_of_another(accounts: Accounts, _: str) -> dict[str, Any]:
    accounts.deploy_client(CLIENT)
    vpc_id = accounts.make_network(NETWORK_ACCOUNT)
    share_vpc(NETWORK_ACCOUNT, CLIENT, vpc_id)
    return request(vpc_id)


def tags_a_subnet_on_an_outpost(accounts: Accounts, _: str) -> None:
    subnets = accounts.subnets(CLIENT, accounts.make_tagged_vpc(CLIENT))
    put_on_outpost(CLIENT, subnets[0])
    tag_subnets(accounts, subnets)


def names_a_subnet_that_is_full(accounts: Accounts, _: str) -> dict[str, Any]:
    accounts.deploy_client(CLIENT)
    vpc_id = accounts.make_network(CLIENT)
    subnets = accounts.subnets(CLIENT, vpc_id)
    use_up_addresses(CLIENT, subnets[1], 0)
    return request(vpc_id, subnet_ids=subnets)


def tags_a_subnet_that_is_full(accounts: Accounts, _: str) -> None:
    subnets = accounts.subnets(CLIENT, accounts.make_tagged_vpc(CLIENT))
    use_up_addresses(CLIENT, subnets[2], 0)
    tag_subnets(accounts, subnets)


def has_a_full_subnet_in_a_zone(accounts: Accounts, _: str) -> None:
    use_up_addresses(CLIENT, accounts.subnets(CLIENT, accounts.make_tagged_vpc(CLIENT))[0], 0)


def tag_subnets(accounts: Accounts, subnets: list[str]) -> None:
    accounts.client("ec2", CLIENT).create_tags(
        Resources=subnets, Tags=[{"Key": "msklink/orders", "Value": ""}]
    )


def turns_dns_off_at_the_last_moment(accounts: Accounts, _: str) -> None:
    vpc_id = accounts.make_tagged_vpc(CLIENT)
    off = {"VpcId": vpc_id, "EnableDnsHostnames": {"Value": False}}
    ec2 = accounts.client("ec2", CLIENT)
    accounts.meanwhile("CreateVpcConnection", lambda: ec2.modify_vpc_attribute(**off))


def has_a_connection_that_fails(accounts: Accounts, _: str) -> None:
    accounts.make_tagged_vpc(CLIENT)
    accounts.msk.faults.add(
        faults.fails("CreateVpcConnection", "Broken", "it broke", account=CLIENT)
    )


def has_a_connection_that_never_comes(accounts: Accounts, _: str) -> None:
    accounts.make_tagged_vpc(CLIENT)
    accounts.msk.faults.add(faults.slow("CreateVpcConnection", 1e6, account=CLIENT))


def has_an_account_that_is_closed(accounts: Accounts, _: str) -> None:
    accounts.make_tagged_vpc(CLIENT)
    accounts.msk.close_account(CLIENT)


def has_the_parameters_of_another_cluster(accounts: Accounts, _: str) -> None:
    accounts.make_tagged_vpc(CLIENT)
    accounts.client("ssm", CLIENT).put_parameter(
        Name="/msklink/orders/status",
        Value='{"cluster_arn": "another", "state": "refused", "vpcs": {}}',
        Type="String",
    )


TROUBLES = [
    Trouble(Code.SCHEME_NOT_OFFERED, asks_for_a_scheme_that_is_not_offered),
    Trouble(Code.UNKNOWN_SCHEME, asks_for_a_scheme_that_nobody_knows),
    Trouble(Code.SCHEME_MISSING, leaves_the_tag_empty),
    Trouble(Code.CLIENT_STACK_MISSING, has_no_stack, reachable=False),
    Trouble(Code.EXTERNAL_ID_WRONG, has_an_old_external_id, reachable=False),
    Trouble(Code.CLIENT_ROLE_BLOCKED, has_a_policy_against_us, reachable=False),
    Trouble(Code.CLIENT_ROLE_DENIED, has_an_old_stack),
    Trouble(Code.VPC_NOT_FOUND, names_a_vpc_that_is_not_there),
    Trouble(Code.VPC_DNS_OFF, has_no_dns),
    Trouble(Code.SUBNET_MISSING_IN_ZONE, lacks_a_subnet),
    Trouble(Code.SUBNET_CHOICE_INVALID, tags_one_subnet_only),
    Trouble(Code.VPC_SHARED, takes_part_in_a_vpc_of_another),
    Trouble(Code.SUBNET_UNFIT, tags_a_subnet_on_an_outpost),
    Trouble(Code.SUBNET_FULL, names_a_subnet_that_is_full),
    Trouble(Code.SECURITY_GROUP_INVALID, names_a_group_that_is_not_there),
    Trouble(Code.CONNECTION_REFUSED_BY_MSK, turns_dns_off_at_the_last_moment),
    Trouble(Code.CONNECTION_FAILED, has_a_connection_that_fails),
    Trouble(Code.CONNECTION_TIMED_OUT, has_a_connection_that_never_comes),
    Trouble(Code.PRINCIPAL_REJECTED, has_an_account_that_is_closed),
    Trouble(Code.CLUSTER_NAME_TAKEN, has_the_parameters_of_another_cluster),
]


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.code)
def test_one_client_is_refused_and_the_other_is_served(
    accounts: Accounts, engine: Engine, trouble: Trouble
) -> None:
    cluster = accounts.make_cluster(tags=opted_in("iam", f"{CLIENT} {OTHER_CLIENT}"))
    accounts.make_tagged_vpc(OTHER_CLIENT)
    event = trouble.cause(accounts, cluster) or tag_event(cluster)

    [run] = engine.receive(event)

    assert engine.describe(run)["status"] == "SUCCEEDED"
    assert codes(accounts) == [("Client Refused", trouble.code)]
    assert recorded(accounts, cluster) == [trouble.code]
    if trouble.reachable:
        assert shown(accounts, CLIENT) == [trouble.code]
        assert accounts.status(CLIENT)["state"] in {"refused", "failed"}
    assert "/msklink/orders/iam/bootstrap.servers" not in accounts.parameters(CLIENT)
    assert accounts.status(OTHER_CLIENT)["state"] == "published"
    assert accounts.status(OWNER)["clients"][OTHER_CLIENT] == "published"
    assert accounts.status(OWNER)["clients"][CLIENT] in {"refused", "failed"}


PLACES = [
    Trouble(Code.VPC_SHARED, takes_part_in_a_vpc_of_another),
    Trouble(Code.SUBNET_UNFIT, tags_a_subnet_on_an_outpost),
    Trouble(Code.SUBNET_FULL, names_a_subnet_that_is_full),
    Trouble(Code.SUBNET_FULL, tags_a_subnet_that_is_full),
    Trouble(Code.SUBNET_MISSING_IN_ZONE, has_a_full_subnet_in_a_zone),
]


@pytest.mark.parametrize("trouble", PLACES, ids=lambda trouble: trouble.cause.__name__)
def test_an_invalid_placement_is_refused_before_any_change(
    accounts: Accounts, engine: Engine, trouble: Trouble
) -> None:
    cluster = accounts.make_cluster(tags=opted_in())
    event = trouble.cause(accounts, cluster) or tag_event(cluster)
    before = accounts.snapshot(cluster)["security groups"]

    [run] = engine.receive(event)

    assert engine.describe(run)["status"] == "SUCCEEDED"
    assert shown(accounts, CLIENT) == [trouble.code]
    assert not writes_to_cluster(accounts)
    assert accounts.snapshot(cluster)["security groups"] == before
    assert not accounts.connections(CLIENT)


def test_the_vpc_of_the_cluster_cannot_be_a_client(accounts: Accounts, engine: Engine) -> None:
    cluster = accounts.make_cluster(tags=opted_in(client=OWNER))
    [vpc_id] = accounts.vpcs_with_subnets(OWNER)
    accounts.deploy_client(OWNER)
    accounts.tag_vpc(OWNER, vpc_id, "iam")

    assert engine.reconcile(cluster) == "SUCCEEDED"

    assert codes(accounts) == [("Client Refused", Code.VPC_OF_CLUSTER)]
    assert recorded(accounts, cluster) == shown(accounts, OWNER) == [Code.VPC_OF_CLUSTER]
    assert not writes_to_cluster(accounts)


def test_a_full_policy_is_not_changed(accounts: Accounts, engine: Engine) -> None:
    cluster = accounts.make_cluster(tags=opted_in())
    accounts.make_tagged_vpc(CLIENT)
    foreign = {
        "Effect": "Allow",
        "Principal": {"Service": "firehose.amazonaws.com"},
        "Action": "kafka:CreateVpcConnection",
        "Resource": "*" * (SIZE_LIMIT - 300),
    }
    accounts.put_policy(cluster, foreign)

    assert engine.reconcile(cluster) == "SUCCEEDED"

    assert codes(accounts) == [("Client Refused", Code.POLICY_TOO_LARGE)]
    assert recorded(accounts, cluster) == shown(accounts, CLIENT) == [Code.POLICY_TOO_LARGE]
    assert accounts.policy(cluster)["Statement"] == [foreign]
    assert accounts.msk.calls[OWNER, "PutClusterPolicy"] == 1  # by this test


@pytest.mark.parametrize("offered", ["iam scram", "auto"])
def test_an_update_that_failed_is_refused_and_the_next_run_tries_again(
    accounts: Accounts, engine: Engine, offered: str
) -> None:
    cluster = accounts.make_cluster(tags=opted_in(offered))
    accounts.make_tagged_vpc(CLIENT)
    accounts.msk.faults.add(faults.fails("UpdateConnectivity", "Broken", "it broke"))

    assert engine.reconcile(cluster) == "SUCCEEDED"

    code = Code.CONNECTIVITY_UPDATE_FAILED
    assert sorted(codes(accounts)) == [("Client Refused", code), ("Cluster Refused", code)]
    assert recorded(accounts, cluster) == shown(accounts, CLIENT) == [code]
    [vpc] = accounts.status(CLIENT)["vpcs"].values()
    assert "Broken: it broke" in vpc["iam"]["refusal"]["message"]
    assert ":cluster-operation/orders/" in vpc["iam"]["refusal"]["remedy"]
    assert accounts.msk.calls[OWNER, "UpdateConnectivity"] == 1
    assert (OWNER, "PutClusterPolicy") not in accounts.msk.calls

    assert engine.reconcile(cluster) == "SUCCEEDED"
    assert accounts.status(CLIENT)["state"] == "published"
