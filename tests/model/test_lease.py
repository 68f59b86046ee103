"""No request lost, never two runs at work, no lease left: in every order in which it can happen."""

from collections.abc import Callable
from typing import Any

import pytest

from msklink import leasing
from msklink.aws import table
from tests.model.actors import Clients
from tests.model.explorer import Explored, Violation, explore
from tests.model.protocol import Protocol, Trouble


def check(clients: Clients, requests: int, has_room: bool = True, **trouble: int) -> Explored:
    return explore(Protocol(clients, requests, Trouble(**trouble), has_room))


@pytest.mark.parametrize(
    ("given", "states"),
    [
        ({"requests": 3}, 1_900),
        ({"requests": 3, "has_room": False}, 7_700),
        ({"requests": 2, "failures": 2}, 3_500),
        ({"requests": 2, "failures": 1, "repeats": 1}, 180_000),
        ({"requests": 2, "failures": 1, "deaths": 1, "has_room": False}, 37_000),
        ({"requests": 2, "deaths": 2}, 5_200),
        ({"requests": 2, "lost_answers": 2, "has_room": False}, 9_400),
    ],
    ids=str,
)
def test_whatever_happens_every_request_is_seen_by_one_run_at_a_time(
    clients: Clients, given: dict[str, Any], states: int, record_property: Callable[..., None]
) -> None:
    explored = check(clients, **given)

    record_property("states", explored.states)
    assert explored.states >= states  # or it has stopped short
    assert explored.ends


# --------------------------------------------------- that the check finds what is taken out


@pytest.fixture
def condition(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Replaces a part of the conditions under which the lease changes hands."""
    update = table._update_lease

    def replace(part: str, by: str) -> None:
        def updated(cluster_arn: str, change: str, condition: str, values: dict[str, Any]) -> Any:
            return update(cluster_arn, change, condition.replace(part, by), values)

        monkeypatch.setattr(table, "_update_lease", updated)

    return replace


ALWAYS = "attribute_exists(requested)"


@pytest.mark.parametrize(
    ("part", "by", "flaw"),
    [
        # Conclude gives the lease up whatever was asked for meanwhile.
        (" AND requested = :generation", "", "request . lost"),
        # The lease is taken from whoever has it.
        ("attribute_not_exists(holder)", ALWAYS, "two runs at work"),
        # A name can get the lease again.
        (" AND (attribute_not_exists(taken) OR taken < :number)", "", "lease left"),
        # The lease of another run is freed with that of the dead one.
        ("holder = :dead", ALWAYS, "two runs at work"),
    ],
)
def test_without_a_condition_the_check_fails(
    clients: Clients, condition: Callable[[str, str], None], part: str, by: str, flaw: str
) -> None:
    condition(part, by)

    with pytest.raises(Violation, match=flaw):
        check(clients, requests=3, failures=1)


def test_when_the_end_of_a_run_only_frees_its_lease_the_check_fails(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leasing, "bury", table.free_lease)

    with pytest.raises(Violation, match="request 2 lost"):
        check(clients, requests=2, failures=1)
