"""
What happens while a fault strikes: together the plots make every function make its calls.

A plot leads from a prepared world to an end state. A call that two plots make is tried in the
first of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from unittest import mock

from tests.faults import setups
from tests.faults.environment import Environment, add_cluster_and_clients, find_vpc
from tests.faults.setups import SECOND_VPC, UNLISTED
from tests.faults.states import STEPS_BY_FUNCTION, TASKS, function_of
from tests.support.aws import OTHER_CLIENT
from tests.support.client_events import request
from tests.support.permission_check import granted


@dataclass(frozen=True, eq=False)
class Scenario:
    name: str
    prepare: Callable[[Environment], None]
    act: Callable[[Environment], None]
    repeat: Callable[[Environment], None] = Environment.reconcile
    """What makes MSKLink look again, beside the sweep."""
    sweep_recovers: bool = True
    """Whether the sweep alone repairs what went wrong; it does not know what an event carried."""
    same_end_as: "Scenario | None" = None
    """The plot without this trouble, where it is to come to the same end."""
    steps: Mapping[str, str] = field(default_factory=lambda: STEPS_BY_FUNCTION)
    """The step that each function is here; what other functions do is not tried."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """What the owner has set in the stack's parameters, as functions see it."""


def request_onboarding(environment: Environment) -> None:
    vpc_id = find_vpc(environment.accounts, OTHER_CLIENT, SECOND_VPC)
    environment.deliver("ReceiveEventFunction", request(OTHER_CLIENT, vpc_id=vpc_id))


def request_access(environment: Environment) -> None:
    """More than the owner allows, and something that it allows."""
    vpc_id = find_vpc(environment.accounts, OTHER_CLIENT, SECOND_VPC)
    access = {"produce": ["billing.eu", "secrets"]}
    environment.deliver("ReceiveEventFunction", request(OTHER_CLIENT, vpc_id=vpc_id, access=access))


def request_as_unlisted_account(environment: Environment) -> None:
    environment.deliver("ReceiveEventFunction", request(UNLISTED))


def sweep(environment: Environment) -> None:
    environment.deliver("SweepClustersFunction", {"id": "1"})


def with_failing_task(task: str, catcher: str, scenario: Scenario) -> Scenario:
    """The state *task* fails for one client as nobody foresaw, which leads to *catcher*."""

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


def request_during_run_with_full_history(environment: Environment) -> None:
    """Somebody asks after it has looked at the cluster, and its history has room for no more."""
    environment.accounts.meanwhile("GetBootstrapBrokers", environment.request_run)
    with mock.patch("msklink.runs.lease.has_room", return_value=False):
        environment.reconcile()


def redriven_in(function: str) -> Scenario:
    """A run that died in *function* goes on there, having lost its lease."""

    def prepare(environment: Environment) -> None:
        add_cluster_and_clients(environment)
        environment.injector.kill_run_in(function)
        environment.reconcile()
        environment.report_failed_runs()

    return Scenario(
        f"a run is redriven in {function}", prepare, Environment.redrive, same_end_as=TAGGED
    )


LEASE_CHECKERS = [
    function
    for function, step in STEPS_BY_FUNCTION.items()
    if step in TASKS and "states:DescribeExecution" in granted(function)
]
"""The functions that look whether their run has the lease still, which only then makes a call."""

REPAIR_SETTINGS = {
    "REPAIR": "connection,policy,parameters,security-group",
    "REJECT_UNKNOWN_CONNECTIONS": "true",
}

