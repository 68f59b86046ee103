"""In every order of events: no request is lost, one run works at a time, no lease is left."""

from collections.abc import Callable
from typing import Any

import pytest

from msklink.aws import cluster_item
from msklink.services import lease
from tests.model.explorer import Explored, Violation, explore
from tests.model.invocations import Clients
from tests.model.protocol import Protocol, Trouble


def check(clients: Clients, requests: int, has_room: bool = True, **trouble: int) -> Explored:
    return explore(Protocol(clients, requests, Trouble(**trouble), has_room))


@pytest.mark.parametrize(
    ("given", "states"),
    [
        ({"requests": 3}, 1_900),
        ({"requests": 3, "has_room": False}, 8_400),
        ({"requests": 2, "failures": 2}, 3_900),
        ({"requests": 2, "failures": 1, "repeats": 1}, 198_000),
        ({"requests": 2, "failures": 1, "deaths": 1, "has_room": False}, 40_000),
        ({"requests": 2, "deaths": 2}, 5_200),
        ({"requests": 2, "lost_answers": 2, "has_room": False}, 9_900),
    ],
    ids=str,
)
def test_every_request_is_seen_and_one_run_works_at_a_time(
    clients: Clients, given: dict[str, Any], states: int, record_property: Callable[..., None]
) -> None:
    explored = check(clients, **given)

    record_property("states", explored.states)
    assert explored.states >= states  # fewer would mean that the exploration stopped early
    assert explored.ends


# ------------------------------------------------------------- mutations that the check finds


@pytest.fixture
def condition(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, str], None]:
    """Replace a part of the condition with which one function of the table changes the lease."""
    update = cluster_item._update_lease

    def replace(function: str, part: str, by: str) -> None:
        original = getattr(cluster_item, function)

        def mutant(*args: Any, **given: Any) -> Any:
            def updated(
                cluster_arn: str, change: str, condition: str, values: dict[str, Any]
            ) -> Any:
                assert part in condition or "failed_run" in part
                return update(cluster_arn, change, condition.replace(part, by), values)

            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(cluster_item, "_update_lease", updated)
                return original(*args, **given)

        monkeypatch.setattr(cluster_item, function, mutant)

    return replace


ALWAYS = "attribute_exists(requested)"


@pytest.mark.parametrize(
    ("function", "part", "by"),
    [
        ("take_lease", "attribute_not_exists(holder)", ALWAYS),
        ("take_lease", "holder = :failed_run", ALWAYS),
        (
            "take_lease",
            " AND (attribute_not_exists(last_run_number) OR last_run_number < :number)",
            "",
        ),
        ("give_up_lease", " AND requested = :generation", ""),
        ("give_up_lease", "holder = :run", ALWAYS),
        ("hand_over_lease", "holder = :run", ALWAYS),
        ("free_lease", "holder = :failed_run", ALWAYS),
    ],
)
def test_the_check_fails_without_any_one_condition(
    clients: Clients, condition: Callable[[str, str, str], None], function: str, part: str, by: str
) -> None:
    condition(function, part, by)

    with pytest.raises(Violation, match=r"request . lost|two runs at work|lease left"):
        check(clients, requests=2, has_room=False, failures=1, deaths=1)


def test_the_check_finds_a_run_that_can_never_conclude(
    clients: Clients, condition: Callable[[str, str, str], None]
) -> None:
    condition("give_up_lease", "requested = :generation", "requested = :run")

    with pytest.raises(Violation, match="loop forever"):
        check(clients, requests=1)


def test_the_check_fails_if_a_failed_run_only_releases_its_lease(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "free_lease_of", cluster_item.free_lease)

    with pytest.raises(Violation, match="request 2 lost"):
        check(clients, requests=2, failures=1)
