"""Warnings, several causes at once, and that every refusal code has a case."""

from typing import Any

import pytest

from msklink.refusals import WARNINGS, Code
from msklink.topics.outcome import TOPIC_CODES
from msklink.users.record import USER_CODES
from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts
from tests.support.functions import OWNER
from tests.support.step_functions import Engine
from tests.workflow.refusal_builders import Prepare, cluster_with, codes, opted_in, shown
from tests.workflow.test_client_refusals import TROUBLES
from tests.workflow.test_cluster_refusals import CLUSTERS
from tests.workflow.test_request_refusals import REQUESTS


def with_a_group_that_is_shut(accounts: Accounts) -> str:
    cluster = accounts.make_cluster(tags=opted_in())
    ec2 = accounts.client("ec2", CLIENT)
    vpc_id = accounts.make_tagged_vpc(CLIENT)
    group = ec2.create_security_group(GroupName="shut", Description="-", VpcId=vpc_id)
    ec2.create_tags(Resources=[group["GroupId"]], Tags=[{"Key": "msklink/orders", "Value": ""}])
    return cluster


def with_a_group_that_opens_few_ports(accounts: Accounts) -> str:
    cluster = with_a_group_that_is_shut(accounts)
    ec2 = accounts.client("ec2", CLIENT)
    found = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["shut"]}])
    ports = {"IpProtocol": "tcp", "FromPort": 14001, "ToPort": 14003}
    ec2.authorize_security_group_ingress(
        GroupId=found["SecurityGroups"][0]["GroupId"],
        IpPermissions=[ports | {"IpRanges": [{"CidrIp": "10.0.0.0/16"}]}],
    )
    return cluster


DOUBTS: list[tuple[Code, Prepare]] = [
    (Code.KAFKA_VERSION_UNKNOWN, cluster_with(KafkaVersion="four")),
    (Code.BROKERS_EXPRESS, cluster_with(instance_type="express.m7g.large")),
    (Code.NOBODY_LET_IN, with_a_group_that_is_shut),
    (Code.PORTS_PARTLY_OPEN, with_a_group_that_opens_few_ports),
]


@pytest.mark.parametrize(("code", "prepare"), DOUBTS, ids=[code for code, _ in DOUBTS])
def test_a_warning_is_in_the_status_of_a_connected_client(
    accounts: Accounts, engine: Engine, code: Code, prepare: Prepare
) -> None:
    cluster = prepare(accounts)

    assert engine.reconcile(cluster) == "SUCCEEDED"

    assert accounts.status(CLIENT)["state"] == "published"
    assert shown(accounts, CLIENT, "warnings") == [code]
    assert not codes(accounts)


def test_every_refusal_code_has_a_case() -> None:
    tried = {code for code, _ in [*CLUSTERS, *REQUESTS, *DOUBTS]}
    tried |= {trouble.code for trouble in TROUBLES}
    tried |= {  # in tests of their own
        Code.NO_CERTIFICATE_AUTHORITY,
        Code.UNAUTHENTICATED_ACCESS_ON,
        Code.BROKERS_MIXED,
        Code.REFUSED_BY_AWS,
        Code.VPC_OF_CLUSTER,
        Code.POLICY_TOO_LARGE,
        Code.CONNECTIVITY_UPDATE_FAILED,
        Code.MALFORMED_ACCOUNT_LIST,
        Code.TOO_MANY_ACCOUNTS,
        Code.MALFORMED_PLAN_REQUEST,
        Code.MALFORMED_WINDOW,
        Code.MALFORMED_APPROVAL,
        Code.AWAITING_APPROVAL,
        Code.OUTSIDE_WINDOW,
        Code.FROZEN,
        Code.VENDOR_IS_CLIENT,
        Code.VENDOR_SCHEME_UNNAMED,
        Code.VENDOR_REMOVED,
        Code.ACCESS_NOT_ALLOWED,
        Code.MALFORMED_ACCESS_BOUNDS,
        *TOPIC_CODES,
        *USER_CODES,
        Code.ACCOUNT_NOT_ADMITTED,
        Code.NO_LONGER_ASKED,
        Code.OFFBOARDING_REQUESTED,
        Code.CLUSTER_REPLACED,
        Code.DELETION_PROTECTED,
        Code.CLIENT_UNREACHABLE,
        Code.SECURITY_GROUP_IN_USE,
        Code.CONNECTION_REJECTED,
        Code.SCHEME_TURNED_OFF,
        Code.UNKNOWN_CONNECTION,
        Code.ENDPOINT_TAGS_MISSING,
        Code.DRIFT_LEFT,
        Code.DRIFT_CONTESTED,
    }

    assert tried == set(Code)
    elsewhere = {Code.UNAUTHENTICATED_ACCESS_ON, Code.BROKERS_MIXED}
    assert {code for code, _ in DOUBTS} | elsewhere == WARNINGS


