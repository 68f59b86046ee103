"""A refusal is reported again only if it differs or was resolved meanwhile."""

from collections.abc import Callable

import pytest

from localcloud.msk import faults
from tests.support.aws import CLIENT, Accounts
from tests.support.onboarded_client import TAGS, OnboardedClient

STRANGER = "444444444444"


def denied(operation: str) -> Callable[[OnboardedClient], None]:
    def deny(onboarded: OnboardedClient) -> None:
        onboarded.accounts.denied.add((CLIENT, operation))
        onboarded.accounts.make_tagged_vpc(CLIENT)

    return deny


def blocked(onboarded: OnboardedClient) -> None:
    onboarded.accounts.blocked.add(CLIENT)


def refused_by_msk(onboarded: OnboardedClient) -> None:
    onboarded.accounts.make_tagged_vpc(CLIENT)
    onboarded.accounts.msk.faults.add(
        faults.error("CreateVpcConnection", "BadRequestException", times=None)
    )


def full(onboarded: OnboardedClient) -> None:
    onboarded.accounts.make_tagged_vpc(STRANGER)
    onboarded.accounts.tag_cluster(
        onboarded.cluster, msklink__clients=f"{TAGS['msklink/clients']} {STRANGER}"
    )


REFUSED: list[tuple[Callable[[OnboardedClient], None], str]] = [
    (denied("CreateVpcConnection"), "ClientRoleDenied"),
    (denied("ListVpcConnections"), "ClientRoleDenied"),
    (denied("PutParameter"), "ClientRoleDenied"),
    (blocked, "ClientRoleBlocked"),
    (refused_by_msk, "ConnectionRefusedByMsk"),
    (full, "PolicyTooLarge"),
]


@pytest.mark.parametrize(("refuse", "code"), REFUSED)
def test_a_refusal_that_each_run_finds_is_reported_by_the_first(
    onboarded: OnboardedClient,
    monkeypatch: pytest.MonkeyPatch,
    refuse: Callable[[OnboardedClient], None],
    code: str,
) -> None:
    if refuse is full:
        monkeypatch.setattr("msklink.policy.document.SIZE_LIMIT", 540)
    refuse(onboarded)
    for _ in range(3):
        onboarded.reconcile()
        assert code in codes_in_table(onboarded)

    assert onboarded.take_events() == [("Client Refused", code)]


def codes_in_table(onboarded: OnboardedClient) -> set[str]:
    items = onboarded.accounts.items(onboarded.cluster).values()
    return {item["refusal"]["code"] for item in items if "refusal" in item and item["wanted"]}


@pytest.mark.parametrize("operation", ["CreateVpcConnection", "PutParameter"])
def test_a_refusal_that_was_resolved_is_reported_again(
    onboarded: OnboardedClient, operation: str
) -> None:
    denied(operation)(onboarded)
    onboarded.reconcile()
    onboarded.accounts.denied.clear()
    onboarded.reconcile()
    assert not codes_in_table(onboarded)
    assert "refusal" not in onboarded.accounts.status(CLIENT)
    onboarded.accounts.take_events()

    denied(operation)(onboarded)
    onboarded.reconcile()

    assert onboarded.take_events() == [("Client Refused", "ClientRoleDenied")]


def test_another_refusal_is_reported(onboarded: OnboardedClient) -> None:
    denied("CreateVpcConnection")(onboarded)
    onboarded.reconcile()
    onboarded.accounts.blocked.add(CLIENT)

    onboarded.reconcile()

    codes = ["ClientRoleDenied", "ClientRoleBlocked"]
    assert onboarded.take_events() == [("Client Refused", code) for code in codes]


def test_an_unchanged_refusal_is_not_written_again(
    onboarded: OnboardedClient, accounts: Accounts
) -> None:
    denied("CreateVpcConnection")(onboarded)
    onboarded.reconcile()
    before = accounts.versions(CLIENT)

    onboarded.reconcile()

    assert accounts.versions(CLIENT) == before
    assert accounts.status(CLIENT)["refusal"]["code"] == "ClientRoleDenied"
