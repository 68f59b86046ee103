import json
from typing import Any

import pytest

from localcloud.msk import faults
from msklink.aws import ec2
from tests.support.aws import CLIENT, EXTERNAL_ID, Accounts
from tests.support.functions import NAMESPACE, OWNER
from tests.support.steps import Steps, error_of


def codes(accounts: Accounts) -> list[str]:
    return [event["refusal"]["code"] for event in accounts.take_events("Client Refused")]


def test_a_tagged_vpc_is_planned(surveyed: Steps, accounts: Accounts, vpc_id: str) -> None:
    assert surveyed.surveys == [{"account": CLIENT, "schemes": ["iam"]}]
    record = accounts.items(surveyed.cluster_arn)[f"client#{CLIENT}#{vpc_id}#iam"]
    assert record["state"] == "planned"
    assert sorted(record["subnet_ids"]) == sorted(accounts.subnets(CLIENT, vpc_id))


def test_surveying_twice_changes_nothing(surveyed: Steps, accounts: Accounts) -> None:
    before = accounts.snapshot(surveyed.cluster_arn)

    surveyed.survey(CLIENT)

    assert accounts.snapshot(surveyed.cluster_arn) == before


def test_a_client_without_a_tagged_vpc_requests_nothing(steps: Steps, accounts: Accounts) -> None:
    accounts.deploy_client(CLIENT)
    accounts.make_network(CLIENT)
    steps.inspect_cluster()

    assert steps.survey(CLIENT)["schemes"] == []


def test_a_tag_for_a_cluster_with_a_similar_name_is_ignored(
    steps: Steps, accounts: Accounts
) -> None:
    accounts.make_tagged_vpc(CLIENT, cluster="orders-2")
    steps.inspect_cluster()

    assert steps.survey(CLIENT)["schemes"] == []


def test_tagged_subnets_and_groups_are_used(steps: Steps, accounts: Accounts, vpc_id: str) -> None:
    ec2 = accounts.client("ec2", CLIENT)
    chosen = accounts.subnets(CLIENT, vpc_id)
    for number, zone in enumerate("abc"):
        ec2.create_subnet(
            VpcId=vpc_id,
            CidrBlock=f"10.0.{16 + number * 16}.0/20",
            AvailabilityZone=f"eu-west-1{zone}",
        )
    group = ec2.create_security_group(GroupName="kafka", Description="-", VpcId=vpc_id)["GroupId"]
    ec2.create_tags(Resources=[*chosen, group], Tags=[{"Key": "msklink/orders", "Value": ""}])
    steps.inspect_cluster()

    steps.survey(CLIENT)

    record = accounts.items(steps.cluster_arn)[f"client#{CLIENT}#{vpc_id}#iam"]
    assert sorted(record["subnet_ids"]) == sorted(chosen)
    assert record["security_group_ids"] == [group]


def test_a_refusal_is_reported_once_and_is_in_the_status_of_the_client(
    steps: Steps, accounts: Accounts
) -> None:
    vpc_id = accounts.make_tagged_vpc(CLIENT, "tls")
    steps.inspect_cluster()

    assert steps.survey(CLIENT)["schemes"] == []
    steps.survey(CLIENT)

    [event] = accounts.take_events("Client Refused")
    assert event["refusal"]["code"] == "SchemeNotOffered"
    assert (event["account"], event["vpc_id"], event["scheme"]) == (CLIENT, vpc_id, "tls")
    status = accounts.status(CLIENT)
    assert status["vpcs"][vpc_id]["tls"]["refusal"]["remedy"].startswith("Request one of these")


def test_a_withdrawn_refusal_is_not_reported_again(steps: Steps, accounts: Accounts) -> None:
    vpc_id = accounts.make_tagged_vpc(CLIENT, "iam imam")
    steps.inspect_cluster()
    steps.survey(CLIENT)
    accounts.take_events()

    accounts.tag_vpc(CLIENT, vpc_id, "iam")
    steps.survey(CLIENT)

    assert not accounts.take_events()


def test_a_client_without_the_role_is_refused(steps: Steps, accounts: Accounts) -> None:
    steps.inspect_cluster()

    assert steps.survey(CLIENT)["schemes"] == []
    assert steps.survey(CLIENT)["schemes"] == []

    assert codes(accounts) == ["ClientStackMissing"]


def test_a_wrong_external_id_is_distinguished_from_a_missing_stack(
    steps: Steps, accounts: Accounts
) -> None:
    accounts.deploy_client(CLIENT, external_id="an-old-external-id")
    steps.inspect_cluster()

    assert steps.survey(CLIENT)["schemes"] == []

    [event] = accounts.take_events("Client Refused")
    assert event["refusal"]["code"] == "ExternalIdWrong"
    assert EXTERNAL_ID in event["refusal"]["remedy"]


