"""The summary of the history of a run."""

from datetime import timedelta
from typing import Any

import botocore.session
import yaml

from msklink_cli.history import _FAILED, summarize
from msklink_cli.runs import _STATES
from tests.support.cloudformation import ROOT
from tests.unit.factories import NOW


def events(*rows: tuple[int, str, str, int]) -> list[dict[str, Any]]:
    """Return events from rows of seconds, type, state and the id of the event before."""
    made = []
    for number, (seconds, kind, state, before) in enumerate(rows, 1):
        event: dict[str, Any] = {
            "id": number,
            "previousEventId": before,
            "type": kind,
            "timestamp": NOW + timedelta(seconds=seconds),
        }
        if kind.endswith("StateEntered"):
            event["stateEnteredEventDetails"] = {"name": state}
        if kind.endswith("StateExited"):
            event["stateExitedEventDetails"] = {"name": state}
        if kind == "TaskFailed":
            event["taskFailedEventDetails"] = {"error": state}
        made.append(event)
    return made


def test_the_times_of_all_visits_are_added() -> None:
    found = summarize(
        events(
            (0, "TaskStateEntered", "InspectCluster", 0),
            (2, "TaskStateExited", "InspectCluster", 1),
            (2, "ChoiceStateEntered", "ChooseMove", 2),
            (2, "ChoiceStateExited", "ChooseMove", 3),
            (2, "WaitStateEntered", "WaitForCluster", 4),
            (62, "WaitStateExited", "WaitForCluster", 5),
            (62, "TaskStateEntered", "InspectCluster", 6),
            (65, "TaskStateExited", "InspectCluster", 7),
        ),
        NOW,
    )

    assert [(one.name, one.times, one.seconds) for one in found] == [
        ("InspectCluster", 2, 5),
        ("WaitForCluster", 1, 60),
    ]


def test_a_visit_that_is_open_visits_lasts_until_now() -> None:
    [found] = summarize(
        events((0, "WaitStateEntered", "WaitForCluster", 0)), NOW + timedelta(minutes=3)
    )

    assert found.seconds == 180


def test_visits_that_overlap_count_each_in_any_order_of_their_ends() -> None:
    [found] = summarize(
        events(
            (0, "TaskStateEntered", "ConnectClient", 0),
            (1, "TaskStateEntered", "ConnectClient", 0),
            (5, "TaskStateExited", "ConnectClient", 2),
            (9, "TaskStateExited", "ConnectClient", 1),
        ),
        NOW,
    )

    assert (found.times, found.seconds) == (2, 9 - 0 + 5 - 1)


def test_a_failed_attempt_counts_for_its_own_state() -> None:
    """Iterations of a Map interleave, so the event before it in the list is of another state."""
    connect, publish = summarize(
        events(
            (0, "TaskStateEntered", "ConnectClient", 0),
            (0, "TaskStateEntered", "PublishToAccount", 0),
            (1, "TaskScheduled", "", 1),
            (2, "TaskFailed", "TransientError", 3),
            (3, "TaskStateExited", "ConnectClient", 4),
            (3, "TaskStateExited", "PublishToAccount", 2),
        ),
        NOW,
    )

    assert (connect.failed_attempts, connect.error) == (1, "TransientError")
    assert (publish.failed_attempts, publish.error) == (0, "")


def test_every_type_of_failure_is_one_of_step_functions() -> None:
    model = botocore.session.get_session().get_service_model("stepfunctions")
    event: Any = model.shape_for("HistoryEvent")
    types: Any = model.shape_for("HistoryEventType")
    assert _FAILED.keys() <= {*types.enum}
    for member in _FAILED.values():
        assert "error" in event.members[member].members


def test_every_wait_of_the_state_machine_says_what_is_waited_for() -> None:
    machine = yaml.safe_load((ROOT / "statemachine/reconcile_cluster.asl.yaml").read_text())
    waits = {name for name, state in machine["States"].items() if state["Type"] == "Wait"}

    assert _STATES.keys() == waits
