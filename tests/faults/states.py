"""The steps that are tested: every task state, and every function that a rule invokes."""

from collections.abc import Iterator
from typing import Any

from tests.support.cloudformation import definition, handlers
from tests.support.step_functions import SUBSTITUTIONS


def _states(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each state with its name, including those inside Maps."""
    for name, state in machine["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from _states(state["ItemProcessor"])


def function_of(task: str) -> str:
    """Return the logical id of the function that the state *task* invokes."""
    return str(TASKS[task]["Arguments"]["FunctionName"]).rpartition(":")[2]


READ_ONLY = {"PlanCluster"}
"""Steps that change nothing, so that a fault leaves nothing behind; `test_plan` holds that."""

TASKS = {
    name: state
    for name, state in _states(definition(SUBSTITUTIONS))
    if state["Type"] == "Task" and name not in READ_ONLY
}
CATCHERS = {
    name: caught["Next"]
    for name, state in TASKS.items()
    for caught in state.get("Catch", [])
    if caught["Next"] in TASKS
}
"""The task states with a Catch, and the task state that catches."""

_IN_TASKS = {function_of(name) for name in TASKS} | {f"{name}Function" for name in READ_ONLY}
RULE_STEPS = {
    function: function.removesuffix("Function")
    for function in handlers()
    if function not in _IN_TASKS
}
STEPS_BY_FUNCTION = {
    function_of(name): name for name in TASKS if name not in CATCHERS.values()
} | RULE_STEPS
"""The step that each function performs when nothing fails."""

STEPS = {*TASKS, *RULE_STEPS.values()}
