"""Waits of a run: for others, no longer than needed, and for dead connections."""

import pytest

from localcloud.msk import Durations
from localcloud.msk.clock import MINUTE
from tests.support.aws import CLIENT, Accounts
from tests.support.step_functions import Engine, tag_event

SLOW = Durations(update_connectivity=75 * MINUTE)
OPTED_IN = {"msklink": "iam", "msklink/clients": CLIENT}


@pytest.mark.parametrize("durations", [SLOW], ids=["75 minutes"])
def test_known_durations_save_transitions_and_find_the_end_soon(
    accounts: Accounts, engine: Engine
) -> None:
    cluster = accounts.make_cluster(tags=OPTED_IN)
    accounts.make_tagged_vpc(CLIENT, "iam scram")
    assert engine.reconcile(cluster) == "SUCCEEDED"

    accounts.tag_cluster(cluster, msklink="iam scram")
    seen = accounts.clock.now()
    [run] = engine.receive(tag_event(cluster))

    assert accounts.status(CLIENT)["state"] == "published"
    states = engine.states(run)
    assert len(states[: states.index("GrantAccess")]) <= 120
    took = (accounts.clock.now() - seen).total_seconds()
    own_time = SLOW.update_connectivity + SLOW.accept_update + SLOW.create_connection
    assert took - own_time <= 30 + 2 * 20  # the cluster's end, and AVAILABLE seen twice


@pytest.mark.parametrize("state", ["UPDATING", "HEALING", "MAINTENANCE", "REBOOTING_BROKER"])
def test_a_run_waits_behind_whatever_the_cluster_is_busy_with(
    accounts: Accounts, engine: Engine, state: str
) -> None:
    cluster = accounts.make_cluster(tags=OPTED_IN)
    accounts.make_tagged_vpc(CLIENT)
    accounts.msk.force_state(cluster, state)
    looks = iter(range(4))

    def calm_down() -> None:
        if next(looks, 3) == 3:
            accounts.msk.force_state(cluster, "ACTIVE")

    for _ in range(4):
        accounts.meanwhile("DescribeClusterV2", calm_down)

    [run] = engine.receive(tag_event(cluster))

    assert engine.describe(run)["status"] == "SUCCEEDED"
    assert accounts.status(CLIENT)["state"] == "published"
    assert engine.states(run)[:4] == [
        "PrepareRun",
        "InspectCluster",
        "ChooseMove",
        "WaitForCluster",
    ]


def test_a_dead_connection_of_ours_is_replaced_in_the_same_run(
    accounts: Accounts, engine: Engine
) -> None:
    cluster = accounts.make_cluster(tags=OPTED_IN)
    accounts.make_tagged_vpc(CLIENT)
    assert engine.reconcile(cluster) == "SUCCEEDED"
    [before] = accounts.connections(CLIENT)
    accounts.msk.force_connection(before["VpcConnectionArn"], "INACTIVE")

    assert engine.reconcile(cluster) == "SUCCEEDED"

    [after] = accounts.connections(CLIENT)
    assert after["VpcConnectionArn"] != before["VpcConnectionArn"]
    assert after["State"] == "AVAILABLE"
    assert accounts.status(CLIENT)["state"] == "published"
