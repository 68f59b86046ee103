"""Every state of the state machine is run by TestState, and differences are found."""

import json
from typing import Any

import pytest

from localcloud.single_state import run_state
from tests.smoke.builders import SmokeInMoto
from tools.smoke import machine
from tools.smoke.answers import Verdict
from tools.smoke.steps import states

MACHINE = machine.definition("aws")


def test_every_state_is_run_with_no_client_one_and_many(smoked: SmokeInMoto) -> None:
    states.run(smoked.smoke)

    answer = smoked.smoke.state.answers["A4"]
    assert answer.verdict is Verdict.CONFIRMED
    assert set(answer.evidence["states"]) == {name for name, _ in machine.states(MACHINE)}
    counts = {case.about.split()[0] for case in machine.cases(MACHINE) if "clients" in case.about}
    assert counts == {"0", "1", "150"}
    assert smoked.states.calls == len(list(machine.cases(MACHINE)))


def test_no_case_fails_but_for_errors_that_nothing_catches() -> None:
    text = json.dumps(MACHINE)
    for case in machine.cases(MACHINE):
        answer = run_state(case.request(text))
        if not case.about.startswith("error"):
            assert answer["status"] == "SUCCEEDED", (case.state, case.about, answer)


def test_choices_take_every_way_out() -> None:
    text, taken = json.dumps(MACHINE), dict[str, set[str]]()
    for case in machine.cases(MACHINE):
        taken.setdefault(case.state, set()).add(run_state(case.request(text)).get("nextState", ""))
    for name, state in machine.states(MACHINE):
        if state["Type"] == "Choice":
            assert taken[name] == {one["Next"] for one in state["Choices"]} | {state["Default"]}


@pytest.mark.parametrize(
    ("state", "field", "wrong"),
    [
        ("CloseConnections", "output", "{}"),
        ("ChooseMove", "nextState", "Finish"),
        ("SurveyClient", "status", "FAILED"),
    ],
)
def test_another_answer_of_the_engine_is_reported(
    smoked: SmokeInMoto, state: str, field: str, wrong: str
) -> None:
    def change(asked: dict[str, Any], answer: dict[str, Any]) -> None:
        if asked["stateName"] == state:
            answer[field] = '{"wrong": 1}' if field == "output" else wrong

    smoked.states.change = change
    states.run(smoked.smoke)

    answer = smoked.smoke.state.answers["A4"]
    assert answer.verdict is Verdict.DIFFERENT
    assert {one["state"] for one in answer.evidence["differences"]} == {state}


def test_a_variable_that_is_bound_otherwise_is_reported(smoked: SmokeInMoto) -> None:
    """This is how the cap of a hundred was found to do nothing."""

    def change(asked: dict[str, Any], answer: dict[str, Any]) -> None:
        if asked["stateName"] == "SurveyClients":
            variables = json.loads(answer["inspectionData"]["variables"])
            variables["closing"] = variables["closing"] * 2
            answer["inspectionData"]["variables"] = json.dumps(variables)

    smoked.states.change = change
    states.run(smoked.smoke)

    [*found] = smoked.smoke.state.answers["A4"].evidence["differences"]
    assert [one["case"] for one in found] == ["1 clients", "150 clients"]


@pytest.mark.parametrize("code", ["UnknownOperationException", "AccessDeniedException"])
def test_a_region_without_it_is_no_answer(smoked: SmokeInMoto, code: str) -> None:
    smoked.states.error = code

    states.run(smoked.smoke)

    answer = smoked.smoke.state.answers["A4"]
    assert (answer.verdict, smoked.states.calls) == (Verdict.NOT_ANSWERED, 1)
    assert "eu-west-1" in answer.reason


def test_an_old_botocore_is_named(smoked: SmokeInMoto, monkeypatch: pytest.MonkeyPatch) -> None:
    model = smoked.states.meta.service_model.operation_model("TestState")
    old = {"definition": 1, "roleArn": 1, "input": 1}
    monkeypatch.setattr(type(model.input_shape), "members", old)

    states.run(smoked.smoke)

    answer = smoked.smoke.state.answers["A4"]
    assert answer.verdict is Verdict.NOT_ANSWERED
    assert "botocore" in answer.reason
    assert "2025-11-19" in answer.reason
