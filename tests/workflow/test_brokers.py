"""Which of more than three brokers are published: MSK names others each time it is asked."""

from tests.support.aws import CLIENT, OTHER_CLIENT
from tests.support.functions import OWNER
from tests.support.onboarded_client import Served


def test_more_brokers_bring_a_run_and_others_to_publish(served: Served) -> None:
    served.accounts.msk.force_brokers(served.cluster, 6)

    assert served.sweep() == 1

    assert served.brokers() == ["b-4", "b-5", "b-6"]  # the next three, as the emulator has it
    assert served.connections(OTHER_CLIENT) == ["AVAILABLE"]
    assert served.told() == []


def test_which_three_of_more_brokers_are_published_does_not_change(served: Served) -> None:
    served.accounts.msk.force_brokers(served.cluster, 6)
    served.sweep()
    before = served.accounts.parameters(CLIENT), served.accounts.parameters(OWNER)
    writes = served.accounts.client("ssm", CLIENT).describe_parameters()["Parameters"]

    for _ in range(4):
        served.pass_hours(1)
        served.reconcile()

    assert (served.accounts.parameters(CLIENT), served.accounts.parameters(OWNER)) == before
    assert served.accounts.client("ssm", CLIENT).describe_parameters()["Parameters"] == writes
    assert served.told() == []
    assert served.sweep() == 0


def test_a_run_that_dies_while_it_publishes_other_brokers_is_no_drift(served: Served) -> None:
    served.accounts.msk.force_brokers(served.cluster, 6)
    served.accounts.denied.add((CLIENT, "PutParameter"))
    served.sweep()
    served.told()
    served.accounts.denied.clear()

    served.reconcile()

    assert served.brokers() == ["b-4", "b-5", "b-6"]
    assert ("Drift Repaired", "") not in served.told()
