"""A cluster policy that others also write: their grants and their statements."""

from typing import Any

import pytest

from msklink.settings import settings
from tests.support import external_changes
from tests.support.aws import CLIENT, OTHER_CLIENT
from tests.support.onboarded_client import FIREHOSE, TAGS, OnboardedClient

STRANGER = "444444444444"


def put_on_the_list(onboarded: OnboardedClient) -> None:
    listed = f"{TAGS['msklink/clients']} {STRANGER}"
    onboarded.accounts.tag_cluster(onboarded.cluster, msklink__clients=listed)


def come_by_our_statement(onboarded: OnboardedClient) -> None:
    """Add the unknown account to our statement, and connect it."""
    external_changes.add_to_our_statement(onboarded.accounts, onboarded.cluster, STRANGER)
    external_changes.connect_manually(onboarded.accounts, onboarded.cluster, STRANGER)


def list_and_connect_manually(onboarded: OnboardedClient) -> None:
    """List the stranger, which then connects by a grant that others gave it."""
    onboarded.accounts.deploy_client(STRANGER)
    put_on_the_list(onboarded)
    come_by_our_statement(onboarded)


# ------------------------------------------------------------------------------ our statement


def test_an_account_that_others_added_to_our_statement_is_removed_though_connected(
    onboarded: OnboardedClient,
) -> None:
    come_by_our_statement(onboarded)

    assert onboarded.sweep() == 1

    assert onboarded.granted() == [CLIENT, OTHER_CLIENT]
    events = [("Drift Repaired", ""), ("Cluster Refused", "UnknownConnection")]
    assert onboarded.take_events() == events
    assert onboarded.connections(STRANGER) == ["AVAILABLE"]
    assert onboarded.sweep() == 0


def test_a_listed_account_with_a_manual_connection_keeps_its_grant(
    onboarded: OnboardedClient,
) -> None:
    list_and_connect_manually(onboarded)

    onboarded.reconcile()
    onboarded.reconcile()

    assert onboarded.granted() == [CLIENT, OTHER_CLIENT, STRANGER]


def test_an_account_with_a_manual_connection_loses_its_grant_when_delisted(
    onboarded: OnboardedClient,
) -> None:
    list_and_connect_manually(onboarded)
    onboarded.reconcile()

    onboarded.accounts.tag_cluster(onboarded.cluster, msklink__clients=TAGS["msklink/clients"])
    onboarded.reconcile()

    assert onboarded.granted() == [CLIENT, OTHER_CLIENT]


# ----------------------------------------------------------------------- policies managed by others


VENDOR = {
    "Sid": "Terraform",
    "Effect": "Allow",
    "Principal": {"AWS": STRANGER},
    "Action": ["kafka:*"],
    "Resource": "*",
}


@pytest.fixture
def managed_by_others(
    onboarded: OnboardedClient, monkeypatch: pytest.MonkeyPatch
) -> OnboardedClient:
    monkeypatch.setenv("REPAIR", "connection,parameters")
    settings.cache_clear()
    onboarded.accounts.put_policy(onboarded.cluster, FIREHOSE)
    onboarded.sweep()
    assert onboarded.take_events() == [("Cluster Refused", "DriftLeft")]
    return onboarded


def list_newcomer(onboarded: OnboardedClient) -> str:
    """Tag a VPC of another account and list that account."""
    vpc_id = onboarded.accounts.make_tagged_vpc(STRANGER)
    put_on_the_list(onboarded)
    onboarded.reconcile()
    return vpc_id


def test_an_account_that_cannot_be_granted_gets_a_remedy(
    managed_by_others: OnboardedClient,
) -> None:
    list_newcomer(managed_by_others)

    [event] = managed_by_others.accounts.take_events()
    assert (event["account"], event["refusal"]["code"]) == (STRANGER, "AccountNotAdmitted")
    status = managed_by_others.accounts.status(STRANGER)
    assert status["refusal"]["code"] == "AccountNotAdmitted"
    assert "kafka:CreateVpcConnection" in status["refusal"]["remedy"]
    assert "policy in parameter Repair" in status["refusal"]["remedy"]


OUR_ROLE = f"arn:aws:iam::{STRANGER}:role/msklink-client-eu-west-1"
BY_ACCOUNT = {"StringEquals": {"aws:PrincipalAccount": STRANGER}}
BY_ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"Principal": {"AWS": "*"}},
        {"Principal": "*", "Condition": BY_ACCOUNT},
        {"Principal": {"AWS": OUR_ROLE}, "Action": "KAFKA:CreateVpc*"},
        {"Resource": "arn:aws:kafka:*:*:cluster/orders/*"},
    ],
    ids=["account", "everybody", "condition", "role", "pattern"],
)
def test_an_account_that_others_granted_is_connected(
    managed_by_others: OnboardedClient, said: dict[str, Any]
) -> None:
    managed_by_others.accounts.put_policy(managed_by_others.cluster, FIREHOSE, VENDOR | said)

    list_newcomer(managed_by_others)

    assert managed_by_others.connections(STRANGER) == ["AVAILABLE"]
    assert ("Client Onboarded", "") in managed_by_others.take_events()


@pytest.mark.parametrize(
    ("statements", "sentence"),
    [
        ([VENDOR | {"Principal": {"AWS": OTHER_CLIENT}}], ""),
        ([VENDOR | {"Resource": "arn:aws:kafka:*:*:cluster/sales/*"}], ""),
        ([VENDOR | {"Principal": {"AWS": OUR_ROLE + "-2"}}], ""),
        ([VENDOR, VENDOR | {"Sid": "No", "Effect": "Deny", "Action": "kafka:Create*"}], ""),
        (
            [VENDOR | {"Principal": {"AWS": "*"}, "Condition": BY_ORGANIZATION}],
            "could not be judged and counts against it: "
            "condition StringEquals on aws:PrincipalOrgID of statement Terraform.",
        ),
    ],
    ids=["another", "resource", "role", "deny", "unjudged"],
)
def test_an_account_that_others_did_not_grant_gets_a_reason(
    managed_by_others: OnboardedClient, statements: list[dict[str, Any]], sentence: str
) -> None:
    managed_by_others.accounts.put_policy(managed_by_others.cluster, FIREHOSE, *statements)

    list_newcomer(managed_by_others)

    assert managed_by_others.connections(STRANGER) == []
    refusal = managed_by_others.accounts.status(STRANGER)["refusal"]
    assert refusal["code"] == "AccountNotAdmitted"
    assert refusal["message"].endswith(sentence or "another tool or person manages it.")
    assert OUR_ROLE in refusal["remedy"]


def test_a_connected_account_stays_connected_without_a_grant(
    managed_by_others: OnboardedClient,
) -> None:
    managed_by_others.accounts.client("ssm", CLIENT).delete_parameter(
        Name="/msklink/orders/iam/bootstrap.servers"
    )

    managed_by_others.reconcile()

    assert managed_by_others.take_events() == [("Drift Repaired", "")]
    assert managed_by_others.status_entry()["state"] == "published"


def test_an_account_that_loses_its_connection_without_a_grant_gets_a_refusal(
    managed_by_others: OnboardedClient,
) -> None:
    [made] = managed_by_others.accounts.connections(CLIENT)
    managed_by_others.accounts.msk.force_connection(made["VpcConnectionArn"], "FAILED")

    for _ in range(3):
        managed_by_others.advance_hours(1)
        managed_by_others.sweep()

    assert managed_by_others.take_events()[-1] == ("Client Refused", "AccountNotAdmitted")
    status = managed_by_others.accounts.status(CLIENT)
    assert status["refusal"]["code"] == "AccountNotAdmitted"
