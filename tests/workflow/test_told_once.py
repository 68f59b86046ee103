"""What was told is told again only when it is another refusal, or was over meanwhile."""

from collections.abc import Callable

import pytest

from localcloud.msk import faults
from tests.support.aws import CLIENT, Accounts
from tests.support.onboarded_client import TAGS, Served

STRANGER = "444444444444"


def denied(operation: str) -> Callable[[Served], None]:
    def deny(served: Served) -> None:
        served.accounts.denied.add((CLIENT, operation))
        served.accounts.make_tagged_vpc(CLIENT)

    return deny


def blocked(served: Served) -> None:
    served.accounts.blocked.add(CLIENT)


def refused_by_msk(served: Served) -> None:
    served.accounts.make_tagged_vpc(CLIENT)
    served.accounts.msk.faults.add(
        faults.error("CreateVpcConnection", "BadRequestException", times=None)
    )


def full(served: Served) -> None:
    served.accounts.make_tagged_vpc(STRANGER)
    served.accounts.tag_cluster(
        served.cluster, msklink__clients=f"{TAGS['msklink/clients']} {STRANGER}"
    )


REFUSED: list[tuple[Callable[[Served], None], str]] = [
    (denied("CreateVpcConnection"), "ClientRoleDenied"),
    (denied("ListVpcConnections"), "ClientRoleDenied"),
    (denied("PutParameter"), "ClientRoleDenied"),
    (blocked, "ClientRoleBlocked"),
    (refused_by_msk, "ConnectionRefusedByMsk"),
    (full, "PolicyTooLarge"),
]


@pytest.mark.parametrize(("refuse", "code"), REFUSED)
def test_a_refusal_that_each_run_finds_is_told_by_the_first(
    served: Served, monkeypatch: pytest.MonkeyPatch, refuse: Callable[[Served], None], code: str
) -> None:
    if refuse is full:
        monkeypatch.setattr("msklink.policy.document.SIZE_LIMIT", 540)
    refuse(served)
    for _ in range(3):
        served.reconcile()
        assert code in codes_in_table(served)

    assert served.told() == [("Client Refused", code)]


def codes_in_table(served: Served) -> set[str]:
    items = served.accounts.items(served.cluster).values()
    return {item["refusal"]["code"] for item in items if "refusal" in item and item["wanted"]}


@pytest.mark.parametrize("operation", ["CreateVpcConnection", "PutParameter"])
def test_a_refusal_that_was_over_is_told_again(served: Served, operation: str) -> None:
    denied(operation)(served)
    served.reconcile()
    served.accounts.denied.clear()
    served.reconcile()
    assert not codes_in_table(served)
    assert "refusal" not in served.accounts.status(CLIENT)
    served.accounts.told()

    denied(operation)(served)
    served.reconcile()

    assert served.told() == [("Client Refused", "ClientRoleDenied")]


def test_another_refusal_is_told(served: Served) -> None:
    denied("CreateVpcConnection")(served)
    served.reconcile()
    served.accounts.blocked.add(CLIENT)

    served.reconcile()

    told = ["ClientRoleDenied", "ClientRoleBlocked"]
    assert served.told() == [("Client Refused", code) for code in told]


def test_a_refusal_stays_in_the_status_without_being_written_again(
    served: Served, accounts: Accounts
) -> None:
    denied("CreateVpcConnection")(served)
    served.reconcile()
    before = accounts.versions(CLIENT)

    served.reconcile()

    assert accounts.versions(CLIENT) == before
    assert accounts.status(CLIENT)["refusal"]["code"] == "ClientRoleDenied"