def test_a_role_that_a_policy_denies_is_distinguished_from_a_missing_one(
    steps: Steps, accounts: Accounts
) -> None:
    accounts.make_tagged_vpc(CLIENT)
    accounts.blocked.add(CLIENT)
    steps.inspect_cluster()

    assert steps.survey(CLIENT)["schemes"] == []

    [event] = accounts.take_events("Client Refused")
    assert event["refusal"]["code"] == "ClientRoleBlocked"
    assert "service control policy" in event["refusal"]["message"]


def test_the_refusal_of_the_role_ends_when_it_is_deployed(steps: Steps, accounts: Accounts) -> None:
    steps.inspect_cluster()
    steps.survey(CLIENT)
    accounts.make_tagged_vpc(CLIENT)
    accounts.take_events()

    assert steps.survey(CLIENT)["schemes"] == ["iam"]

    assert not accounts.take_events()


@pytest.mark.usefixtures("vpc_id")
def test_parameters_of_another_cluster_of_the_name_are_never_overwritten(
    steps: Steps, accounts: Accounts
) -> None:
    status = '{"cluster_arn": "arn:aws:kafka:eu-west-1:999999999999:cluster/orders/u"}'
    accounts.client("ssm", CLIENT).put_parameter(
        Name="/msklink/orders/status", Value=status, Type="String"
    )
    steps.inspect_cluster()

    assert steps.survey(CLIENT)["schemes"] == []

    assert codes(accounts) == ["ClusterNameTaken"]
    assert accounts.parameters(CLIENT).keys() == {"/msklink/orders/status"}
    shown = accounts.status(CLIENT)
    assert shown["cluster_arn"] == json.loads(status)["cluster_arn"]
    assert shown["refusal"]["code"] == "ClusterNameTaken"


@pytest.mark.parametrize(
    ("place", "is_gone"),
    [
        ("eu-west-1:123456789012:cluster/orders", True),
        ("eu-west-1:999999999999:cluster/orders", False),
        ("us-east-1:123456789012:cluster/orders", False),
        ("eu-west-1:123456789012:cluster/sales", False),
    ],
)
@pytest.mark.usefixtures("vpc_id")
def test_only_a_deleted_cluster_of_this_account_and_region_releases_its_name(
    steps: Steps, accounts: Accounts, place: str, *, is_gone: bool
) -> None:
    other = f"arn:aws:kafka:{place}/5a2e1f3c-0000-4000-8000-000000000000-7"
    ssm = accounts.client("ssm", CLIENT)
    for name, value in (
        ("iam/bootstrap.servers", "b-1.old:14001"),
        ("iam/client.id", "of the client"),
        ("status", json.dumps({"cluster_arn": other})),
    ):
        ssm.put_parameter(Name=f"/msklink/orders/{name}", Value=value, Type="String")
    steps.inspect_cluster()

    assert steps.survey(CLIENT)["schemes"] == (["iam"] if is_gone else [])

    left = accounts.parameters(CLIENT)
    assert ("/msklink/orders/iam/bootstrap.servers" not in left) is is_gone
    assert "/msklink/orders/iam/client.id" in left
    assert accounts.status(CLIENT)["cluster_arn"] == (steps.cluster_arn if is_gone else other)
    if is_gone:
        assert other in accounts.status(CLIENT)["replaced"]["message"]


@pytest.mark.usefixtures("vpc_id")
def test_an_arn_that_msk_rejects_is_not_a_deleted_cluster(steps: Steps, accounts: Accounts) -> None:
    other = steps.cluster_arn.rpartition("/")[0] + "/nothing"
    accounts.client("ssm", CLIENT).put_parameter(
        Name="/msklink/orders/status", Value=json.dumps({"cluster_arn": other}), Type="String"
    )
    steps.inspect_cluster()
    accounts.msk.faults.add(faults.error("DescribeClusterV2", "BadRequestException"))

    assert steps.survey(CLIENT)["schemes"] == []

    assert codes(accounts) == ["ClusterNameTaken"]


@pytest.mark.parametrize("denied", ["UnauthorizedOperation", "AccessDeniedException"])
def test_a_client_whose_role_may_not_read_is_refused(
    surveyed: Steps, accounts: Accounts, denied: str, failing: Any
) -> None:
    failing("ec2", "DescribeVpcs", denied)

    surveyed.survey(CLIENT)

    assert codes(accounts) == ["ClientRoleDenied"]


