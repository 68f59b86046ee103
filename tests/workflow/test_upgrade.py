"""A cluster that is upgraded from Standard to Express brokers in place, while clients use it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.support.aws import CLIENT, accounts_in_moto
from tests.support.onboarded_client import Served
from tests.support.step_functions import engine_in_moto, tag_event

STANDARD, EXPRESS = "kafka.m5.large", "express.m7g.large"
BOTH = f"{STANDARD},{EXPRESS}"


@contextmanager
def world() -> Iterator[Served]:
    """One client that is served, of a cluster that can be upgraded."""
    with accounts_in_moto() as accounts, engine_in_moto(accounts) as engine:
        tags = {"msklink": "iam", "msklink/clients": CLIENT}
        arn = accounts.make_cluster(tags=tags, KafkaVersion="3.9.x.kraft")
        served = Served(accounts, engine, arn, accounts.make_tagged_vpc(CLIENT))
        served.reconcile()
        assert served.brokers() == ["b-1", "b-2", "b-3"]
        yield served


def begin(served: Served, target: str) -> None:
    kafka, arn = served.accounts.client("kafka"), served.cluster
    version = kafka.describe_cluster_v2(ClusterArn=arn)["ClusterInfo"]["CurrentVersion"]
    kafka.update_broker_type(ClusterArn=arn, CurrentVersion=version, TargetInstanceType=target)


def update(served: Served, target: str) -> None:
    begin(served, target)
    served.pass_hours(1)


def test_brokers_that_leave_the_cluster_are_replaced_in_parameter_store(served: Served) -> None:
    update(served, BOTH)
    assert served.sweep() == 1
    assert set(served.brokers()) < {f"b-{number}" for number in range(1, 7)}

    update(served, EXPRESS)
    assert served.sweep() == 1
    assert served.brokers() == ["b-4", "b-5", "b-6"]
    assert served.accounts.status(CLIENT)["state"] == "published"
    assert served.connections() == ["AVAILABLE"]
    assert served.sweep() == 0


def test_an_upgrade_that_nobody_saw_begin_is_found_by_the_ids_of_the_brokers(
    served: Served,
) -> None:
    update(served, BOTH)
    update(served, EXPRESS)  # as many as before

    assert served.sweep() == 1

    assert served.brokers() == ["b-4", "b-5", "b-6"]


@pytest.mark.parametrize("upgrade", [begin, update], ids=["under way", "half done"])
def test_a_client_that_comes_meanwhile_is_served_when_msk_is_ready_and_warned(
    served: Served, upgrade: Callable[[Served, str], None]
) -> None:
    upgrade(served, BOTH)
    vpc_id = served.accounts.make_tagged_vpc(CLIENT)

    [run] = served.engine.receive(tag_event(served.cluster))

    assert ("WaitForCluster" in served.engine.states(run)) == (upgrade is begin)
    entry = served.accounts.status(CLIENT)["vpcs"][vpc_id]["iam"]
    assert entry["state"] == "published"
    assert [warning["code"] for warning in entry["warnings"]] == ["BrokersMixed"]
