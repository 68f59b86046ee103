"""Principals of the cluster policy that are gone: one of them does not keep the others out."""

import pytest

from localcloud.msk import faults
from msklink.aws import dynamodb
from msklink.refusals import Code
from tests.support.aws import CLIENT, OTHER_CLIENT
from tests.support.functions import OWNER
from tests.support.onboarded_client import TAGS, Served

THIRD, FOURTH, VENDOR = "444444444444", "555555555555", "666666666666"
TOLD = ("Client Refused", Code.PRINCIPAL_REJECTED)

IS_NAMED = pytest.mark.parametrize("is_named", [True, False], ids=["named", "not-named"])


def close(served: Served, *accounts: str) -> None:
    """AWS closes *accounts*, whose roles cannot be assumed from then on."""
    for account in accounts:
        served.accounts.msk.close_account(account)
        served.accounts.blocked.add(account)


def let_in(served: Served, *accounts: str) -> None:
    for account in accounts:
        served.accounts.make_tagged_vpc(account)
    listed = " ".join((TAGS["msklink/clients"], *accounts))
    served.accounts.tag_cluster(served.cluster, msklink__clients=listed)
    served.reconcile()


@IS_NAMED
def test_an_account_that_was_closed_since_it_was_admitted_keeps_nobody_out(
    served: Served, is_named: bool
) -> None:
    served.accounts.msk.assume(bad_principal_is_named=is_named)
    close(served, CLIENT)

    let_in(served, THIRD)

    assert served.granted() == [OTHER_CLIENT, THIRD]
    assert dynamodb.read_cluster(served.cluster).suspended_accounts == ()
    assert served.accounts.status(OWNER)["clients"][THIRD] == "published"
    assert TOLD in served.told()
    rejected = served.accounts.items(served.cluster)[f"client#{CLIENT}##"]["refusal"]
    assert CLIENT in rejected["message"]


def test_it_is_told_once(served: Served) -> None:
    close(served, CLIENT)
    let_in(served, THIRD)
    served.accounts.told()

    served.reconcile()
    let_in(served, THIRD, FOURTH)

    assert served.granted() == [OTHER_CLIENT, THIRD, FOURTH]
    assert served.accounts.told("Client Refused") == []


@IS_NAMED
def test_all_that_were_closed_are_found(served: Served, is_named: bool) -> None:
    served.accounts.msk.assume(bad_principal_is_named=is_named)
    let_in(served, THIRD, FOURTH)
    close(served, CLIENT, FOURTH)
    served.accounts.tag_cluster(served.cluster, msklink__vendors=VENDOR)

    served.reconcile()

    assert served.granted() == [OTHER_CLIENT, THIRD, VENDOR]


def test_a_vendor_whose_account_was_closed_keeps_nobody_out(served: Served) -> None:
    served.accounts.tag_cluster(served.cluster, msklink__vendors=VENDOR)
    served.reconcile()
    served.accounts.msk.close_account(VENDOR)

    let_in(served, THIRD)

    assert served.granted() == [CLIENT, OTHER_CLIENT, THIRD]
    assert ("Cluster Refused", Code.PRINCIPAL_REJECTED) in served.told()


def test_a_closed_account_does_not_keep_the_grant_of_another_that_leaves(served: Served) -> None:
    let_in(served, THIRD)
    close(served, OTHER_CLIENT)

    served.ask_to_leave()
    served.reconcile()
    served.pass_hours(1)

    assert served.granted() == [THIRD]
    assert served.connections() == []


def test_who_is_reached_keeps_its_grant_while_the_closed_one_is_sought(served: Served) -> None:
    close(served, OTHER_CLIENT)
    written: list[list[str]] = []

    def note() -> None:
        written.append(served.granted())

    for _ in range(20):
        served.accounts.meanwhile("PutClusterPolicy", note)
    let_in(served, THIRD)

    assert len(written) > 2
    assert all(CLIENT in granted for granted in written)


def test_who_was_taken_out_to_find_the_closed_one_is_let_in_again_after_a_crash(
    served: Served,
) -> None:
    served.untag()  # and has its connection until its time is up
    served.accounts.blocked.add(CLIENT)
    close(served, OTHER_CLIENT)
    fine = (faults.Fault("PutClusterPolicy") for _ in range(3))
    served.accounts.msk.faults.add(*fine, faults.error("PutClusterPolicy", "ForbiddenException"))
    let_in(served, THIRD)
    assert served.granted() == []

    served.reconcile()

    assert served.granted() == [CLIENT, THIRD]
    assert served.connections() == ["AVAILABLE"]
    assert dynamodb.read_cluster(served.cluster).suspended_accounts == ()


def test_others_principal_that_is_gone_is_shown_and_who_is_admitted_goes_on(
    served: Served,
) -> None:
    role = "arn:aws:iam::999999999999:role/app"
    firehose, ours = served.accounts.policy(served.cluster)["Statement"]
    theirs = {**ours, "Sid": "Theirs", "Principal": {"AWS": role}}
    served.accounts.put_policy(served.cluster, firehose, ours, theirs)
    served.accounts.msk.forget_role(role)

    let_in(served, THIRD)

    clients = served.accounts.status(OWNER)["clients"]
    assert clients == {CLIENT: "published", OTHER_CLIENT: "published", THIRD: "refused"}
    [told] = served.accounts.told("Client Refused")
    assert "AROA" in told["refusal"]["remedy"]
