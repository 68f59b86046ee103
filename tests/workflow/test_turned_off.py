"""A scheme that somebody turned off: left off, or on again when the owner has said so."""

from collections.abc import Callable

import pytest

from localcloud.msk import faults
from tests.support import external_changes
from tests.support.aws import CLIENT
from tests.support.functions import OWNER
from tests.support.onboarded_client import Served


def test_a_scheme_that_was_turned_off_stays_off_and_both_sides_are_told(served: Served) -> None:
    external_changes.turn(served.accounts, served.cluster, on=False)

    assert served.sweep() == 1

    assert ("Cluster Refused", "SchemeTurnedOff") in served.told()
    assert served.entry()["refusal"]["code"] == "SchemeTurnedOff"
    assert served.connections() == ["INACTIVE"]
    assert served.accounts.msk.calls[OWNER, "UpdateConnectivity"] == 2
    served.reconcile()
    assert served.sweep() == 0
    assert served.accounts.msk.calls[OWNER, "UpdateConnectivity"] == 2


def test_a_scheme_is_turned_on_again_in_the_maintenance_window_only(
    served: Served, repair: Callable[..., None]
) -> None:
    repair("connectivity", MAINTENANCE_WINDOW="sun:02:00-sun:05:00")
    external_changes.turn(
        served.accounts, served.cluster, on=False
    )  # the clock begins on a Thursday
    served.sweep()
    assert served.connections() == ["INACTIVE"]

    while served.accounts.clock.now().strftime("%a %H") != "Sun 02":
        served.pass_hours(1)
    assert served.sweep() == 1

    assert served.connections() == ["AVAILABLE"]
    assert served.accounts.status(CLIENT)["state"] == "published"
    told = [one for one in served.accounts.told() if one["what"] == "Drift Repaired"]
    assert "connectivity" in {one["kind"] for one in told}
    assert served.sweep() == 0


@pytest.fixture
def unused(served: Served, repair: Callable[..., None]) -> Served:
    """No client is left, somebody turned the scheme off, and MSKLink is to turn it on again."""
    served.accounts.tag_cluster(served.cluster, msklink__clients="")
    served.reconcile()
    served.pass_hours(200)
    served.sweep()
    assert not served.connections()
    repair("connectivity")
    external_changes.turn(served.accounts, served.cluster, on=False)
    served.accounts.told()
    return served


def test_a_scheme_that_no_client_uses_is_turned_on_again_as_well(unused: Served) -> None:
    assert unused.sweep() == 1

    brokers = unused.accounts.client("kafka").get_bootstrap_brokers(ClusterArn=unused.cluster)
    assert "BootstrapBrokerStringVpcConnectivitySaslIam" in brokers
    assert [one["kind"] for one in unused.accounts.told("Drift Repaired")] == ["connectivity"]
    assert unused.sweep() == 0


def test_a_scheme_that_cannot_be_turned_on_again_is_tried_once(unused: Served) -> None:
    unused.accounts.msk.faults.add(faults.fails("UpdateConnectivity", "Broken", "it broke"))
    calls = unused.accounts.msk.calls
    before = calls[OWNER, "UpdateConnectivity"]

    assert unused.sweep() == 1

    assert calls[OWNER, "UpdateConnectivity"] == before + 1
    assert unused.told() == [("Cluster Refused", "ConnectivityUpdateFailed")]
    assert unused.sweep() == 0


def test_a_scheme_that_the_owner_turns_on_again_is_used_again(served: Served) -> None:
    external_changes.turn(served.accounts, served.cluster, on=False)
    served.sweep()
    external_changes.turn(served.accounts, served.cluster, on=True)

    assert served.sweep() == 1

    assert served.connections() == ["AVAILABLE"]
    assert served.accounts.status(CLIENT)["state"] == "published"
    assert served.sweep() == 0
