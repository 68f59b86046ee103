"""Which of more than three brokers are published: each response of MSK has other ones."""

from tests.support.aws import CLIENT, OTHER_CLIENT
from tests.support.functions import OWNER
from tests.support.onboarded_client import OnboardedClient


def test_added_brokers_start_a_run_and_are_published(onboarded: OnboardedClient) -> None:
    onboarded.accounts.msk.force_brokers(onboarded.cluster, 6)

    assert onboarded.sweep() == 1

    assert onboarded.brokers() == ["b-4", "b-5", "b-6"]  # the next three, as the emulator has it
    assert onboarded.connections(OTHER_CLIENT) == ["AVAILABLE"]
    assert onboarded.take_events() == []


def test_the_three_published_of_more_brokers_do_not_change(
    onboarded: OnboardedClient,
) -> None:
    onboarded.accounts.msk.force_brokers(onboarded.cluster, 6)
    onboarded.sweep()
    before = onboarded.accounts.parameters(CLIENT), onboarded.accounts.parameters(OWNER)
    writes = onboarded.accounts.client("ssm", CLIENT).describe_parameters()["Parameters"]

    for _ in range(4):
        onboarded.advance_hours(1)
        onboarded.reconcile()

    assert (onboarded.accounts.parameters(CLIENT), onboarded.accounts.parameters(OWNER)) == before
    assert onboarded.accounts.client("ssm", CLIENT).describe_parameters()["Parameters"] == writes
    assert onboarded.take_events() == []
    assert onboarded.sweep() == 0


def test_a_run_that_dies_while_it_publishes_other_brokers_is_no_drift(
    onboarded: OnboardedClient,
) -> None:
    onboarded.accounts.msk.force_brokers(onboarded.cluster, 6)
    onboarded.accounts.denied.add((CLIENT, "PutParameter"))
    onboarded.sweep()
    onboarded.take_events()
    onboarded.accounts.denied.clear()

    onboarded.reconcile()

    assert onboarded.brokers() == ["b-4", "b-5", "b-6"]
    assert ("Drift Repaired", "") not in onboarded.take_events()
