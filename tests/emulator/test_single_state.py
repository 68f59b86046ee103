"""TestState of the embedded AWS, by what AWS has answered to LocalStack's tests."""

import json
from typing import Any

import pytest

from localcloud.single_state import TestStateError, run_state

MACHINE = {
    "QueryLanguage": "JSONata",
    "StartAt": "Each",
    "States": {
        "Each": {
            "Type": "Map",
            "Items": "{% $states.input %}",
            "ItemSelector": {"name": "{% $states.context.Map.Item.Value %}"},
            "MaxConcurrency": 2,
            "ItemProcessor": {
                "StartAt": "Work",
                "States": {
                    "Work": {
                        "Type": "Task",
                        "Resource": "arn:aws:states:::lambda:invoke",
                        "Arguments": {"Payload": "{% $states.input.name %}"},
                        "Assign": {"seen": "{% $states.result.Payload %}", "before": "{% $seen %}"},
                        "Output": "{% $states.result.Payload %}",
                        "Retry": [{"ErrorEquals": ["Busy"], "MaxAttempts": 2}],
                        "Catch": [
                            {
                                "ErrorEquals": ["States.ALL"],
                                "Output": "{% $states.errorOutput.Error %}",
                                "Next": "Rest",
                            }
                        ],
                        "End": True,
                    },
                    "Rest": {"Type": "Pass", "End": True},
                },
            },
            "Next": "Choose",
        },
        "Choose": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $states.input.many > 1 %}", "Next": "Each"}],
        },
    },
}


def state(name: str, given: Any, mock: Any = None, **others: Any) -> dict[str, Any]:
    asked = {"definition": json.dumps(MACHINE), "stateName": name, "input": json.dumps(given)}
    mocked = {"mock": mock} if mock else {}
    return run_state(asked | mocked | {"inspectionLevel": "DEBUG"} | others)


def result(value: Any) -> dict[str, str]:
    return {"result": json.dumps(value)}


def test_a_state_within_a_map_is_found_and_gets_the_mocked_result() -> None:
    answer = state("Work", {"name": "a"}, result({"Payload": [1]}), variables='{"seen": 0}')

    assert (answer["status"], answer["output"]) == ("SUCCEEDED", "[1]")
    assert "nextState" not in answer
    assert json.loads(answer["inspectionData"]["afterArguments"]) == {"Payload": "a"}
    assert json.loads(answer["inspectionData"]["variables"]) == {"seen": [1], "before": 0}


def test_a_map_selects_each_item_and_passes_the_mocked_results_on() -> None:
    answer = state("Each", ["a", "b"], result([1, 2]))

    assert (answer["output"], answer["nextState"]) == ("[1, 2]", "Choose")
    assert json.loads(answer["inspectionData"]["afterItemSelector"]) == [
        {"name": "a"},
        {"name": "b"},
    ]
    assert answer["inspectionData"]["maxConcurrency"] == 2


@pytest.mark.parametrize(
    ("error", "retried", "status", "next_state"),
    [
        ("Busy", 0, "RETRIABLE", None),
        ("Busy", 2, "CAUGHT_ERROR", "Rest"),
        ("Other", 0, "CAUGHT_ERROR", "Rest"),
        ("States.Runtime", 0, "FAILED", None),
    ],
)
def test_a_mocked_error_is_retried_then_caught(
    error: str, retried: int, status: str, next_state: str | None
) -> None:
    mock = {"errorOutput": {"error": error, "cause": "why"}}
    answer = state("Work", {"name": 1}, mock, stateConfiguration={"retrierRetryCount": retried})

    assert (answer["status"], answer["error"], answer["cause"]) == (status, error, "why")
    assert answer.get("nextState") == next_state
    if status == "CAUGHT_ERROR":
        assert json.loads(answer["output"]) == error


@pytest.mark.parametrize(
    ("name", "given", "mock", "cause"),
    [
        ("Each", {"not": "a list"}, result([]), "Items is not an array"),
        ("Work", {}, result({"Payload": 1}), "returned nothing"),
        ("Choose", {"many": "1"}, None, "failed"),
    ],
)
def test_an_expression_that_fails_fails_the_state(
    name: str, given: Any, mock: Any, cause: str
) -> None:
    answer = state(name, given, mock)

    assert (answer["status"], answer["error"]) == ("FAILED", "States.QueryEvaluationError")
    assert cause in answer["cause"]


def test_no_choice_that_matches_is_an_error_without_a_default() -> None:
    assert state("Choose", {"many": 1})["error"] == "States.NoChoiceMatched"
    assert state("Choose", {"many": 2})["nextState"] == "Each"


@pytest.mark.parametrize(
    ("asked", "code", "message"),
    [
        ({"stateName": "Nobody"}, "ValidationException", "State not found in definition"),
        (
            {"stateName": "Choose", "mock": result(1)},
            "ValidationException",
            "State type 'Choice' is not supported when a mock is specified",
        ),
        ({"stateName": "Each"}, "ValidationException", "needs a mock"),
        ({"stateName": "Work", "mock": {"result": "no JSON"}}, "ValidationException", "JSON"),
        ({"input": "{"}, "InvalidExecutionInput", "JSON"),
        ({"definition": "{"}, "InvalidDefinition", "JSON"),
        ({}, "InvalidDefinition", "stateName"),
    ],
)
def test_what_cannot_be_run_is_refused(asked: dict[str, Any], code: str, message: str) -> None:
    with pytest.raises(TestStateError) as caught:
        run_state({"definition": json.dumps(MACHINE), "input": '{"name": 1}'} | asked)

    assert caught.value.code == code
    assert message in caught.value.message


def test_info_has_no_inspection_data() -> None:
    assert "inspectionData" not in state("Choose", {"many": 2}, inspectionLevel="INFO")
