import random
from collections.abc import Callable, Iterator
from threading import Barrier
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ReadTimeoutError

from localcloud.msk import faults
from msklink.aws import cluster_item, ec2, run_state
from msklink.aws.session import client_session
from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts
from tests.support.call_counts import count_calls
from tests.support.functions import OWNER, invoke
from tests.support.step_functions import Engine, engine_in_moto

TAGS = {"msklink": "iam", "msklink/clients": f"{CLIENT} {OTHER_CLIENT}"}


@pytest.fixture
def engine(accounts: Accounts) -> Iterator[Engine]:
    with engine_in_moto(accounts) as engine:
        yield engine


@pytest.fixture
def sweep(engine: Engine) -> Callable[[], list[str]]:
    """Sweep, wait for the runs that start, and return their names."""

    def sweep() -> list[str]:
        runs: list[str] = invoke("SweepClustersFunction", {"id": "1"})["runs"]
        for run in runs:
            engine.wait(run)
        return runs

    return sweep


@pytest.fixture
def served(accounts: Accounts, sweep: Callable[[], list[str]]) -> str:
    """Return a cluster whose client was connected by a sweep, without any event."""
    cluster = accounts.make_cluster(tags=TAGS)
    accounts.make_tagged_vpc(CLIENT)
    assert len(sweep()) == 1
    return cluster


def test_vpcs_tagged_before_are_found(accounts: Accounts, served: str) -> None:
    assert accounts.status(CLIENT)["state"] == "published"
    assert cluster_item.read_cluster(served).holder is None


@pytest.mark.usefixtures("served")
def test_without_a_change_nothing_is_started(sweep: Callable[[], list[str]]) -> None:
    assert sweep() == []


@pytest.mark.parametrize(
    "field", ["EncryptionInfo", "ClientAuthentication", "CurrentBrokerSoftwareInfo"]
)
def test_fields_that_only_one_api_response_has_start_nothing(
    accounts: Accounts, sweep: Callable[[], list[str]], served: str, field: str
) -> None:
    accounts.msk.assume(list_leaves_out=field)

    assert sweep() == []

    accounts.msk.force_brokers(served, 6)
    assert len(sweep()) == 1
    assert sweep() == []


def test_a_cluster_that_is_not_opted_in_is_skipped(
    accounts: Accounts, sweep: Callable[[], list[str]]
) -> None:
    accounts.make_cluster(tags={"msklink/clients": CLIENT})
    accounts.make_cluster("sales", tags={"msklink": "off"})

    assert sweep() == []


def a_vpc_is_tagged(accounts: Accounts, _: str) -> None:
    accounts.make_tagged_vpc(OTHER_CLIENT)


def a_tag_says_something_else(accounts: Accounts, _: str) -> None:
    [vpc_id] = accounts.vpcs_with_subnets(CLIENT)
    accounts.tag_vpc(CLIENT, vpc_id, "auto")


def a_tag_is_taken_away(accounts: Accounts, _: str) -> None:
    [vpc_id] = accounts.vpcs_with_subnets(CLIENT)
    accounts.untag_vpc(CLIENT, vpc_id)


def the_cluster_offers_more(accounts: Accounts, cluster: str) -> None:
    accounts.tag_cluster(cluster, msklink="iam scram")


def a_client_deploys_its_stack_at_last(accounts: Accounts, _: str) -> None:
    accounts.deploy_client(OTHER_CLIENT)


@pytest.mark.parametrize(
    "change",
    [
        a_vpc_is_tagged,
        a_tag_says_something_else,
        a_tag_is_taken_away,
        the_cluster_offers_more,
        a_client_deploys_its_stack_at_last,
    ],
    ids=lambda change: change.__name__,
)
def test_a_change_without_an_event_is_found_once(
    accounts: Accounts,
    sweep: Callable[[], list[str]],
    served: str,
    change: Callable[[Accounts, str], None],
) -> None:
    change(accounts, served)

    assert len(sweep()) == 1
    assert sweep() == []


def test_a_cluster_that_cannot_be_read_is_reported_and_the_others_are_swept(
    accounts: Accounts, sweep: Callable[[], list[str]], served: str
) -> None:
    accounts.make_cluster("alpha", tags=TAGS)
    sweep()
    accounts.tag_cluster(served, msklink="iam scram")
    accounts.msk.faults.add(faults.error("ListClientVpcConnections", "ForbiddenException"))

    with pytest.raises(ExceptionGroup, match="clusters not swept"):
        sweep()

    assert cluster_item.read_cluster(served).requested == 2


@pytest.mark.usefixtures("served")
def test_a_client_that_times_out_is_skipped(
    sweep: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ec2, "vpc_tags", Mock(side_effect=ReadTimeoutError(endpoint_url="ec2")))

    assert sweep() == []


def test_a_scheme_that_was_turned_off_stays_off(
    accounts: Accounts, sweep: Callable[[], list[str]], served: str
) -> None:
    """Turning it on again restarts the brokers, which the owner may not want."""
    kafka = accounts.client("kafka")
    off = {"ClientAuthentication": {"Sasl": {"Iam": {"Enabled": False}}}}
    kafka.update_connectivity(
        ClusterArn=served,
        CurrentVersion=kafka.describe_cluster_v2(ClusterArn=served)["ClusterInfo"][
            "CurrentVersion"
        ],
        ConnectivityInfo={"VpcConnectivity": off},
    )
    accounts.clock.advance(3600)

    assert len(sweep()) == 1
    assert sweep() == []
    assert accounts.msk.calls[OWNER, "UpdateConnectivity"] == 2  # both by people and the first run


