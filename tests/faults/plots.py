"""
What happens while a fault strikes: together the plots make every function make its calls.

A plot leads from a prepared world to an end state. A call that two plots make is tried in the
first of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from localcloud.msk import faults
from tests.faults.states import CATCHERS, ON_THE_WAY, function_of
from tests.faults.world import World, find_vpc, furnish, make_vpc
from tests.support.aws import CLIENT, OTHER_CLIENT
from tests.support.client_events import request

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
    ends_like: "Plot | None" = None
    """The plot without this trouble, where it is to come to the same end."""
    steps: Mapping[str, str] = field(default_factory=lambda: ON_THE_WAY)
    """The step that each function is here; what other functions do is not tried."""


def served(world: World) -> None:
    furnish(world)
    world.tell()


def with_time_that_is_up(world: World) -> None:
    """A client took the tag off its VPC a day ago."""
    served(world)
    accounts = world.accounts
    accounts.untag_vpc(CLIENT, find_vpc(accounts, CLIENT, "VPC"))
    world.tell()
    accounts.clock.advance(24 * 3600)


def with_a_dead_run(world: World) -> None:
    furnish(world)
    world.seam.kill_at("InspectClusterFunction")
    world.tell()


def with_a_newer_request(world: World) -> None:
    """Somebody asks while the run looks at the cluster, which is before it dies."""
    furnish(world)
    world.accounts.meanwhile("DescribeClusterV2", world.ask)
    world.seam.kill_at("SurveyClientFunction")
    world.tell()


def with_another_vpc(world: World) -> None:
    """No event has told of it."""
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


def with_a_probe(world: World) -> None:
    furnish(world)
    world.accounts.deploy_probe(CLIENT, find_vpc(world.accounts, CLIENT, "VPC"))


def ask_by_event(world: World) -> None:
    vpc_id = find_vpc(world.accounts, OTHER_CLIENT, SECOND)
    world.deliver("ReceiveEventFunction", request(OTHER_CLIENT, vpc_id=vpc_id))


def ask_as_a_stranger(world: World) -> None:
    world.deliver("ReceiveEventFunction", request(STRANGER))


def sweep(world: World) -> None:
    world.deliver("SweepClustersFunction", {"id": "1"})


def failing(task: str, catcher: str, plot: Plot) -> Plot:
    """The state *task* fails for one client as nobody foresaw, which leads to *catcher*."""

    def act(world: World) -> None:
        world.seam.break_once(function_of(task))
        plot.act(world)

    return replace(
        plot,
        name=f"{task} fails when {plot.name}",
        act=act,
        ends_like=plot,
        steps={function_of(catcher): catcher},
    )


TAGGED = Plot("a cluster is tagged", furnish, World.tell)
LEAVING = Plot("a client leaves", with_time_that_is_up, World.tell)
PLOTS = (
    TAGGED,
    LEAVING,
    *(
        failing(task, catcher, plot)
        for plot in (TAGGED, LEAVING)
        for task, catcher in CATCHERS.items()
    ),
    Plot("a run has failed", with_a_dead_run, World.bury, ends_like=TAGGED),
    Plot("a dead run missed something", with_a_newer_request, World.bury, ends_like=TAGGED),
    Plot("a sweep finds a dead run", with_a_dead_run, sweep, ends_like=TAGGED),
    Plot("an event finds a dead run", with_a_dead_run, World.tell, ends_like=TAGGED),
    Plot("a sweep finds trouble over", with_trouble_that_is_over, sweep, ends_like=TAGGED),
    Plot("a connection is dead", with_a_dead_connection, World.tell, ends_like=TAGGED),
    Plot("a sweep finds a VPC", with_another_vpc, sweep),
    Plot("a client asks", with_a_vpc_without_tag, ask_by_event, ask_by_event, swept=False),
    # That there is a probe now, or that it gave no answer, is for the next run to see.
    Plot("a client has a probe", with_a_probe, World.tell, swept=False),
    Plot("a stranger asks", with_a_stranger, ask_as_a_stranger, ask_as_a_stranger, swept=False),
)