# ---------------------------------------------------------------------------- several causes


def test_one_refused_scheme_does_not_stop_the_others(accounts: Accounts, engine: Engine) -> None:
    cluster = accounts.make_cluster(tags=opted_in("iam scram tls"))
    vpc_id = accounts.make_tagged_vpc(CLIENT, "iam scram tls")

    assert engine.reconcile(cluster) == "SUCCEEDED"

    schemes = accounts.status(CLIENT)["vpcs"][vpc_id]
    assert {name: entry["state"] for name, entry in schemes.items()} == {
        "iam": "published",
        "scram": "published",
        "tls": "refused",
    }
    assert schemes["tls"]["refusal"]["code"] == Code.SCHEME_OFF_ON_CLUSTER


def test_scram_is_never_turned_on_without_the_property_and_iam_is_connected(
    accounts: Accounts, engine: Engine
) -> None:
    sent: list[dict[str, Any]] = []
    accounts.msk.observers.append(
        lambda _caller, operation, params, _result, _error: (
            sent.append(params) if operation == "UpdateConnectivity" else None
        )
    )
    open_to_all = {"Arn": accounts.make_configuration("log.retention.hours=1"), "Revision": 1}
    cluster = accounts.make_cluster(
        tags=opted_in("iam scram", f"{CLIENT} {OTHER_CLIENT}"), ConfigurationInfo=open_to_all
    )
    accounts.make_tagged_vpc(CLIENT, "iam")
    accounts.make_tagged_vpc(OTHER_CLIENT, "scram")

    assert engine.reconcile(cluster) == "SUCCEEDED"

    [update] = sent
    schemes = update["ConnectivityInfo"]["VpcConnectivity"]["ClientAuthentication"]
    assert schemes["Sasl"] == {"Iam": {"Enabled": True}, "Scram": {"Enabled": False}}
    assert accounts.status(CLIENT)["state"] == "published"
    assert shown(accounts, OTHER_CLIENT) == [Code.ACLS_NOT_ENFORCED]
    [statement] = accounts.policy(cluster)["Statement"]
    assert statement["Principal"]["AWS"] == [f"arn:aws:iam::{CLIENT}:root"]
    assert not {call for call in accounts.msk.calls if "Configuration" in call[1]} - {
        (OWNER, "CreateConfiguration"),
        (OWNER, "ListConfigurations"),
        (OWNER, "DescribeConfigurationRevision"),
    }


def test_one_invalid_principal_of_three_is_named_and_two_are_connected(
    accounts: Accounts, engine: Engine
) -> None:
    third = "444444444444"
    cluster = accounts.make_cluster(tags=opted_in(client=f"{CLIENT} {OTHER_CLIENT} {third}"))
    for account in (CLIENT, OTHER_CLIENT, third):
        accounts.make_tagged_vpc(account)
    accounts.msk.close_account(OTHER_CLIENT)

    assert engine.reconcile(cluster) == "SUCCEEDED"

    [event] = [one for one in accounts.take_events("Client Refused") if "refusal" in one]
    assert (event["account"], event["refusal"]["code"]) == (OTHER_CLIENT, Code.PRINCIPAL_REJECTED)
    assert accounts.status(OWNER)["clients"] == {
        CLIENT: "published",
        OTHER_CLIENT: "refused",
        third: "published",
    }
    [statement] = accounts.policy(cluster)["Statement"]
    assert statement["Principal"]["AWS"] == [f"arn:aws:iam::{one}:root" for one in (CLIENT, third)]
