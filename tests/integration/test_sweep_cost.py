"""The calls of a sweep that starts no run; docs/numbers.md uses them."""

from collections.abc import Iterator

import pytest

from tests.support.aws import CLIENT, Accounts
from tests.support.call_counts import count_calls
from tests.support.functions import invoke
from tests.support.step_functions import Engine, engine_in_moto


@pytest.fixture
def engine(accounts: Accounts) -> Iterator[Engine]:
    with engine_in_moto(accounts) as engine:
        yield engine


def idle_calls(engine: Engine) -> int:
    """Return how many calls a sweep makes that starts no run."""
    for run in invoke("SweepClustersFunction", {"id": "1"})["runs"]:
        engine.wait(run)
    with count_calls() as calls:
        assert invoke("SweepClustersFunction", {"id": "1"})["runs"] == []
    return calls.total()


def test_another_cluster_costs_three_calls(accounts: Accounts, engine: Engine) -> None:
    tags = {"msklink": "iam", "msklink/clients": CLIENT}
    accounts.make_cluster("one", tags=tags)
    accounts.make_tagged_vpc(CLIENT, cluster="one")
    with_one = idle_calls(engine)

    for name in ("two", "three"):
        accounts.make_cluster(name, tags=tags)
        accounts.make_tagged_vpc(CLIENT, cluster=name)

    # The table, the connections, the policy; and 10 parameters more are a page more.
    assert idle_calls(engine) - with_one <= 2 * 3 + 2
    assert with_one <= 12
