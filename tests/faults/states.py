"""The steps that must survive: every task state, and every function that a rule calls."""

from collections.abc import Iterator
from typing import Any

from tests.support.cloudformation import definition, handlers
from tests.support.step_functions import SUBSTITUTIONS


def _states(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state with its name, those inside Maps too."""
    for name, state in machine["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from _states(state["ItemProcessor"])


def function_of(task: str) -> str:
    """Logical id of the function that the state *task* calls."""
    return str(TASKS[task]["Arguments"]["FunctionName"]).rpartition(":")[2]


TASKS = {
    name: state for name, state in _states(definition(SUBSTITUTIONS)) if state["Type"] == "Task"
}
CATCHERS = {
    name: caught["Next"]
    for name, state in TASKS.items()
    for caught in state.get("Catch", [])
    if caught["Next"] in TASKS
}
"""The task states that have a Catch, each with the task state to which that leads."""

_CALLED = {function_of(name) for name in TASKS}
RULE_STEPS = {
    function: function.removesuffix("Function")
    for function in handlers()
    if function not in _CALLED
}
STEPS_BY_FUNCTION = {
    function_of(name): name for name in TASKS if name not in CATCHERS.values()
} | RULE_STEPS
"""The step that each function is, where nothing fails."""

STEPS = {*TASKS, *RULE_STEPS.values()}
