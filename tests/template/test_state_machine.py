"""Checks of the state machine that CloudFormation and cfn-lint do not make."""

import inspect
import re
from collections.abc import Iterator
from typing import Any

import jsonata
import pytest
import yaml

from msklink import errors
from msklink.cluster.next_move import Move, decide_next_move
from msklink.services import (
    change_holds,
    cluster_inspection,
    connection_inspection,
    topic_creation,
)
from tests.support.cloudformation import ROOT, definition, definition_text, handlers, resources
from tests.support.step_functions import SUBSTITUTIONS

MACHINE = definition(SUBSTITUTIONS)
[PROPERTIES] = resources("AWS::Serverless::StateMachine").values()

State = dict[str, Any]


def scopes(machine: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the machine, and the machine of each Map."""
    yield machine
    for state in machine["States"].values():
        if "ItemProcessor" in state:
            yield from scopes(state["ItemProcessor"])


SCOPES = list(scopes(MACHINE))
STATES: dict[str, State] = {name: one for scope in SCOPES for name, one in scope["States"].items()}
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}


def values(node: Any, key: str) -> Iterator[Any]:
    """Yield each value of *key* at any depth, but not in another scope."""
    children = node.items() if isinstance(node, dict) else enumerate(node)
    for name, child in children:
        if name == key:
            yield child
        if isinstance(child, dict | list) and name != "ItemProcessor":
            yield from values(child, key)


def expressions(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        if node.startswith("{%"):
            yield node.removeprefix("{%").removesuffix("%}").strip()
    elif isinstance(node, dict | list):
        for child in node.values() if isinstance(node, dict) else node:
            yield from expressions(child)


EXPRESSIONS = sorted(set(expressions(MACHINE)))


# ------------------------------------------------------------------------------------- states


def test_every_next_exists() -> None:
    for scope in SCOPES:
        targets = {scope["StartAt"], *values(scope["States"], "Next")}
        targets |= set(values(scope["States"], "Default"))
        assert targets <= set(scope["States"])


def test_every_state_can_be_reached() -> None:
    for scope in SCOPES:
        reached, to_visit = set[str](), [scope["StartAt"]]
        while to_visit:
            name = to_visit.pop()
            if name not in reached:
                reached.add(name)
                state = scope["States"][name]
                to_visit += [*values(state, "Next"), *values(state, "Default")]
        assert reached == set(scope["States"])


def test_every_state_has_a_next_state_or_ends() -> None:
    for name, state in STATES.items():
        ends = state["Type"] in {"Succeed", "Fail"}
        assert ends or state.get("End") or "Next" in state or "Default" in state, name


def test_state_names_are_verbs_and_nouns_and_unique() -> None:
    assert len(STATES) == sum(len(scope["States"]) for scope in SCOPES)
    assert all(re.fullmatch(r"([A-Z][a-z]+)+", name) for name in STATES)


def test_the_machine_ends_by_itself() -> None:
    assert MACHINE["TimeoutSeconds"] <= 4 * 24 * 3600
    assert MACHINE["QueryLanguage"] == "JSONata"
    assert MACHINE["Comment"]


def test_every_wait_is_limited() -> None:
    """A function counts the seconds waited and ends each loop."""
    for name, state in STATES.items():
        if state["Type"] == "Wait":
            assert "$waited_seconds +" in state["Assign"]["waited_seconds"], name
            looked = STATES[state["Next"]]
            if looked["Type"] == "Map":
                looked = STATES[looked["Next"]]
            assert looked["Arguments"]["Payload"]["waited_seconds"] == "{% $waited_seconds %}"


def test_time_that_was_waited_for_the_cluster_does_not_count_for_connections() -> None:
    """New connections and deletions, both after SurveyClients, have waits of their own."""
    assert STATES["WaitForCluster"]["Next"] == "InspectCluster"
    assert STATES["SurveyClients"]["Assign"]["waited_seconds"] == 0


# -------------------------------------------------------------------------------- expressions


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_expression_compiles(expression: str) -> None:
    jsonata.Jsonata(expression)


def test_every_variable_is_assigned() -> None:
    used = {name for text in EXPRESSIONS for name in re.findall(r"\$(\w+)(?!\w|\()", text)}
    assigned = {name for block in values(MACHINE, "Assign") for name in block}

    assert used - {"states"} == assigned


def test_expressions_are_whole_strings() -> None:
    """`{%` in the middle of a string is text to Step Functions."""
    assert definition_text().count("{%") == len(list(expressions(MACHINE)))


# ---------------------------------------------------------------------------------- functions


def test_substitutions_and_placeholders_agree() -> None:
    placeholders = set(re.findall(r"\$\{(\w+)}", definition_text()))

    assert placeholders == set(PROPERTIES["DefinitionSubstitutions"])


def test_substitutions_have_the_name_of_their_resource() -> None:
    others = {"Partition": {"Ref": "AWS::Partition"}, "ClientsAtOnce": {"Ref": "ClientsAtOnce"}}

    for name, value in PROPERTIES["DefinitionSubstitutions"].items():
        assert value == others.get(name, {"Fn::GetAtt": [name, "Arn"]})


def test_states_functions_and_files_share_names() -> None:
    files = {path.stem for path in (ROOT / "functions").glob("*.py")}
    assert set(handlers().values()) == files
    for logical_id, module in handlers().items():
        assert logical_id == "".join(word.capitalize() for word in module.split("_")) + "Function"
    for name, state in TASKS.items():
        called = re.sub(r"^Record\w+Failure$", "RecordFailure", name)
        assert state["Arguments"]["FunctionName"].endswith(f":{called}Function"), name


def test_handlers_are_called_handler() -> None:
    functions = resources("AWS::Serverless::Function")

    assert {one["Handler"].partition(".")[2] for one in functions.values()} == {"handler"}


def test_the_machine_may_invoke_exactly_the_functions_it_calls() -> None:
    [document] = PROPERTIES["Policies"]
    allowed = {
        resource["Fn::GetAtt"][0]
        for statement in document["Statement"]
        if statement["Action"] == "lambda:InvokeFunction"
        for resource in statement["Resource"]
    }

    called = {state["Arguments"]["FunctionName"].rpartition(":")[2] for state in TASKS.values()}
    assert allowed == called


def test_every_task_knows_the_run_and_its_cluster() -> None:
    for name, state in TASKS.items():
        payload = state["Arguments"]["Payload"]
        assert payload["run"] == "{% $run %}", name
        # People name the cluster to PlanCluster.
        key = "cluster" if name == "PlanCluster" else "cluster_arn"
        assert payload[key] == "{% $cluster_arn %}", name


# -------------------------------------------------------------------------------------- moves


CHOICES: dict[str, tuple[Any, set[Move]]] = {
    "ChooseMove": (cluster_inspection, {Move.PROCEED, Move.CLOSE}),
    "ChooseWork": (change_holds, {Move.PROCEED}),
    # EnableConnectivity turns ENABLE into WAIT.
    "ChooseAccess": (decide_next_move, {Move.PROCEED, Move.ENABLE}),
    "ChooseTopics": (topic_creation, {Move.CONNECT}),
    "ChooseConnections": (connection_inspection, {Move.PUBLISH}),
}
"""States that choose by a move: where the code decides on it, and what the default is for."""


def moves_of(code: Any) -> set[Move]:
    return {Move[name] for name in re.findall(r"\bMove\.([A-Z]+)", inspect.getsource(code))}


@pytest.mark.parametrize("name", CHOICES)
def test_a_choice_names_the_moves_of_the_code(name: str) -> None:
    code, by_default = CHOICES[name]
    conditions = [choice["Condition"] for choice in STATES[name]["Choices"]]
    named = {move for one in conditions for move in re.findall(r"input\.move = '(\w+)'", one)}

    assert named == moves_of(code) - by_default
    assert by_default < moves_of(code)


def test_every_move_is_used_and_only_in_its_choice() -> None:
    choosing = {name for name, scope in STATES.items() if "input.move" in str(scope.get("Choices"))}

    assert choosing == set(CHOICES)
    assert set.union(*(moves_of(code) for code, _ in CHOICES.values())) == set(Move)


# ------------------------------------------------------------------------------------- errors


def test_all_retries_are_equal() -> None:
    [first, *others] = [state["Retry"] for state in TASKS.values()]

    assert all(other == first for other in others)
    [retry] = first
    # As AWS shows it (Step Functions guide, "Handle Lambda service exceptions"); a BackoffRate of
    # 2 is the default.
    assert (retry["IntervalSeconds"], retry["MaxAttempts"]) == (2, 6)
    assert retry["JitterStrategy"] == "FULL"


def test_error_names_in_the_machine_and_in_the_code_agree() -> None:
    retried = set(TASKS["GrantAccess"]["Retry"][0]["ErrorEquals"])
    ours = {"TransientError", "LostRace"}

    assert all(issubclass(getattr(errors, name), Exception) for name in ours)
    # Step Functions guide, "Handle Lambda service exceptions"; Sandbox.Timedout is Lambda's name
    # for a time-out today, and Lambda.Unknown for one that it could not name.
    assert retried - ours == {
        "Lambda.AWSLambdaException",
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.SdkClientException",
        "Lambda.ServiceException",
        "Lambda.TooManyRequestsException",
        "Lambda.Unknown",
        "Sandbox.Timedout",
    }


def test_permanent_errors_are_not_retried() -> None:
    retried = set(TASKS["GrantAccess"]["Retry"][0]["ErrorEquals"])
    own = {name for name in vars(errors) if isinstance(getattr(errors, name), type)}
    own -= {"Refusal", "timedelta"}

    assert own - retried == {
        "Refused",
        "NotYet",
        "ProbeFailed",
        "PrincipalRejected",
        "UpdateRejected",
        "ClusterWaitTimedOut",
        "LeaseLost",
    }
    assert all(name in (errors.__doc__ or "") for name in own)


def test_only_failures_for_one_client_are_caught_and_recorded() -> None:
    [main, *maps] = SCOPES
    caught = [name for name, state in main["States"].items() if "Catch" in state]
    assert caught == ["PlanCluster"]  # without a plan, what waits is held all the same
    for scope in maps:
        task, record = scope["States"].values()
        [catch] = task["Catch"]
        assert catch["ErrorEquals"] == ["States.ALL"]
        assert catch["Next"] in scope["States"]
        assert record["Arguments"]["Payload"]["step"] == scope["StartAt"]


# --------------------------------------------------------------------------------------- YAML


@pytest.mark.parametrize(
    "name", ["template.yaml", "client.yaml", "statemachine/reconcile_cluster.asl.yaml"]
)
def test_there_are_no_yaml_aliases(name: str) -> None:
    """CloudFormation does not expand them in every place."""
    tokens = yaml.scan((ROOT / name).read_text())

    assert not [one for one in tokens if isinstance(one, yaml.AliasToken | yaml.AnchorToken)]
