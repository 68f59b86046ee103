"""An in-place upgrade from Standard to Express brokers while clients are connected."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.support.aws import CLIENT, accounts_in_moto
from tests.support.onboarded_client import OnboardedClient
from tests.support.step_functions import engine_in_moto, tag_event

STANDARD, EXPRESS = "kafka.m5.large", "express.m7g.large"
BOTH = f"{STANDARD},{EXPRESS}"


@contextmanager
def prepare() -> Iterator[OnboardedClient]:
    """Connect one client to a cluster that can be upgraded."""
    with accounts_in_moto() as accounts, engine_in_moto(accounts) as engine:
        tags = {"msklink": "iam", "msklink/clients": CLIENT}
        arn = accounts.make_cluster(tags=tags, KafkaVersion="3.9.x.kraft")
        onboarded = OnboardedClient(accounts, engine, arn, accounts.make_tagged_vpc(CLIENT))
        onboarded.reconcile()
        assert onboarded.brokers() == ["b-1", "b-2", "b-3"]
        yield onboarded


def begin(onboarded: OnboardedClient, target: str) -> None:
    kafka, arn = onboarded.accounts.client("kafka"), onboarded.cluster
    version = kafka.describe_cluster_v2(ClusterArn=arn)["ClusterInfo"]["CurrentVersion"]
    kafka.update_broker_type(ClusterArn=arn, CurrentVersion=version, TargetInstanceType=target)


def update(onboarded: OnboardedClient, target: str) -> None:
    begin(onboarded, target)
    onboarded.advance_hours(1)


def test_brokers_that_leave_the_cluster_are_replaced_in_parameter_store(
    onboarded: OnboardedClient,
) -> None:
    update(onboarded, BOTH)
    assert onboarded.sweep() == 1
    assert set(onboarded.brokers()) < {f"b-{number}" for number in range(1, 7)}

    update(onboarded, EXPRESS)
    assert onboarded.sweep() == 1
    assert onboarded.brokers() == ["b-4", "b-5", "b-6"]
    assert onboarded.accounts.status(CLIENT)["state"] == "published"
    assert onboarded.connections() == ["AVAILABLE"]
    assert onboarded.sweep() == 0


def test_an_upgrade_without_a_seen_start_is_found_by_broker_ids(
    onboarded: OnboardedClient,
) -> None:
    update(onboarded, BOTH)
    update(onboarded, EXPRESS)  # as many as before

    assert onboarded.sweep() == 1

    assert onboarded.brokers() == ["b-4", "b-5", "b-6"]


@pytest.mark.parametrize("upgrade", [begin, update], ids=["under way", "half done"])
def test_a_client_added_during_an_upgrade_is_connected_later_with_a_warning(
    onboarded: OnboardedClient, upgrade: Callable[[OnboardedClient, str], None]
) -> None:
    upgrade(onboarded, BOTH)
    vpc_id = onboarded.accounts.make_tagged_vpc(CLIENT)

    [run] = onboarded.engine.receive(tag_event(onboarded.cluster))

    assert ("WaitForCluster" in onboarded.engine.states(run)) == (upgrade is begin)
    entry = onboarded.accounts.status(CLIENT)["vpcs"][vpc_id]["iam"]
    assert entry["state"] == "published"
    assert [warning["code"] for warning in entry["warnings"]] == ["BrokersMixed"]
