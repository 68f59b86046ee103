"""
What happens while a fault strikes: together the plots make every function make its calls.

A plot leads from a prepared world to an end state; a call that two plots make is tried in the first.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from localcloud.msk import faults
from tests.faults.world import World, furnish, make_vpc
from tests.support.aws import CLIENT, OTHER_CLIENT
from tests.support.client_events import request
from tests.support.cloudformation import definition, handlers
from tests.support.step_functions import SUBSTITUTIONS, tag_event

STRANGER = "444444444444"
SECOND = "second VPC"


@dataclass(frozen=True, eq=False)
class Plot:
    name: str
    prepare: Callable[[World], None]
    act: Callable[[World], None]
    again: Callable[[World], None] = World.tell
    """What makes MSKLink look again, beside the sweep."""
    swept: bool = True
    """Whether the sweep alone repairs what went wrong; it does not know what an event carried."""
    steps: Mapping[str, str] = field(default_factory=dict)
    """The step as which each function is counted here; others than these are not tried."""


# ------------------------------------------------------------------------------- what there is


def states() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state with its name, those inside Maps too."""

    def inside(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, state in machine["States"].items():
            yield name, state
            if "ItemProcessor" in state:
                yield from inside(state["ItemProcessor"])

    return inside(definition(SUBSTITUTIONS))


def function_of(state: dict[str, Any]) -> str:
    """Logical id of the function that the task *state* calls."""
    return str(state["Arguments"]["FunctionName"]).rpartition(":")[2]


TASKS = {name: state for name, state in states() if state["Type"] == "Task"}
CATCHERS = {
    name: caught["Next"]
    for name, state in TASKS.items()
    for caught in state.get("Catch", [])
    if caught["Next"] in TASKS
}
"""The task states that have a Catch, each with the task state to which it leads."""

PLAIN = {
    function_of(state): name for name, state in TASKS.items() if name not in CATCHERS.values()
}
ON_RULES = {
    function: function.removesuffix("Function")
    for function in handlers()
    if function not in map(function_of, TASKS.values())
}
STEPS = {*TASKS, *ON_RULES.values()}


# ----------------------------------------------------------------------------------- the plots


def served(world: World) -> None:
    furnish(world)
    world.tell()


def with_a_dead_run(world: World) -> None:
    furnish(world)
    world.seam.kill_at("GrantAccessFunction")
    world.tell()


def with_a_dead_run_and_a_newer_request(world: World) -> None:
    """Somebody asks while the run waits for the brokers, which is before it dies."""
    furnish(world)
    world.accounts.meanwhile("UpdateConnectivity", world.ask)
    world.seam.kill_at("GrantAccessFunction")
    world.tell()


def with_a_vpc_of_which_no_event_told(world: World) -> None:
    served(world)
    make_vpc(world.accounts, OTHER_CLIENT, "iam", SECOND)


def with_trouble_that_is_over(world: World) -> None:
    """A client had no stack when its account was looked into."""
    furnish(world)
    world.accounts.remove_client(OTHER_CLIENT)
    world.tell()
    world.accounts.deploy_client(OTHER_CLIENT)


def with_a_vpc_without_tag(world: World) -> None:
    served(world)
    make_vpc(world.accounts, OTHER_CLIENT, name=SECOND)


def with_a_stranger(world: World) -> None:
    served(world)
    world.accounts.deploy_client(STRANGER)


def with_a_dead_connection(world: World) -> None:
    """MSK gives one up, which only shows when it is looked at."""
    furnish(world)
    world.accounts.msk.faults.add(
        faults.fails("CreateVpcConnection", "Broken", "it broke", account=OTHER_CLIENT)
    )
    world.tell()


def ask_by_event(world: World) -> None:
    [vpc] = world.accounts.client("ec2", OTHER_CLIENT).describe_vpcs(
        Filters=[{"Name": "tag:Name", "Values": [SECOND]}]
    )["Vpcs"]
    vpc_id = vpc["VpcId"]
    world.deliver("ReceiveEventFunction", request(OTHER_CLIENT, vpc_id=vpc_id))


def ask_as_a_stranger(world: World) -> None:
    world.deliver("ReceiveEventFunction", request(STRANGER))


def sweep(world: World) -> None:
    world.deliver("SweepClustersFunction", {"id": "1"})


def failing(name: str, catcher: str) -> Plot:
    """The task state *name* fails for one client, for a reason that nobody foresaw."""

    def act(world: World) -> None:
        world.seam.break_once(function_of(TASKS[name]))
        world.tell()

    return Plot(f"{name} fails", furnish, act, steps={function_of(TASKS[catcher]): catcher})


PLOTS = (
    Plot("a cluster is tagged", furnish, World.tell, steps=PLAIN | ON_RULES),
    *(failing(name, catcher) for name, catcher in CATCHERS.items()),
    Plot("a run has failed", with_a_dead_run, World.bury, steps=ON_RULES),
    Plot(
        "a run has failed, more is asked for",
        *(with_a_dead_run_and_a_newer_request, World.bury),
        steps=ON_RULES,
    ),
    Plot("a dead run is found", with_a_dead_run, sweep, steps=ON_RULES),
    Plot("a dead run is in the way", with_a_dead_run, World.tell, steps=ON_RULES),
    Plot("a VPC is found", with_a_vpc_of_which_no_event_told, sweep, steps=PLAIN | ON_RULES),
    Plot("trouble is over", with_trouble_that_is_over, sweep, steps=PLAIN | ON_RULES),
    Plot(
        "a client asks",
        *(with_a_vpc_without_tag, ask_by_event, ask_by_event),
        swept=False,
        steps=PLAIN | ON_RULES,
    ),
    Plot(
        "a stranger asks",
        *(with_a_stranger, ask_as_a_stranger, ask_as_a_stranger),
        swept=False,
        steps=ON_RULES,
    ),
    Plot("a connection is dead", with_a_dead_connection, World.tell, steps=PLAIN | ON_RULES),
)
