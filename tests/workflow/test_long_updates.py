"""Updates that take long, never end, or are not visible in the state of the cluster."""

from typing import Any

import pytest

from localcloud.msk import Durations, faults
from localcloud.msk.clock import MINUTE
from msklink.runs.lease import HISTORY_LIMIT
from tests.support.aws import CLIENT, Accounts
from tests.support.step_functions import Engine, tag_event

OPTED_IN = {"msklink": "iam", "msklink/clients": CLIENT}
EXPRESS = {"instance_type": "express.m7g.large"}
BROKERS = 30
AT_15_MINUTES = Durations(update_connectivity=45 * MINUTE)
"""15 minutes for each of three brokers, and of any more."""

on_aws = pytest.mark.parametrize("durations", [AT_15_MINUTES], ids=["15 minutes a broker"])


@on_aws
def test_thirty_brokers_are_waited_for_in_one_run(accounts: Accounts, engine: Engine) -> None:
    cluster = accounts.make_cluster(tags=OPTED_IN)
    accounts.msk.force_brokers(cluster, BROKERS)
    accounts.make_tagged_vpc(CLIENT)
    before = accounts.clock.now()

    [run] = engine.receive(tag_event(cluster))

    assert engine.describe(run)["status"] == "SUCCEEDED"
    assert accounts.status(CLIENT)["state"] == "published"
    took = (accounts.clock.now() - before).total_seconds()
    assert 7.5 * 3600 <= took <= 8 * 3600
    assert len(engine.history(run)) < HISTORY_LIMIT / 4


@on_aws
def test_an_update_that_does_not_end_is_reported_and_its_end_still_found(
    accounts: Accounts, engine: Engine
) -> None:
    accounts.msk.faults.add(faults.slow("UpdateConnectivity", 4))  # thirty hours
    cluster = accounts.make_cluster(tags=OPTED_IN)
    accounts.msk.force_brokers(cluster, BROKERS)
    accounts.make_tagged_vpc(CLIENT)
    before = accounts.clock.now()

    [run] = engine.receive(tag_event(cluster))

    failed = engine.describe(run)
    assert (failed["status"], failed["error"]) == ("FAILED", "ClusterWaitTimedOut")
    took = (accounts.clock.now() - before).total_seconds()
    assert 15 * 3600 <= took <= 16 * 3600
    assert len(engine.history(run)) < HISTORY_LIMIT / 4

    accounts.clock.advance(16 * 3600)
    assert engine.reconcile(cluster) == "SUCCEEDED"
    assert accounts.status(CLIENT)["state"] == "published"
    assert len(accounts.take_events("Cluster Connectivity Enabled")) == 1


@pytest.mark.parametrize("named", ["updates", "latest", "never"])
@pytest.mark.parametrize("changes", [EXPRESS, {}], ids=["stays ACTIVE", "is UPDATING"])
def test_an_update_ends_when_its_operation_ends(
    accounts: Accounts, engine: Engine, changes: dict[str, Any], named: str
) -> None:
    accounts.msk.assume(active_operation=named)
    cluster = accounts.make_cluster(tags=OPTED_IN, **changes)
    accounts.make_tagged_vpc(CLIENT)

    [run] = engine.receive(tag_event(cluster))

    assert engine.describe(run)["status"] == "SUCCEEDED"
    assert accounts.status(CLIENT)["state"] == "published"
    assert not accounts.take_events("Cluster Refused")
    states = engine.states(run)
    assert states.count("EnableConnectivity") == 2  # not repeated


def test_an_update_that_fails_on_a_cluster_that_stays_active_is_refused(
    accounts: Accounts, engine: Engine
) -> None:
    accounts.msk.faults.add(faults.fails("UpdateConnectivity", "Broken", "it broke"))
    cluster = accounts.make_cluster(tags=OPTED_IN, **EXPRESS)
    accounts.make_tagged_vpc(CLIENT)

    assert engine.reconcile(cluster) == "SUCCEEDED"

    [event] = accounts.take_events("Cluster Refused")
    assert event["refusal"]["code"] == "ConnectivityUpdateFailed"


def test_a_connection_in_creation_does_not_delay_another_run(
    accounts: Accounts, engine: Engine
) -> None:
    accounts.msk.assume(active_operation="latest")
    cluster = accounts.make_cluster(tags=OPTED_IN)
    vpc_id = accounts.make_tagged_vpc(CLIENT)
    assert engine.reconcile(cluster) == "SUCCEEDED"
    [connection] = accounts.connections(CLIENT)
    accounts.client("kafka", CLIENT).delete_vpc_connection(Arn=connection["VpcConnectionArn"])

    [run] = engine.receive(tag_event(cluster))

    assert vpc_id
    assert "WaitForCluster" not in engine.states(run)
