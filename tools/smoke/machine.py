"""The state machine for TestState, and the cases in which each of its states is run."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

DEFINITION = Path(__file__).parents[2] / "statemachine/reconcile_cluster.asl.yaml"
COUNTS = (0, 1, 150)
"""No client, one, and more than the hundred that one pass disconnects."""

WORDS = ("connect", "create", "hold", "inspect", "proceed", "stop", "wait")
"""The moves that choices distinguish, and one that none does."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A state with what goes in; *mock* is the parameter of TestState."""

    state: str
    about: str
    given: Any
    variables: Json
    mock: Json | None = None
    configuration: Json = field(default_factory=dict)

    def request(self, definition: str) -> Json:
        """Return the parameters of TestState."""
        asked: Json = {
            "definition": definition,
            "stateName": self.state,
            "input": json.dumps(self.given),
            "variables": json.dumps(self.variables),
            "inspectionLevel": "DEBUG",
        }
        if self.mock is not None:
            # The API of Lambda has Payload as a string, and Step Functions passes on a value.
            asked["mock"] = self.mock | {"fieldValidationMode": "NONE"}
        if self.configuration:
            asked["stateConfiguration"] = self.configuration
        return asked


def definition(partition: str, path: Path = DEFINITION) -> Json:
    """Return the state machine with the values that CloudFormation would put in."""
    text = path.read_text().replace("${Partition}", partition).replace("${ClientsAtOnce}", "10")
    parsed: Json = yaml.safe_load(text)  # the names of functions stay as they are
    return parsed


def states(machine: Json) -> Iterator[tuple[str, Json]]:
    """Yield every state with its name, also those within a Map."""
    for name, state in machine["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


def cases(machine: Json) -> Iterator[Case]:
    """Yield the cases of all states: with 0, 1 and many clients, each move, and errors."""
    for name, state in states(machine):
        for count in COUNTS:
            variables, given = _variables(count), _input(count)
            match state["Type"]:
                case "Choice":
                    for word in WORDS if count else ("proceed",):
                        yield Case(
                            name, f"{count} clients, {word}", given | {"move": word}, variables
                        )
                case "Map":
                    mock = {"result": json.dumps(_results(count))}
                    yield Case(name, f"{count} clients", given, variables, mock)
                case "Task":
                    mock = {"result": json.dumps({"Payload": _payload(count)})}
                    yield Case(name, f"{count} clients", given, variables, mock)
                case _:
                    yield Case(name, f"{count} clients", given, variables)
        if state["Type"] == "Task":
            yield from _errors(name)


def _errors(name: str) -> Iterator[Case]:
    for error in ("TransientError", "Sandbox.Timedout", "SomethingNew"):
        mock = {"errorOutput": {"error": error, "cause": "the cause"}}
        yield Case(name, f"error {error}", _input(1), _variables(1), mock)
    mock = {"errorOutput": {"error": "TransientError", "cause": "the cause"}}
    last = {"retrierRetryCount": 6}
    yield Case(name, "error TransientError, the last time", _input(1), _variables(1), mock, last)


def _accounts(count: int) -> list[str]:
    return [f"{number:012d}" for number in range(count)]


def _surveys(count: int) -> list[Json]:
    due = [{"account": one, "removal_due": True} for one in _accounts(count)]
    return [*due, *({"account": f"9{one[1:]}", "held": ["iam"]} for one in _accounts(count))]


def _results(count: int) -> list[Json]:
    """Return results of any Map: some due, some pending, some held."""
    pending = [{"account": f"8{one[1:]}", "pending": True} for one in _accounts(count)]
    return [*_surveys(count), *pending]


def _facts(count: int) -> Json:
    return {"zone_ids": ["euw1-az1"], "waiting": _accounts(count)}


def _variables(count: int) -> Json:
    return {
        "run": "orders-1",
        "cluster_arn": "arn:aws:kafka:eu-west-1:111111111111:cluster/orders/1",
        "waited_seconds": 60,
        "expected": [0, 0],
        "surveys": _surveys(count),
        "closing": _accounts(count),
        "bootstrap_brokers": {"iam": "b-1:14001"} if count else {},
        "rounds": 1,
        "facts": _facts(count),
        "managed": bool(count),
        "freeze": "tag" if count == 1 else "",
        "generation": 3,
        "fingerprint": "f",
        "users": count == 1,
    }


def _input(count: int) -> Json:
    return {
        "cluster_arn": "arn:aws:kafka:eu-west-1:111111111111:cluster/orders/1",
        "move": "proceed",
        "account": "000000000000",
        "accounts": [{"account": one, "barred": ""} for one in _accounts(count)],
        "barred": "",
        "error": {"Error": "SomethingNew", "Cause": "the cause"},
        "newer": count == 1,
        "users": count == 1,
        "wait_seconds": int(count > 1),
        **({"plan": {"text": "{}"}} if count else {}),
    }


def _payload(count: int) -> Json:
    """Return a payload that has what any state takes from its function."""
    names = ("facts", "managed", "freeze", "generation", "fingerprint", "expected", "users")
    kept = {name: _variables(count)[name] for name in (*names, "bootstrap_brokers")}
    return kept | _input(count) | {"waited_seconds": 120}
