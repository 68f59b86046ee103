"""A scenario in which faults are injected, and scenarios that are made from others."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from tests.faults.environment import Environment
from tests.faults.states import STEPS_BY_FUNCTION, function_of


@dataclass(frozen=True, eq=False)
class Scenario:
    name: str
    prepare: Callable[[Environment], None]
    act: Callable[[Environment], None]
    repeat: Callable[[Environment], None] = Environment.reconcile
    """What starts another run, beside the sweep."""
    sweep_recovers: bool = True
    """Whether the sweep alone recovers; it cannot know what a lost event carried."""
    same_end_as: "Scenario | None" = None
    """The scenario that must end in the same state, without the earlier failure."""
    steps: Mapping[str, str] = field(default_factory=lambda: STEPS_BY_FUNCTION)
    """The step that each function performs; faults are injected only into these functions."""
    kills_every_write: bool = False
    """Whether functions are killed around each write, also around one that others try."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Environment variables of the functions, from parameters of the owner stack."""


def with_failing_task(task: str, catcher: str, scenario: Scenario) -> Scenario:
    """Return *scenario* with *task* failing for one client, so that *catcher* is entered."""

    def act(environment: Environment) -> None:
        environment.injector.fail_once(function_of(task))
        scenario.act(environment)

    return replace(
        scenario,
        name=f"{task} fails when {scenario.name}",
        act=act,
        same_end_as=scenario,
        steps={function_of(catcher): catcher},
    )


def redriven_in(function: str, scenario: Scenario) -> Scenario:
    """Redrive a run of *scenario* that died in *function* and has lost its lease."""

    def prepare(environment: Environment) -> None:
        scenario.prepare(environment)
        environment.injector.kill_run_in(function)
        scenario.act(environment)
        environment.report_failed_runs()

    return Scenario(
        f"a run is redriven in {function}",
        prepare,
        Environment.redrive,
        same_end_as=scenario,
        variables=scenario.variables,
    )
