"""Unreachable client accounts: none is disconnected by mistake, and all end."""

from collections.abc import Callable

import pytest

from localcloud.msk import faults
from msklink.aws import run_state
from tests.support.aws import CLIENT, OTHER_CLIENT
from tests.support.functions import OWNER
from tests.support.onboarded_client import TAGS, OnboardedClient

SCHEDULED, OFFBOARDED = "Client Offboarding Scheduled", "Client Offboarded"


def test_an_unreachable_account_is_disconnected_by_rejection(
    onboarded: OnboardedClient,
) -> None:
    onboarded.remove_from_client_list()
    onboarded.accounts.remove_client(CLIENT)
    onboarded.accounts.take_events()
    onboarded.advance_hours(24)

    assert onboarded.sweep() == 1

    onboarded.advance_hours(1)
    assert onboarded.connections() == ["REJECTED"]
    assert onboarded.granted() == [OTHER_CLIENT]
    [event] = onboarded.accounts.take_events(OFFBOARDED)
    assert event["refusal"]["code"] == "ClientUnreachable"
    assert "AWS bills it until the client deletes it" in event["refusal"]["remedy"]
    assert onboarded.accounts.status(OWNER)["clients"][CLIENT] == "abandoned"
    assert onboarded.sweep() == 0

    onboarded.accounts.deploy_client(CLIENT)
    assert onboarded.sweep() == 1

    onboarded.assert_is_offboarded()
    assert onboarded.sweep() == 0


def untag_and_close(onboarded: OnboardedClient) -> None:
    onboarded.remove_vpc_tag()
    onboarded.accounts.remove_client(CLIENT)


def leave_unseen(onboarded: OnboardedClient) -> None:
    onboarded.accounts.blocked.add(CLIENT)
    onboarded.request_offboarding()


def test_a_connection_is_rejected_after_its_grant_is_revoked(onboarded: OnboardedClient) -> None:
    """Otherwise the account could make another connection at once."""
    granted: list[list[str]] = []
    onboarded.accounts.meanwhile(
        "RejectClientVpcConnection", lambda: granted.append(onboarded.granted())
    )
    untag_and_close(onboarded)
    onboarded.reconcile()
    onboarded.advance_hours(24)

    onboarded.sweep()

    assert granted == [[OTHER_CLIENT]]


@pytest.mark.parametrize("go", [untag_and_close, leave_unseen])
def test_a_listed_unreachable_account_loses_its_grant_with_its_connection(
    onboarded: OnboardedClient, go: Callable[[OnboardedClient], None]
) -> None:
    go(onboarded)
    onboarded.advance_hours(24)
    onboarded.sweep()
    onboarded.advance_hours(1)

    assert onboarded.connections() == ["REJECTED"]
    assert onboarded.granted() == [OTHER_CLIENT]
    onboarded.reconcile()
    assert onboarded.granted() == [OTHER_CLIENT]


def test_a_listed_unreachable_account_keeps_its_grant(onboarded: OnboardedClient) -> None:
    onboarded.accounts.remove_client(CLIENT)

    onboarded.reconcile()
    onboarded.advance_hours(48)
    onboarded.reconcile()

    onboarded.assert_is_onboarded()


def test_records_of_an_unreachable_account_end_when_the_connection_is_deleted(
    onboarded: OnboardedClient,
) -> None:
    onboarded.remove_from_client_list()
    onboarded.accounts.remove_client(CLIENT)
    onboarded.advance_hours(24)
    onboarded.sweep()
    onboarded.advance_hours(1)
    [left] = onboarded.accounts.connections(CLIENT)
    onboarded.accounts.client("kafka", CLIENT).delete_vpc_connection(Arn=left["VpcConnectionArn"])
    onboarded.advance_hours(1)

    onboarded.reconcile()

    assert onboarded.accounts.status(OWNER)["clients"] == {OTHER_CLIENT: "published"}


def test_a_tag_that_cannot_be_read_disconnects_nobody(
    onboarded: OnboardedClient,
) -> None:
    onboarded.accounts.blocked.add(CLIENT)
    onboarded.reconcile()
    onboarded.advance_hours(48)
    onboarded.sweep()
    onboarded.accounts.blocked.clear()
    onboarded.sweep()

    onboarded.assert_is_onboarded()
    assert SCHEDULED not in [what for what, _ in onboarded.take_events()]


