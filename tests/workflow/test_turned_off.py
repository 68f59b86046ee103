"""A scheme that somebody turned off: kept off, or turned on again if the owner chose so."""

from collections.abc import Callable

import pytest

from localcloud.msk import faults
from tests.support import external_changes
from tests.support.aws import CLIENT
from tests.support.functions import OWNER
from tests.support.onboarded_client import OnboardedClient


def test_a_scheme_that_was_turned_off_stays_off_and_is_reported_to_both_sides(
    onboarded: OnboardedClient,
) -> None:
    external_changes.set_private_connectivity(onboarded.accounts, onboarded.cluster, on=False)

    assert onboarded.sweep() == 1

    assert ("Cluster Refused", "SchemeTurnedOff") in onboarded.take_events()
    assert onboarded.status_entry()["refusal"]["code"] == "SchemeTurnedOff"
    assert onboarded.connections() == ["INACTIVE"]
    assert onboarded.accounts.msk.calls[OWNER, "UpdateConnectivity"] == 2
    onboarded.reconcile()
    assert onboarded.sweep() == 0
    assert onboarded.accounts.msk.calls[OWNER, "UpdateConnectivity"] == 2


def test_a_scheme_is_turned_on_again_in_the_maintenance_window_only(
    onboarded: OnboardedClient, repair: Callable[..., None]
) -> None:
    repair("connectivity", MAINTENANCE_WINDOW="sun:02:00-sun:05:00")
    external_changes.set_private_connectivity(
        onboarded.accounts, onboarded.cluster, on=False
    )  # the clock begins on a Thursday
    onboarded.sweep()
    assert onboarded.connections() == ["INACTIVE"]

    while onboarded.accounts.clock.now().strftime("%a %H") != "Sun 02":
        onboarded.advance_hours(1)
    assert onboarded.sweep() == 1

    assert onboarded.connections() == ["AVAILABLE"]
    assert onboarded.accounts.status(CLIENT)["state"] == "published"
    events = [
        one for one in onboarded.accounts.take_events() if one["detail_type"] == "Drift Repaired"
    ]
    assert "connectivity" in {one["kind"] for one in events}
    assert onboarded.sweep() == 0


@pytest.fixture
def without_clients(onboarded: OnboardedClient) -> OnboardedClient:
    """Return a cluster whose schemes no client uses any more."""
    onboarded.accounts.tag_cluster(onboarded.cluster, msklink__clients="")
    onboarded.reconcile()
    onboarded.advance_hours(200)
    onboarded.sweep()
    assert not onboarded.connections()
    return onboarded


def test_a_scheme_that_goes_off_while_another_comes_on_again_is_reported(
    without_clients: OnboardedClient,
) -> None:
    accounts, cluster = without_clients.accounts, without_clients.cluster
    accounts.tag_cluster(cluster, msklink="iam scram")
    external_changes.set_private_schemes(accounts, cluster, "iam", "scram")
    without_clients.reconcile()
    external_changes.set_private_schemes(accounts, cluster, "scram")
    assert without_clients.sweep() == 1
    accounts.take_events()

    external_changes.set_private_schemes(accounts, cluster, "iam")

    assert without_clients.sweep() == 1
    [event] = accounts.take_events("Cluster Refused")
    assert "Private connectivity by scram" in event["refusal"]["message"]
    assert without_clients.sweep() == 0


@pytest.fixture
def unused(without_clients: OnboardedClient, repair: Callable[..., None]) -> OnboardedClient:
    """Return a cluster without clients whose scheme was turned off and is to be repaired."""
    onboarded = without_clients
    repair("connectivity")
    external_changes.set_private_connectivity(onboarded.accounts, onboarded.cluster, on=False)
    onboarded.accounts.take_events()
    return onboarded


def test_an_unused_scheme_is_turned_on_again_as_well(unused: OnboardedClient) -> None:
    assert unused.sweep() == 1

    brokers = unused.accounts.client("kafka").get_bootstrap_brokers(ClusterArn=unused.cluster)
    assert "BootstrapBrokerStringVpcConnectivitySaslIam" in brokers
    assert [one["kind"] for one in unused.accounts.take_events("Drift Repaired")] == [
        "connectivity"
    ]
    assert unused.sweep() == 0


def test_a_scheme_that_cannot_be_turned_on_again_is_tried_once(unused: OnboardedClient) -> None:
    unused.accounts.msk.faults.add(faults.fails("UpdateConnectivity", "Broken", "it broke"))
    calls = unused.accounts.msk.calls
    before = calls[OWNER, "UpdateConnectivity"]

    assert unused.sweep() == 1

    assert calls[OWNER, "UpdateConnectivity"] == before + 1
    assert unused.take_events() == [("Cluster Refused", "ConnectivityUpdateFailed")]
    assert unused.sweep() == 0


def test_a_scheme_that_the_owner_turns_on_again_is_used_again(onboarded: OnboardedClient) -> None:
    external_changes.set_private_connectivity(onboarded.accounts, onboarded.cluster, on=False)
    onboarded.sweep()
    external_changes.set_private_connectivity(onboarded.accounts, onboarded.cluster, on=True)

    assert onboarded.sweep() == 1

    assert onboarded.connections() == ["AVAILABLE"]
    assert onboarded.accounts.status(CLIENT)["state"] == "published"
    assert onboarded.sweep() == 0