def test_an_unreachable_client_is_served_when_it_is_reachable_again(
    accounts: Accounts, sweep: Callable[[], list[str]], served: str
) -> None:
    accounts.remove_client(CLIENT)
    accounts.tag_cluster(served, msklink="iam scram")
    sweep()
    assert sweep() == []

    accounts.deploy_client(CLIENT)

    assert len(sweep()) == 1
    assert accounts.status(CLIENT)["state"] == "published"
    assert sweep() == []


def test_a_run_that_failed_is_followed_by_another(
    accounts: Accounts, sweep: Callable[[], list[str]], served: str, engine: Engine
) -> None:
    """Without an event of its end, the sweep finds the lease and the failed run."""
    name = f"orders-{served.split('/')[2][:8]}-2"
    accounts.msk.force_state(served, "UPDATING")
    accounts.meanwhile("DescribeClusterV2", lambda: engine.kill(name))
    invoke(
        "ReceiveEventFunction",
        {
            "detail-type": "Tag Change on Resource",
            "resources": [served],
            "detail": {"service": "kafka", "changed-tag-keys": ["msklink"]},
        },
    )
    engine.wait(name)
    accounts.msk.force_state(served, "ACTIVE")
    assert cluster_item.read_cluster(served).holder == name

    assert sweep() == []
    assert cluster_item.read_cluster(served).holder is None
    assert [event["run"] for event in accounts.take_events("Run Failed")] == [name]
    assert sweep() == []

    accounts.clock.advance(5 * 60)

    assert len(sweep()) == 1
    assert sweep() == []
    assert cluster_item.read_cluster(served).failure is None


def test_a_failed_last_run_of_an_opted_out_cluster_is_found(
    accounts: Accounts, sweep: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = accounts.make_cluster(tags={"msklink": "iam"})
    sweep()
    accounts.tag_cluster(cluster, msklink="off")
    with monkeypatch.context() as patch:
        patch.setattr("msklink.services.lease.conclude_round", Mock(side_effect=KeyError("a bug")))
        [dead] = sweep()
    assert cluster_item.read_cluster(cluster).holder == dead

    assert sweep() == []
    accounts.clock.advance(5 * 60)
    assert len(sweep()) == 1

    assert cluster_item.read_cluster(cluster).holder is None
    assert sweep() == []
    assert not run_state.tracked_clusters()


def test_a_problem_that_no_run_solves_starts_runs_at_growing_intervals(
    accounts: Accounts, sweep: Callable[[], list[str]], served: str
) -> None:
    accounts.denied.add((CLIENT, "PutParameter"))
    accounts.tag_cluster(served, msklink="iam scram")
    [vpc_id] = accounts.vpcs_with_subnets(CLIENT)
    accounts.tag_vpc(CLIENT, vpc_id, "iam scram")
    hours = []
    for hour in range(60):
        if sweep():
            hours.append(hour)
        accounts.clock.advance(3600)

    assert hours == [0, 1, 2, 4, 8, 16, 40]

    accounts.make_tagged_vpc(OTHER_CLIENT)
    assert len(sweep()) == 1


def test_a_running_run_is_not_changed(
    accounts: Accounts, sweep: Callable[[], list[str]], served: str, monkeypatch: Any
) -> None:
    cluster_item.add_request(served)
    cluster_item.take_lease(served, "orders-live-9")
    monkeypatch.setattr("msklink.aws.step_functions.start", lambda *_: True)
    before = accounts.snapshot(served)

    assert sweep() == []

    assert accounts.snapshot(served) == before


def test_a_busy_cluster_is_left_to_the_next_sweep(
    accounts: Accounts, sweep: Callable[[], list[str]], served: str
) -> None:
    accounts.tag_cluster(served, msklink="iam scram")
    accounts.msk.force_state(served, "HEALING")

    assert sweep() == []

    accounts.msk.force_state(served, "ACTIVE")
    assert len(sweep()) == 1


@pytest.mark.usefixtures("served")
def test_each_account_is_scanned_once_for_all_clusters(
    accounts: Accounts, sweep: Callable[[], list[str]]
) -> None:
    for number in range(3):
        accounts.make_cluster(f"idle-{number}", tags=TAGS)
    sweep()

    with count_calls() as calls:
        sweep()

    assert calls["ListClustersV2"] == 1
    assert calls["DescribeSecurityGroups"] == 1
    assert calls["AssumeRole"] == 3  # the other client has no stack, which takes two to find out


@pytest.mark.usefixtures("served")
def test_accounts_are_scanned_in_parallel(
    sweep: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hundreds of sequential scans would exceed the timeout of the function."""
    both = Barrier(2)

    def in_client_together(*arguments: Any) -> Any:
        both.wait(timeout=60)
        return client_session(*arguments)

    monkeypatch.setattr("msklink.services.account_scan.client_session", in_client_together)

    assert sweep() == []


def test_each_cluster_comes_first_on_some_day(
    accounts: Accounts, sweep: Callable[[], list[str]]
) -> None:
    clusters = [accounts.make_cluster(f"idle-{number}") for number in range(2)]
    first = set()
    for seed in (0, 3):
        for cluster in clusters:
            accounts.tag_cluster(cluster, msklink="iam", msklink__clients=f"{seed:012}")
        random.seed(seed)
        first.add(sweep()[0][: len("idle-0")])

    assert first == {"idle-0", "idle-1"}
