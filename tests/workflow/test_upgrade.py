"""A cluster that is upgraded from Standard to Express brokers in place, while clients use it."""

import pytest

from tests.support.aws import CLIENT, Accounts
from tests.support.functions import invoke
from tests.support.step_functions import Engine, tag_event

STANDARD, EXPRESS = "kafka.m5.large", "express.m7g.large"
BOTH = f"{STANDARD},{EXPRESS}"


@pytest.fixture
def cluster(accounts: Accounts, engine: Engine) -> str:
    """With one client that is served."""
    arn = accounts.make_cluster(
        tags={"msklink": "iam", "msklink/clients": CLIENT}, KafkaVersion="3.9.x.kraft"
    )
    accounts.make_tagged_vpc(CLIENT)
    engine.receive(tag_event(arn))
    assert brokers(accounts) == ["b-1", "b-2", "b-3"]
    return arn


def brokers(accounts: Accounts) -> list[str]:
    text = accounts.parameters(CLIENT)["/msklink/orders/iam/bootstrap.servers"]
    return [host.partition(".")[0] for host in text.split(",")]


def begin(accounts: Accounts, arn: str, target: str) -> None:
    kafka = accounts.client("kafka")
    version = kafka.describe_cluster_v2(ClusterArn=arn)["ClusterInfo"]["CurrentVersion"]
    kafka.update_broker_type(ClusterArn=arn, CurrentVersion=version, TargetInstanceType=target)


def update(accounts: Accounts, arn: str, target: str) -> None:
    begin(accounts, arn, target)
    accounts.clock.advance(3600)


def sweep(engine: Engine) -> int:
    runs = invoke("SweepClustersFunction", {"id": "1"})["runs"]
    for run in runs:
        engine.wait(run)
        assert engine.describe(run)["status"] == "SUCCEEDED"
    return len(runs)


def test_brokers_that_leave_the_cluster_are_replaced_in_parameter_store(
    accounts: Accounts, engine: Engine, cluster: str
) -> None:
    update(accounts, cluster, BOTH)
    assert sweep(engine) == 1
    assert set(brokers(accounts)) < {f"b-{number}" for number in range(1, 7)}

    update(accounts, cluster, EXPRESS)
    assert sweep(engine) == 1
    assert brokers(accounts) == ["b-4", "b-5", "b-6"]
    assert accounts.status(CLIENT)["state"] == "published"
    assert [one["State"] for one in accounts.connections(CLIENT)] == ["AVAILABLE"]
    assert sweep(engine) == 0


def test_an_upgrade_that_nobody_saw_begin_is_found_by_the_ids_of_the_brokers(
    accounts: Accounts, engine: Engine, cluster: str
) -> None:
    update(accounts, cluster, BOTH)
    update(accounts, cluster, EXPRESS)  # as many as before

    assert sweep(engine) == 1

    assert brokers(accounts) == ["b-4", "b-5", "b-6"]


def test_a_client_that_comes_meanwhile_is_served_and_the_owner_warned(
    accounts: Accounts, engine: Engine, cluster: str
) -> None:
    update(accounts, cluster, BOTH)
    vpc_id = accounts.make_tagged_vpc(CLIENT)

    engine.receive(tag_event(cluster))

    [entry] = accounts.status(CLIENT)["vpcs"][vpc_id].values()
    assert entry["state"] == "published"
    assert "BrokersMixed" in str(entry)


def test_a_run_waits_for_the_end_of_the_upgrade(
    accounts: Accounts, engine: Engine, cluster: str
) -> None:
    begin(accounts, cluster, BOTH)
    vpc_id = accounts.make_tagged_vpc(CLIENT)

    engine.receive(tag_event(cluster))

    assert accounts.status(CLIENT)["vpcs"][vpc_id]["iam"]["state"] == "published"
