from datetime import timedelta
from typing import Any

import pytest

from localcloud.msk import faults
from msklink.aws import cluster_item
from msklink.errors import LeaseLost
from msklink.services import lease
from tests.support.aws import CLIENT, Accounts
from tests.support.functions import invoke
from tests.support.redrive import redrive
from tests.support.step_functions import MACHINE, Engine, engine_in_moto, tag_event


@pytest.fixture
def engine(accounts: Accounts) -> Any:
    with engine_in_moto(accounts) as engine:
        yield engine


@pytest.fixture
def cluster(accounts: Accounts) -> str:
    return accounts.make_cluster(tags={"msklink": "iam"})


@pytest.fixture
def dead(accounts: Accounts, engine: Engine, cluster: str) -> str:
    """Return a run that was aborted during a wait and still holds the lease."""
    accounts.msk.force_state(cluster, "UPDATING")
    accounts.meanwhile("DescribeClusterV2", lambda: engine.kill(name))
    name = "orders-" + cluster.split("/")[2][:8] + "-1"
    engine.receive(tag_event(cluster))
    accounts.msk.force_state(cluster, "ACTIVE")
    return name


def ended(run: str) -> dict[str, Any]:
    arn = MACHINE.replace(":stateMachine:", ":execution:") + f":{run}"
    return {
        "id": "1",
        "source": "aws.states",
        "detail-type": "Step Functions Execution Status Change",
        "detail": {"executionArn": arn, "name": run, "status": "ABORTED"},
    }


def release(run: str) -> None:
    invoke("ReleaseLeaseFunction", ended(run))


def test_the_lease_of_a_failed_run_is_released_and_the_failure_reported(
    accounts: Accounts, cluster: str, dead: str
) -> None:
    assert cluster_item.read_cluster(cluster).holder == dead

    release(dead)

    record = cluster_item.read_cluster(cluster)
    assert record.holder is None
    assert record.failure
    assert (record.failure.run, record.failure.status) == (dead, "ABORTED")
    [event] = accounts.take_events("Run Failed")
    assert event["link"].endswith(
        f"#/v2/executions/details/{ended(dead)['detail']['executionArn']}"
    )
    assert (event["cluster_arn"], event["run"], event["status"]) == (cluster, dead, "ABORTED")


def test_a_duplicate_event_of_a_failed_run_is_reported_once(
    accounts: Accounts, cluster: str, dead: str
) -> None:
    release(dead)
    before = accounts.snapshot(cluster)

    release(dead)

    assert accounts.snapshot(cluster) == before
    assert len(accounts.take_events("Run Failed")) == 1


def test_requests_since_the_start_of_a_failed_run_start_another(
    engine: Engine, cluster: str, dead: str
) -> None:
    cluster_item.add_request(cluster)

    release(dead)

    following = cluster_item.read_cluster(cluster).holder or dead.replace("-1", "-2")
    engine.wait(following)
    assert engine.describe(following)["status"] == "SUCCEEDED"
    assert cluster_item.read_cluster(cluster).holder is None


def test_a_late_event_of_a_failed_run_does_not_change_the_lease_of_another(
    engine: Engine, cluster: str, dead: str
) -> None:
    cluster_item.take_lease(cluster, "orders-other-7", failed_run=dead)

    release(dead)

    engine.wait("orders-other-7")  # it was never started, so it is now
    assert engine.describe("orders-other-7")["status"] == "SUCCEEDED"


def test_a_successful_run_is_not_handled_as_failed(
    accounts: Accounts, engine: Engine, cluster: str
) -> None:
    [run] = engine.receive(tag_event(cluster))
    before = accounts.snapshot(cluster)

    release(run)

    assert accounts.snapshot(cluster) == before
    assert not accounts.take_events("Run Failed")


# ------------------------------------------------------------------------------ next attempts


def schedules(accounts: Accounts) -> list[dict[str, Any]]:
    scheduler = accounts.client("scheduler")
    named = [one["Name"] for one in scheduler.list_schedules()["Schedules"]]
    return [scheduler.get_schedule(Name=name) for name in named]


def test_a_sweep_is_scheduled_for_the_next_attempt(
    accounts: Accounts, cluster: str, dead: str
) -> None:
    release(dead)
    release(dead)

    failure = cluster_item.read_cluster(cluster).failure
    assert failure
    assert failure.next_attempt == accounts.clock.now() + timedelta(minutes=5)
    [schedule] = schedules(accounts)
    later = failure.next_attempt + timedelta(seconds=1)
    assert schedule["ScheduleExpression"] == f"at({later:%Y-%m-%dT%H:%M:%S})"
    assert schedule["ActionAfterCompletion"] == "DELETE"
    assert schedule["Target"]["Arn"].endswith(":function:msklink-sweep-clusters")
    assert "next attempt" in accounts.take_events("Run Failed")[0]["outlook"]


def test_a_lease_is_released_even_if_no_sweep_can_be_scheduled(
    cluster: str, dead: str, failing: Any
) -> None:
    failing("scheduler", "CreateSchedule", "AccessDeniedException")

    release(dead)

    assert cluster_item.read_cluster(cluster).holder is None


def test_the_last_attempt_is_reported_and_then_only_an_event_starts_a_run(
    accounts: Accounts, engine: Engine, cluster: str
) -> None:
    accounts.make_tagged_vpc(CLIENT)
    accounts.tag_cluster(cluster, msklink__clients=CLIENT)
    accounts.msk.faults.add(faults.error("PutClusterPolicy", "ForbiddenException", times=None))
    [run] = engine.receive(tag_event(cluster))
    outlooks = []
    while run:
        release(run)
        [event] = accounts.take_events("Run Failed")
        outlooks.append(event["outlook"])
        accounts.clock.advance(3600)
        [run] = invoke("SweepClustersFunction", {"id": "1"})["runs"] or [""]
        if run:
            engine.wait(run)

    assert len(outlooks) == 10
    assert ["the last of 10 attempts" in outlook for outlook in outlooks] == [False] * 9 + [True]

    accounts.msk.faults.clear()
    assert engine.reconcile(cluster) == "SUCCEEDED"
    assert cluster_item.read_cluster(cluster).failure is None


# ----------------------------------------------------------------------------------- redriven


def test_a_redriven_run_takes_its_lease_back_and_ends_normally(
    engine: Engine, cluster: str, dead: str
) -> None:
    release(dead)

    redrive(dead)

    engine.wait(dead)
    assert engine.describe(dead)["status"] == "SUCCEEDED"
    record = cluster_item.read_cluster(cluster)
    assert record.holder is None
    assert record.failure is None


def test_a_late_invocation_of_a_failed_run_gets_no_lease(cluster: str, dead: str) -> None:
    release(dead)

    with pytest.raises(LeaseLost):
        lease.require_lease(cluster, dead)

    assert cluster_item.read_cluster(cluster).holder is None


def test_a_run_is_not_redriven_after_another(engine: Engine, cluster: str, dead: str) -> None:
    release(dead)
    assert engine.reconcile(cluster) == "SUCCEEDED"

    redrive(dead)

    engine.wait(dead)
    assert engine.describe(dead)["error"] == "LeaseLost"
    assert cluster_item.read_cluster(cluster).holder is None


def test_a_run_is_not_redriven_beside_another(engine: Engine, cluster: str, dead: str) -> None:
    release(dead)
    cluster_item.add_request(cluster)
    other = cluster_item.take_lease(cluster, dead.replace("-1", "-2")).holder

    redrive(dead)

    engine.wait(dead)
    assert engine.describe(dead)["error"] == "LeaseLost"
    assert cluster_item.read_cluster(cluster).holder == other