def test_leftovers_of_a_deleted_cluster_in_an_unreachable_account_are_given_up_after_a_day(
    onboarded: OnboardedClient,
) -> None:
    accounts = onboarded.accounts
    accounts.remove_client(CLIENT)
    accounts.client("kafka").delete_cluster(ClusterArn=onboarded.cluster)
    onboarded.advance_hours(1)
    onboarded.sweep()
    onboarded.advance_hours(24)
    onboarded.sweep()
    assert state(onboarded) == "abandoned"
    assert accounts.parameters(OWNER)
    accounts.take_events()

    onboarded.advance_hours(23)
    assert onboarded.sweep() == 0
    onboarded.advance_hours(1)
    assert onboarded.sweep() == 1

    assert not accounts.parameters(OWNER)
    assert onboarded.take_events() == []  # the failed deletion was reported before
    assert onboarded.sweep() == 0
    assert not run_state.tracked_clusters()

    again = accounts.make_cluster(tags=TAGS)  # of the same name, which is free now
    onboarded.sweep()
    assert accounts.status(OWNER)["cluster_arn"] == again


def opt_out(onboarded: OnboardedClient) -> None:
    onboarded.accounts.tag_cluster(onboarded.cluster, msklink="off")
    onboarded.reconcile()


def state(onboarded: OnboardedClient) -> str:
    """Return the state of the client's connection in the table."""
    item = onboarded.accounts.items(onboarded.cluster)[f"client#{CLIENT}#{onboarded.vpc_id}#iam"]
    return str(item["state"])


@pytest.mark.parametrize("take_back", [OnboardedClient.remove_from_client_list, opt_out])
def test_relisting_an_unreachable_account_in_time_keeps_its_connection(
    onboarded: OnboardedClient, take_back: Callable[[OnboardedClient], None]
) -> None:
    take_back(onboarded)
    onboarded.accounts.blocked.add(CLIENT)
    onboarded.advance_hours(2)

    onboarded.accounts.tag_cluster(
        onboarded.cluster, msklink="iam", msklink__clients=TAGS["msklink/clients"]
    )
    onboarded.reconcile()
    onboarded.advance_hours(23)
    onboarded.reconcile()
    onboarded.advance_hours(1)

    onboarded.assert_is_onboarded()
    onboarded.accounts.blocked.clear()
    onboarded.reconcile()
    onboarded.assert_is_onboarded()
    assert OFFBOARDED not in [what for what, _ in onboarded.take_events()]


def test_relisting_after_a_failed_run_keeps_the_connection(
    onboarded: OnboardedClient,
) -> None:
    opt_out(onboarded)
    onboarded.accounts.blocked.add(CLIENT)
    onboarded.advance_hours(24)
    onboarded.accounts.msk.faults.add(
        faults.error("ListClientVpcConnections", "BadRequestException", times=None)
    )
    onboarded.reconcile()
    assert state(onboarded) == "abandoned"
    onboarded.accounts.msk.faults.clear()

    onboarded.accounts.tag_cluster(onboarded.cluster, msklink="iam")
    onboarded.reconcile()

    assert onboarded.connections() == ["AVAILABLE"]
    onboarded.accounts.blocked.clear()
    onboarded.reconcile()
    onboarded.assert_is_onboarded()


def test_relisting_starts_a_complete_grace_period_for_the_next_removal(
    onboarded: OnboardedClient,
) -> None:
    onboarded.remove_from_client_list()
    onboarded.advance_hours(23)
    onboarded.accounts.untag_vpc(CLIENT, onboarded.vpc_id)
    onboarded.accounts.tag_cluster(onboarded.cluster, msklink__clients=TAGS["msklink/clients"])
    onboarded.reconcile()

    onboarded.advance_hours(2)
    onboarded.reconcile()

    onboarded.assert_is_onboarded()
    assert onboarded.status_entry()["leaving"]["reason"]["code"] == "NoLongerAsked"
