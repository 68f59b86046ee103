"""Deleted principals of the cluster policy, which must not block the others."""

import pytest

from localcloud.msk import faults
from msklink.aws import cluster_item
from msklink.refusals import Code
from tests.support.aws import CLIENT, OTHER_CLIENT
from tests.support.functions import OWNER
from tests.support.onboarded_client import TAGS, OnboardedClient

THIRD, FOURTH, VENDOR = "444444444444", "555555555555", "666666666666"
REJECTED = ("Client Refused", Code.PRINCIPAL_REJECTED)

IS_NAMED = pytest.mark.parametrize("is_named", [True, False], ids=["named", "not-named"])


def close(onboarded: OnboardedClient, *accounts: str) -> None:
    """Close *accounts*, whose roles cannot be assumed afterwards."""
    for account in accounts:
        onboarded.accounts.msk.close_account(account)
        onboarded.accounts.blocked.add(account)


def let_in(onboarded: OnboardedClient, *accounts: str) -> None:
    for account in accounts:
        onboarded.accounts.make_tagged_vpc(account)
    listed = " ".join((TAGS["msklink/clients"], *accounts))
    onboarded.accounts.tag_cluster(onboarded.cluster, msklink__clients=listed)
    onboarded.reconcile()


@IS_NAMED
def test_an_account_closed_after_its_grant_blocks_nobody(
    onboarded: OnboardedClient, is_named: bool
) -> None:
    onboarded.accounts.msk.assume(bad_principal_is_named=is_named)
    close(onboarded, CLIENT)

    let_in(onboarded, THIRD)

    assert onboarded.granted() == [OTHER_CLIENT, THIRD]
    assert cluster_item.read_cluster(onboarded.cluster).suspended_accounts == ()
    assert onboarded.accounts.status(OWNER)["clients"][THIRD] == "published"
    assert REJECTED in onboarded.take_events()
    rejected = onboarded.accounts.items(onboarded.cluster)[f"client#{CLIENT}##"]["refusal"]
    assert CLIENT in rejected["message"]


def test_a_closed_account_is_reported_once(onboarded: OnboardedClient) -> None:
    close(onboarded, CLIENT)
    let_in(onboarded, THIRD)
    onboarded.accounts.take_events()

    onboarded.reconcile()
    let_in(onboarded, THIRD, FOURTH)

    assert onboarded.granted() == [OTHER_CLIENT, THIRD, FOURTH]
    assert onboarded.accounts.take_events("Client Refused") == []


@IS_NAMED
def test_all_closed_accounts_are_found(onboarded: OnboardedClient, is_named: bool) -> None:
    onboarded.accounts.msk.assume(bad_principal_is_named=is_named)
    let_in(onboarded, THIRD, FOURTH)
    close(onboarded, CLIENT, FOURTH)
    onboarded.accounts.tag_cluster(onboarded.cluster, msklink__vendors=VENDOR)

    onboarded.reconcile()

    assert onboarded.granted() == [OTHER_CLIENT, THIRD, VENDOR]


def test_a_closed_vendor_account_blocks_nobody(onboarded: OnboardedClient) -> None:
    onboarded.accounts.tag_cluster(onboarded.cluster, msklink__vendors=VENDOR)
    onboarded.reconcile()
    onboarded.accounts.msk.close_account(VENDOR)

    let_in(onboarded, THIRD)

    assert onboarded.granted() == [CLIENT, OTHER_CLIENT, THIRD]
    assert ("Cluster Refused", Code.PRINCIPAL_REJECTED) in onboarded.take_events()


def test_a_closed_account_does_not_block_the_removal_of_another(
    onboarded: OnboardedClient,
) -> None:
    let_in(onboarded, THIRD)
    close(onboarded, OTHER_CLIENT)

    onboarded.request_offboarding()
    onboarded.reconcile()
    onboarded.advance_hours(1)

    assert onboarded.granted() == [THIRD]
    assert onboarded.connections() == []


def test_reachable_accounts_keep_their_grants_during_the_search(
    onboarded: OnboardedClient,
) -> None:
    close(onboarded, OTHER_CLIENT)
    written: list[list[str]] = []

    def note() -> None:
        written.append(onboarded.granted())

    for _ in range(20):
        onboarded.accounts.meanwhile("PutClusterPolicy", note)
    let_in(onboarded, THIRD)

    assert len(written) > 2
    assert all(CLIENT in granted for granted in written)


def test_suspended_accounts_are_granted_again_after_a_crash(
    onboarded: OnboardedClient,
) -> None:
    onboarded.remove_vpc_tag()  # and keeps its connection until it is due
    onboarded.accounts.blocked.add(CLIENT)
    close(onboarded, OTHER_CLIENT)
    fine = (faults.Fault("PutClusterPolicy") for _ in range(3))
    onboarded.accounts.msk.faults.add(*fine, faults.error("PutClusterPolicy", "ForbiddenException"))
    let_in(onboarded, THIRD)
    assert onboarded.granted() == []

    onboarded.reconcile()

    assert onboarded.granted() == [CLIENT, THIRD]
    assert onboarded.connections() == ["AVAILABLE"]
    assert cluster_item.read_cluster(onboarded.cluster).suspended_accounts == ()


def test_a_deleted_principal_of_others_is_reported_and_clients_stay_connected(
    onboarded: OnboardedClient,
) -> None:
    role = "arn:aws:iam::999999999999:role/app"
    firehose, ours = onboarded.accounts.policy(onboarded.cluster)["Statement"]
    theirs = {**ours, "Sid": "Theirs", "Principal": {"AWS": role}}
    onboarded.accounts.put_policy(onboarded.cluster, firehose, ours, theirs)
    onboarded.accounts.msk.forget_role(role)

    let_in(onboarded, THIRD)

    clients = onboarded.accounts.status(OWNER)["clients"]
    assert clients == {CLIENT: "published", OTHER_CLIENT: "published", THIRD: "refused"}
    [event] = onboarded.accounts.take_events("Client Refused")
    assert "AROA" in event["refusal"]["remedy"]