@pytest.mark.parametrize("code", ["RequestLimitExceeded", "Throttling", "Unavailable"])
def test_a_throttled_read_has_a_name_that_is_retried(
    surveyed: Steps, code: str, failing: Any
) -> None:
    failing("ec2", "DescribeVpcs", code)

    assert error_of(surveyed.survey, CLIENT) == "TransientError"


def test_an_unexpected_refusal_of_aws_is_quoted(
    surveyed: Steps, accounts: Accounts, failing: Any
) -> None:
    failing("ec2", "DescribeVpcs", "OptInRequired")

    surveyed.survey(CLIENT)

    [event] = accounts.take_events("Client Refused")
    assert event["refusal"]["code"] == "RefusedByAws"
    assert event["refusal"]["message"] == "AWS refused DescribeVpcs with OptInRequired: It failed."


def test_a_throttled_role_has_a_name_that_is_retried(surveyed: Steps, failing: Any) -> None:
    failing("sts", "AssumeRole", "Throttling")

    assert error_of(surveyed.survey, CLIENT) == "TransientError"


def test_more_vpcs_than_fit_into_one_filter_are_read(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    vpc_ids = [accounts.make_network(CLIENT, zones=()) for _ in range(3)]
    monkeypatch.setattr(ec2, "MOST_FILTER_VALUES", 2)

    client = accounts.client("ec2", CLIENT)
    found = ec2.read_vpcs(client, CLIENT, vpc_ids, f"{NAMESPACE}/orders", "-")

    assert sorted(found) == sorted(vpc_ids)


def test_the_survey_makes_no_call_to_msk(surveyed: Steps, accounts: Accounts) -> None:
    accounts.msk.faults.add(faults.throttled("ListVpcConnections", times=None))

    assert surveyed.survey(CLIENT)["schemes"] == ["iam"]


def test_a_vpc_of_the_cluster_itself_is_refused(accounts: Accounts) -> None:
    steps = Steps(accounts.make_cluster(tags={"msklink": "iam", "msklink/clients": OWNER}))
    accounts.deploy_client(OWNER)
    [vpc_id] = accounts.vpcs_with_subnets(OWNER)
    accounts.tag_vpc(OWNER, vpc_id, "iam")
    steps.inspect_cluster()

    assert steps.survey(OWNER)["schemes"] == []

    assert codes(accounts) == ["VpcOfCluster"]


def test_a_refusal_uses_the_zone_names_of_the_account(steps: Steps, accounts: Accounts) -> None:
    accounts.deploy_client(CLIENT)
    accounts.tag_vpc(CLIENT, accounts.make_network(CLIENT, zones=("a", "b")), "iam")
    steps.inspect_cluster()

    steps.survey(CLIENT)

    [event] = accounts.take_events("Client Refused")
    assert "euw1-az2" in event["refusal"]["message"]
    assert "eu-west-1c" in event["refusal"]["remedy"]


def tag_group(accounts: Accounts, vpc_id: str, **rule: Any) -> str:
    """Create a security group that the client team tagged, with one rule or none."""
    ec2 = accounts.client("ec2", CLIENT)
    made = ec2.create_security_group(GroupName="kafka", Description="-", VpcId=vpc_id)
    group: str = made["GroupId"]
    if rule:
        ranges = [{"CidrIp": "10.0.0.0/16"}]
        ec2.authorize_security_group_ingress(
            GroupId=group, IpPermissions=[rule | {"IpRanges": ranges}]
        )
    ec2.create_tags(Resources=[group], Tags=[{"Key": "msklink/orders", "Value": ""}])
    return group


@pytest.mark.parametrize(
    ("rule", "warnings"),
    [
        ({}, ["NobodyLetIn"]),
        ({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}, ["NobodyLetIn"]),
        ({"IpProtocol": "udp", "FromPort": 14001, "ToPort": 14100}, ["NobodyLetIn"]),
        ({"IpProtocol": "tcp", "FromPort": 14001, "ToPort": 14003}, ["PortsPartlyOpen"]),
        ({"IpProtocol": "tcp", "FromPort": 14001, "ToPort": 14100}, []),
        ({"IpProtocol": "-1"}, []),
    ],
)
def test_tagged_groups_without_ingress_get_a_warning(
    steps: Steps, accounts: Accounts, vpc_id: str, rule: dict[str, Any], warnings: list[str]
) -> None:
    group = tag_group(accounts, vpc_id, **rule)
    steps.inspect_cluster()

    assert steps.survey(CLIENT)["schemes"] == ["iam"]

    record = accounts.items(steps.cluster_arn)[f"client#{CLIENT}#{vpc_id}#iam"]
    assert record["security_group_ids"] == [group]
    assert [notice["code"] for notice in record["notices"]] == warnings
    assert not codes(accounts)
