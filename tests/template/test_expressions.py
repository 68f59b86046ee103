"""
The value of each expression of the state machine for no, one, two and many elements.

JSONata treats a value and an array of one the same, so an expression that is right for two
elements may be wrong for one; and a step of a path binds closer than it looks.
"""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import jsonata
import pytest

from msklink.services.planned_run import MOST_CLOSING
from tests.template.test_state_machine import EXPRESSIONS, STATES, expressions

COUNTS = (0, 1, 2, 150)
"""None, one, two, and more than the hundred accounts that one pass disconnects."""


class Row(NamedTuple):
    """The variables of the expression, and its value, for a number of elements."""

    given: Callable[[int], dict[str, Any]]
    expected: Callable[[int], Any]


def accounts(count: int) -> list[str]:
    return [f"{number:012d}" for number in range(count)]


def named(count: int) -> list[dict[str, str]]:
    return [{"account": account, "barred": ""} for account in accounts(count)]


def surveys(count: int) -> list[dict[str, Any]]:
    """Return results of a Map: *count* accounts that are due and as many that are not."""
    due = [{"account": account, "removal_due": True} for account in accounts(count)]
    staying = [{"account": f"9{account[1:]}", "schemes": []} for account in accounts(count)]
    return [survey for pair in zip(due, staying, strict=True) for survey in pair]


def disconnected(count: int) -> list[dict[str, Any]]:
    """Return results of a Map: *count* pending accounts, as many deleted ones, one failed."""
    pending = [{"account": account, "pending": True} for account in accounts(count)]
    gone = [{"account": f"9{account[1:]}", "pending": False} for account in accounts(count)]
    return [*gone, *pending, {"account": "888888888888", "schemes": []}]


def states(**of: Any) -> dict[str, Any]:
    return {"states": of}


def passed_on(path: str, made: Callable[[int], Any]) -> Row:
    """Return the row of a path that returns a value unchanged."""

    def given(count: int) -> dict[str, Any]:
        value = made(count)
        for name in reversed(path.removeprefix("$").split(".")):
            value = {name: value}
        found: dict[str, Any] = value
        return found

    return Row(given, made)


def fixed(value: Any) -> Callable[[int], Any]:
    """Return the row of a value that does not depend on the number of elements."""
    return lambda _count: value


def chosen(move: str) -> Row:
    """Return the row of a condition that is true for *move*, with one element only."""
    return Row(
        lambda count: states(input={"move": move if count == 1 else "proceed"}),
        lambda count: count == 1,
    )


LISTS = {
    "$closing": accounts,
    "$expected": fixed([1800, 4500]),
    "$facts": lambda count: {"zone_ids": accounts(count)},
    "$surveys": surveys,
    "$states.input.accounts": named,
    "$states.result": surveys,
    "$states.result.Payload": lambda count: {"accounts": named(count)},
    "$states.result.Payload.expected": fixed([1800, 4500]),
    "$states.result.Payload.facts": lambda count: {"zone_ids": accounts(count)},
    "$states.result.Payload.bootstrap_brokers": lambda count: dict.fromkeys(accounts(count), "b"),
    "$bootstrap_brokers": lambda count: dict.fromkeys(accounts(count), "b"),
}
SCALARS = {
    "$cluster_arn": "arn:aws:kafka",
    "$fingerprint": "f",
    "$generation": 3,
    "$freeze": "",
    "$managed": False,
    "$rounds": 1,
    "$run": "orders-1",
    "$users": False,
    "$waited_seconds": 0,
    "$states.result.Payload.waited_seconds": 60,
    "$states.context.Execution.Name": "orders-1",
    "$states.context.Map.Item.Value": "000000000000",
    "$states.context.Map.Item.Value.account": "000000000000",
    "$states.context.Map.Item.Value.barred": "",
    "$states.errorOutput": {"Error": "Refused", "Cause": "{}"},
    "$states.input.account": "000000000000",
    "$states.input.barred": "",
    "$states.input.cluster_arn": "arn:aws:kafka",
    "$states.input.error": {"Error": "Refused"},
    "$states.input.newer": False,
    "$states.input.users": False,
    "$states.input.wait_seconds": 120,
    "$states.result.Payload.fingerprint": "f",
    "$states.result.Payload.freeze": "",
    "$states.result.Payload.generation": 3,
    "$states.result.Payload.managed": False,
    "$states.result.Payload.users": False,
}
TABLE = {
    **{path: passed_on(path, made) for path, made in LISTS.items()},
    **{path: passed_on(path, fixed(value)) for path, value in SCALARS.items()},
    f"[($states.result[removal_due].account)[[0..{MOST_CLOSING - 1}]]]": Row(
        lambda count: states(result=surveys(count)), lambda count: accounts(count)[:MOST_CLOSING]
    ),
    "[$states.result[pending].account]": Row(
        lambda count: states(result=disconnected(count)), accounts
    ),
    "$count($surveys)": Row(lambda count: {"surveys": surveys(count)}, lambda count: 2 * count),
    "$rounds + 1": Row(lambda count: {"rounds": count}, lambda count: count + 1),
    "$waited_seconds + $states.input.wait_seconds": Row(
        lambda count: {"waited_seconds": count, **states(input={"wait_seconds": 60})},
        lambda count: count + 60,
    ),
    "$states.input.wait_seconds > 0": Row(
        lambda count: states(input={"wait_seconds": count}), lambda count: count > 0
    ),
    "$exists($surveys.held)": Row(
        lambda count: {
            "surveys": surveys(count) + [{"account": "7", "held": ["iam"]}] * (count == 1)
        },
        lambda count: count == 1,
    ),
    "$freeze != '' and $exists($surveys[removal_due])": Row(
        lambda count: {"freeze": "tag" if count < 2 else "", "surveys": surveys(count)},
        lambda count: count == 1,
    ),
    "$count($facts.waiting) > 0": Row(
        lambda count: {"facts": {"waiting": accounts(count)} if count < 2 else {}},
        lambda count: count == 1,
    ),
    "$exists($states.input.plan) ? $states.input.plan : null": Row(
        lambda count: states(input={"plan": {"text": "{}"}} if count else {}),
        lambda count: {"text": "{}"} if count else None,
    ),
    "10": Row(lambda _count: {}, fixed(10)),  # ClientsAtOnce
    **{
        f"$states.input.move = '{move}'": chosen(move)
        for move in ("connect", "create", "hold", "inspect", "stop", "wait")
    },
}


def evaluate(expression: str, variables: dict[str, Any]) -> Any:
    parsed = jsonata.Jsonata(expression)
    frame = parsed.create_frame()
    for name, value in variables.items():
        frame.bind(name, value)
    return parsed.evaluate(None, frame)


def test_the_table_has_every_expression_and_no_other() -> None:
    assert set(TABLE) == set(EXPRESSIONS)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("expression", TABLE)
def test_an_expression_has_the_value_of_its_row(expression: str, count: int) -> None:
    row = TABLE[expression]

    value = evaluate(expression, row.given(count))

    assert json.dumps(value) == json.dumps(row.expected(count))


def test_every_map_iterates_over_an_array_that_the_table_has_with_many() -> None:
    """A Map over a single value fails (Amazon States Language, Map)."""
    for name, state in STATES.items():
        if state["Type"] == "Map":
            [items] = expressions(state["Items"])
            assert [len(TABLE[items].expected(count)) for count in COUNTS] == list(COUNTS), name
