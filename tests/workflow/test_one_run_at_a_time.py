"""Requests during a run or after its failure are served, and nothing is done twice."""

import pytest

from localcloud.msk import faults
from msklink.aws import cluster_item
from tests.support import functions
from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts
from tests.support.functions import OWNER
from tests.support.step_functions import Engine, tag_event

BOTH = {"msklink": "iam scram", "msklink/clients": f"{CLIENT} {OTHER_CLIENT}"}


def holder(cluster: str) -> str:
    held = cluster_item.read_cluster(cluster).holder
    assert held
    return held


def test_a_request_during_a_run_is_served_by_the_same_run(
    accounts: Accounts, engine: Engine
) -> None:
    cluster = accounts.make_cluster(tags=BOTH)
    accounts.make_tagged_vpc(CLIENT)
    joined: list[str] = []

    def ask() -> None:
        accounts.make_tagged_vpc(OTHER_CLIENT)
        joined.extend(functions.invoke("ReceiveEventFunction", tag_event(cluster))["runs"])

    accounts.meanwhile("GetBootstrapBrokers", ask)
    [run] = engine.receive(tag_event(cluster))

    assert joined == [run]
    assert "GoRoundAgain" in engine.states(run)
    assert accounts.is_onboarded(OTHER_CLIENT)
    assert accounts.msk.calls[OWNER, "UpdateConnectivity"] == 1
    assert cluster_item.read_cluster(cluster).holder is None


def test_a_client_that_is_added_during_the_reboot_needs_no_other(
    accounts: Accounts, engine: Engine
) -> None:
    cluster = accounts.make_cluster(tags=BOTH)
    accounts.make_tagged_vpc(CLIENT)

    accounts.meanwhile("UpdateConnectivity", lambda: accounts.make_tagged_vpc(OTHER_CLIENT))

    [run] = engine.receive(tag_event(cluster))

    assert "GoRoundAgain" not in engine.states(run)
    assert accounts.is_onboarded(OTHER_CLIENT)
    assert accounts.msk.calls[OWNER, "UpdateConnectivity"] == 1


def test_the_lease_of_a_failed_run_is_released_by_the_next_event(
    accounts: Accounts, engine: Engine
) -> None:
    cluster = accounts.make_cluster(tags=BOTH)
    accounts.make_tagged_vpc(CLIENT)
    accounts.msk.faults.add(faults.error("PutClusterPolicy", "ForbiddenException"))
    [failed] = engine.receive(tag_event(cluster))
    assert engine.describe(failed)["status"] == "FAILED"
    assert cluster_item.read_cluster(cluster).holder == failed

    [run] = engine.receive(tag_event(cluster))

    assert run != failed
    assert engine.describe(run)["status"] == "SUCCEEDED"
    assert accounts.is_onboarded(CLIENT)
    assert cluster_item.read_cluster(cluster).holder is None


@pytest.mark.parametrize(
    "operation",  # moto cannot stop an execution inside a Map
    ["UpdateConnectivity", "PutClusterPolicy", "ListClientVpcConnections", "GetBootstrapBrokers"],
)
def test_the_run_after_a_stopped_run_reaches_the_same_end(
    accounts: Accounts, engine: Engine, operation: str
) -> None:
    cluster = accounts.make_cluster(tags=BOTH)
    accounts.make_tagged_vpc(CLIENT)

    accounts.meanwhile(operation, lambda: engine.kill(holder(cluster)))
    [killed] = engine.receive(tag_event(cluster))
    assert engine.describe(killed)["status"] == "ABORTED"

    assert engine.reconcile(cluster) == "SUCCEEDED"

    assert accounts.is_onboarded(CLIENT)
    assert len(accounts.connections(CLIENT)) == 1
    assert accounts.msk.calls[OWNER, "UpdateConnectivity"] == 1
