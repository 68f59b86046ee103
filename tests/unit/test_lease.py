import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msklink.arns import ClusterArn
from msklink.runs.lease import HISTORY_LIMIT, has_room, requested_before, run_name
from tests.unit.factories import ARN

names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}", fullmatch=True)


@given(names, st.integers(1, 10**9))
def test_the_name_of_a_run_is_legal_in_step_functions(name: str, requested: int) -> None:
    run = run_name(ClusterArn.parse(ARN.replace("orders", name)), requested)

    assert re.fullmatch(r"[A-Za-z0-9-_]{1,80}", run)


def test_runs_of_other_requests_and_other_clusters_have_other_names() -> None:
    first, namesake = ClusterArn.parse(ARN), ClusterArn.parse(ARN.replace("0b1c2d3e", "1b1c2d3e"))

    assert len({run_name(first, 1), run_name(first, 2), run_name(namesake, 1)}) == 3


@given(names, st.integers(1, 10**9))
def test_the_name_of_a_run_contains_the_number_of_requests(name: str, requested: int) -> None:
    run = run_name(ClusterArn.parse(ARN.replace("orders", name)), requested)

    assert requested_before(run) == requested


@pytest.mark.parametrize(("clients", "rounds"), [(0, 3), (1, 3), (10, 3), (100, 2), (600, 1)])
def test_a_history_has_room_for_few_waits_with_many_clients(clients: int, rounds: int) -> None:
    assert not has_room(rounds, clients)
    assert has_room(rounds - 1, clients)


def test_six_hundred_clients_fit_into_one_history() -> None:
    """A cluster policy has room for 600 accounts."""
    assert has_room(0, 600)
    assert HISTORY_LIMIT == 25_000
