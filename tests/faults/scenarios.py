"""
What happens while a fault strikes: together the plots make every function make its calls.

A plot leads from a prepared world to an end state. A call that two plots make is tried in the
first of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from unittest import mock

from tests.faults import setups
from tests.faults.environment import World, find_vpc, furnish
from tests.faults.setups import SECOND, STRANGER
from tests.faults.states import ON_THE_WAY, TASKS, function_of
from tests.support.aws import OTHER_CLIENT
from tests.support.client_events import request
from tests.support.permission_check import granted


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
    environment: Mapping[str, str] = field(default_factory=dict)
    """What the owner has set in the stack's parameters, as functions see it."""


def ask_by_event(world: World) -> None:
    vpc_id = find_vpc(world.accounts, OTHER_CLIENT, SECOND)
    world.deliver("ReceiveEventFunction", request(OTHER_CLIENT, vpc_id=vpc_id))


def ask_for_access(world: World) -> None:
    """More than the owner allows, and something that it allows."""
    vpc_id = find_vpc(world.accounts, OTHER_CLIENT, SECOND)
    access = {"produce": ["billing.eu", "secrets"]}
    world.deliver("ReceiveEventFunction", request(OTHER_CLIENT, vpc_id=vpc_id, access=access))


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


def ask_while_a_full_run_is_at_work(world: World) -> None:
    """Somebody asks after it has looked at the cluster, and its history has room for no more."""
    world.accounts.meanwhile("GetBootstrapBrokers", world.ask)
    with mock.patch("msklink.runs.lease.has_room", return_value=False):
        world.tell()


def redriven_at(function: str) -> Plot:
    """A run that died in *function* goes on there, having lost its lease."""

    def prepare(world: World) -> None:
        furnish(world)
        world.seam.kill_at(function)
        world.tell()
        world.bury()

    return Plot(f"a run is redriven in {function}", prepare, World.redrive, ends_like=TAGGED)


KEEPERS = [
    function
    for function, step in ON_THE_WAY.items()
    if step in TASKS and "states:DescribeExecution" in granted(function)
]
"""The functions that look whether their run has the lease still, which only then makes a call."""

REPAIRING = {
    "REPAIR": "connection,policy,parameters,security-group",
    "REJECT_UNKNOWN_CONNECTIONS": "true",
}

TAGGED = Plot("a cluster is tagged", furnish, World.tell)
LEAVING = Plot("a client leaves", setups.with_time_that_is_up, World.tell)
PLOTS = (
    TAGGED,
    LEAVING,
    # ---- what goes wrong in runs
    Plot("a run has failed", setups.with_a_dead_run, World.bury, ends_like=TAGGED),
    Plot(
        "a dead run missed something",
        setups.with_a_newer_request,
        World.bury,
        ends_like=TAGGED,
    ),
    Plot("a sweep finds a dead run", setups.with_a_dead_run, sweep, ends_like=TAGGED),
    Plot("an event finds a dead run", setups.with_a_dead_run, World.tell, ends_like=TAGGED),
    Plot("a run hands on", furnish, ask_while_a_full_run_is_at_work, ends_like=TAGGED),
    *(redriven_at(name) for name in KEEPERS),
    # ---- what clients do
    Plot(
        "a sweep finds trouble over",
        setups.with_trouble_that_is_over,
        sweep,
        ends_like=TAGGED,
    ),
    Plot("a connection is dead", setups.with_a_dead_connection, World.tell, ends_like=TAGGED),
    Plot("a sweep finds a VPC", setups.with_another_vpc, sweep),
    Plot("a tag is taken off", setups.with_a_tag_taken_off, World.tell),
    Plot("a VPC does not do", setups.with_a_vpc_that_does_not_do, World.tell),
    Plot("MSK refuses a connection", setups.with_a_connection_that_msk_refuses, World.tell),
    Plot("the owner is a client", setups.with_a_client_in_the_owners_account, World.tell),
    Plot(
        "a client asks",
        setups.with_a_vpc_without_tag,
        ask_by_event,
        ask_by_event,
        swept=False,
    ),
    Plot(
        "a client asks for access",
        setups.with_bounds_of_access,
        ask_for_access,
        ask_for_access,
        swept=False,
    ),
    # That there is a probe now, or that it gave no answer, is for the next run to see.
    Plot("a client has a probe", setups.with_a_probe, World.tell, swept=False),
    Plot(
        "a stranger asks",
        setups.with_a_stranger,
        ask_as_a_stranger,
        ask_as_a_stranger,
        swept=False,
    ),
    # ---- what the owner does
    Plot("nobody asks yet", setups.with_nobody_who_asks, World.tell),
    Plot(
        "a cluster names old operations",
        setups.with_a_cluster_that_names_old_operations,
        World.tell,
        ends_like=TAGGED,
    ),
    Plot("bounds of access shrink", setups.with_bounds_that_shrank, sweep),
    Plot("one of two with access leaves", setups.with_time_up_for_one_of_two, World.tell),
    Plot("a sweep finds the cluster changed", setups.with_a_cluster_tagged, sweep),
    Plot("nobody is listed", setups.with_nobody_listed, World.tell),
    Plot("a vendor is listed", setups.with_a_vendor, World.tell),
    Plot("a closed vendor is listed", setups.with_a_vendor_whose_account_is_closed, World.tell),
    Plot("a vendor's time is up", setups.with_a_vendor_whose_time_is_up, World.tell),
    Plot(
        "a cluster with a vendor is opted out",
        setups.with_a_vendor_of_a_cluster_that_is_opted_out,
        World.tell,
    ),
    Plot("a cluster is opted out", setups.with_a_cluster_that_is_opted_out, World.tell),
    # No event comes of the one that is gone, to which a run belongs as well.
    Plot(
        "a cluster is replaced",
        setups.with_a_cluster_that_is_replaced,
        World.tell,
        World.sweep_until_quiet,
    ),
    Plot("a cluster is forgotten", setups.with_nothing_left, sweep, sweep),
    Plot(
        "a client out of reach leaves",
        setups.with_a_client_that_left_and_is_out_of_reach,
        World.tell,
    ),
    Plot("it deleted its connection", setups.with_an_abandoned_connection_gone, World.tell),
    # ---- what others do
    Plot(
        "others change things",
        setups.with_changes_and_a_stranger,
        sweep,
        environment=REPAIRING,
    ),
    Plot(
        "others change what is left to them",
        setups.with_changes_of_others,
        sweep,
        environment={"REPAIR": ""},
    ),
    Plot(
        "a scheme is turned on again",
        setups.with_a_scheme_turned_off,
        sweep,
        environment={"REPAIR": "connection,connectivity"},
    ),
    Plot("endpoints lose their tags", setups.with_endpoints_without_tags, sweep, sweep),
    Plot("a scheme stays off", setups.with_a_scheme_turned_off, sweep),
)
