"""Whenever a window begins, no hold is forgotten, and all who waited share one reboot."""

from collections.abc import Callable
from typing import Any

import pytest

from msklink.aws import cluster_item
from msklink.services import change_holds, sweep
from tests.model.explorer import Explored, Violation, explore
from tests.model.held_protocol import HeldProtocol
from tests.model.invocations import Clients
from tests.model.protocol import Trouble


def check(clients: Clients, requests: int, hourly_sweeps: int = 0, **trouble: int) -> Explored:
    trouble_left = Trouble(**trouble)
    return explore(HeldProtocol(clients, requests, trouble_left, True, hourly_sweeps=hourly_sweeps))


@pytest.mark.parametrize(
    ("given", "states"),
    [
        ({"requests": 1}, 130),
        ({"requests": 2}, 88_000),
        ({"requests": 1, "failures": 1, "hourly_sweeps": 1}, 2_500),
        ({"requests": 1, "deaths": 1, "hourly_sweeps": 1}, 1_000),
        ({"requests": 1, "lost_answers": 1, "hourly_sweeps": 1}, 3_800),
    ],
    ids=str,
)
def test_no_hold_is_forgotten_and_one_reboot_is_for_all(
    clients: Clients, given: dict[str, Any], states: int, record_property: Callable[..., None]
) -> None:
    explored = check(clients, **given)

    record_property("states", explored.states)
    assert explored.states >= states  # fewer would mean that the exploration stopped early
    assert explored.ends


def test_the_hourly_sweep_replaces_a_schedule_that_cannot_be_created(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_holds, "schedule_sweeps", lambda *_: None)

    assert check(clients, requests=1, hourly_sweeps=1).ends
    with pytest.raises(Violation, match="a hold forgotten"):
        check(clients, requests=1)


# ------------------------------------------------------------- mutations that the check finds


def test_the_check_fails_if_a_sweep_leaves_running_runs_alone(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run in progress may have inspected the cluster before the window began."""
    has_begun = sweep._has_window_begun
    monkeypatch.setattr(
        sweep,
        "_has_window_begun",
        lambda record, now: not record.holder and has_begun(record, now),
    )

    with pytest.raises(Violation, match="a hold forgotten"):
        check(clients, requests=1)


def test_the_check_fails_if_holds_are_not_recorded(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_item, "record_holds", lambda *_: None)

    with pytest.raises(Violation, match="a hold forgotten"):
        check(clients, requests=1)


def test_the_check_fails_if_the_record_of_a_hold_stays(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = cluster_item.record_holds
    monkeypatch.setattr(
        cluster_item, "record_holds", lambda arn, holds: holds and record(arn, holds)
    )

    with pytest.raises(Violation, match="a hold left behind"):
        check(clients, requests=1)


def test_the_check_fails_if_a_hold_is_recorded_before_it_is_reported(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_holds, "_report", lambda *_: None)

    with pytest.raises(Violation, match="unreported"):
        check(clients, requests=1)