TAGGED = Scenario("a cluster is tagged", add_cluster_and_clients, Environment.reconcile)
LEAVING = Scenario("a client leaves", setups.with_grace_period_over, Environment.reconcile)
SCENARIOS = (
    TAGGED,
    LEAVING,
    # ---- what goes wrong in runs
    Scenario(
        "a run has failed", setups.with_dead_run, Environment.report_failed_runs, same_end_as=TAGGED
    ),
    Scenario(
        "a dead run missed something",
        setups.with_newer_request,
        Environment.report_failed_runs,
        same_end_as=TAGGED,
    ),
    Scenario("a sweep finds a dead run", setups.with_dead_run, sweep, same_end_as=TAGGED),
    Scenario(
        "an event finds a dead run", setups.with_dead_run, Environment.reconcile, same_end_as=TAGGED
    ),
    Scenario(
        "a run hands on",
        add_cluster_and_clients,
        request_during_run_with_full_history,
        same_end_as=TAGGED,
    ),
    *(redriven_in(name) for name in LEASE_CHECKERS),
    # ---- what clients do
    Scenario(
        "a sweep finds trouble over",
        setups.with_client_stack_deployed_late,
        sweep,
        same_end_as=TAGGED,
    ),
    Scenario(
        "a connection is dead",
        setups.with_failed_connection,
        Environment.reconcile,
        same_end_as=TAGGED,
    ),
    Scenario("a sweep finds a VPC", setups.with_another_vpc, sweep),
    Scenario("a tag is taken off", setups.with_tag_removed, Environment.reconcile),
    Scenario("a VPC does not do", setups.with_unsuitable_vpc, Environment.reconcile),
    Scenario(
        "MSK refuses a connection", setups.with_connection_refused_by_msk, Environment.reconcile
    ),
    Scenario("the owner is a client", setups.with_client_in_owner_account, Environment.reconcile),
    Scenario(
        "a client asks",
        setups.with_untagged_vpc,
        request_onboarding,
        request_onboarding,
        sweep_recovers=False,
    ),
    Scenario(
        "a client asks for access",
        setups.with_access_bounds,
        request_access,
        request_access,
        sweep_recovers=False,
    ),
    # That there is a probe now, or that it gave no answer, is for the next run to see.
    Scenario(
        "a client has a probe", setups.with_probe, Environment.reconcile, sweep_recovers=False
    ),
    Scenario(
        "a stranger asks",
        setups.with_unlisted_account,
        request_as_unlisted_account,
        request_as_unlisted_account,
        sweep_recovers=False,
    ),
    # ---- what the owner does
    Scenario("nobody asks yet", setups.with_no_tagged_vpc, Environment.reconcile),
    Scenario(
        "a cluster names old operations",
        setups.with_ended_operation_described,
        Environment.reconcile,
        same_end_as=TAGGED,
    ),
    Scenario("bounds of access shrink", setups.with_narrowed_access_bounds, sweep),
    Scenario(
        "one of two with access leaves",
        setups.with_grace_period_over_for_one_of_two,
        Environment.reconcile,
    ),
    Scenario("a sweep finds the cluster changed", setups.with_cluster_tag_changed, sweep),
    Scenario("nobody is listed", setups.with_empty_client_list, Environment.reconcile),
    Scenario("a vendor is listed", setups.with_vendor, Environment.reconcile),
    Scenario(
        "a closed vendor is listed", setups.with_vendor_in_closed_account, Environment.reconcile
    ),
    Scenario("a vendor's time is up", setups.with_vendor_grace_period_over, Environment.reconcile),
    Scenario(
        "a cluster with a vendor is opted out",
        setups.with_cluster_opted_out_that_has_a_vendor,
        Environment.reconcile,
    ),
    Scenario("a cluster is opted out", setups.with_cluster_opted_out, Environment.reconcile),
    # No event comes of the one that is gone, to which a run belongs as well.
    Scenario(
        "a cluster is replaced",
        setups.with_cluster_replaced,
        Environment.reconcile,
        Environment.sweep_until_idle,
    ),
    Scenario("a cluster is forgotten", setups.with_cluster_offboarded, sweep, sweep),
    Scenario(
        "a client out of reach leaves",
        setups.with_unreachable_client_removed,
        Environment.reconcile,
    ),
    Scenario(
        "it deleted its connection", setups.with_abandoned_connection_deleted, Environment.reconcile
    ),
    # ---- what others do
    Scenario(
        "others change things",
        setups.with_external_changes_and_unknown_connection,
        sweep,
        variables=REPAIR_SETTINGS,
    ),
    Scenario(
        "others change what is left to them",
        setups.with_external_changes,
        sweep,
        variables={"REPAIR": ""},
    ),
    Scenario(
        "a scheme is turned on again",
        setups.with_scheme_turned_off,
        sweep,
        variables={"REPAIR": "connection,connectivity"},
    ),
    Scenario("endpoints lose their tags", setups.with_endpoint_tags_removed, sweep, sweep),
    Scenario("a scheme stays off", setups.with_scheme_turned_off, sweep),
)
