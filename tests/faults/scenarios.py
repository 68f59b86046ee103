"""
The scenarios in which faults are injected. Together they make every call of every function.

A scenario leads from a setup to an end state. A call that two scenarios make is tried in the first.
"""

from functools import partial
from unittest import mock

from tests.faults import holds, setups, users
from tests.faults.environment import Environment, add_cluster_and_clients, find_vpc
from tests.faults.scenario import Scenario, redriven_in
from tests.faults.setups import SECOND_VPC, UNLISTED
from tests.faults.states import STEPS_BY_FUNCTION, TASKS
from tests.support.aws import OTHER_CLIENT
from tests.support.client_events import request
from tests.support.permission_check import granted


def request_onboarding(environment: Environment) -> None:
    vpc_id = find_vpc(environment.accounts, OTHER_CLIENT, SECOND_VPC)
    environment.deliver("ReceiveEventFunction", request(OTHER_CLIENT, vpc_id=vpc_id))


def request_access(environment: Environment) -> None:
    """Request a topic that the access bounds allow and one that they do not."""
    vpc_id = find_vpc(environment.accounts, OTHER_CLIENT, SECOND_VPC)
    access = {"produce": ["billing.eu", "secrets"]}
    environment.deliver("ReceiveEventFunction", request(OTHER_CLIENT, vpc_id=vpc_id, access=access))


def request_topics(environment: Environment) -> None:
    """Request a topic that is made, one that differs, and one that the bounds do not allow."""
    vpc_id = find_vpc(environment.accounts, OTHER_CLIENT, SECOND_VPC)
    names = ("billing.new", "billing.old", "secrets")
    topics = [{"name": name, "partitions": 3} for name in names]
    environment.deliver("ReceiveEventFunction", request(OTHER_CLIENT, vpc_id=vpc_id, topics=topics))


def request_as_unlisted_account(environment: Environment) -> None:
    environment.deliver("ReceiveEventFunction", request(UNLISTED))


def reconcile_and_freeze_during(operation: str, environment: Environment) -> None:
    holds.freeze_during(operation, environment)
    environment.reconcile()


def sweep(environment: Environment) -> None:
    environment.deliver("SweepClustersFunction", {"id": "1"})


def request_during_run_with_full_history(environment: Environment) -> None:
    """Request a run after another has read the cluster, whose history is full."""
    environment.accounts.meanwhile("GetBootstrapBrokers", environment.request_run)
    with mock.patch("msklink.runs.lease.has_room", return_value=False):
        environment.reconcile()


NOT_IN_EVERY_RUN = {"CreateTopics", "CreateUsers", "RemoveUsers"}
"""Steps that only some requests lead to."""


LEASE_CHECKERS = [
    function
    for function, step in STEPS_BY_FUNCTION.items()
    if step in TASKS.keys() - NOT_IN_EVERY_RUN and "states:DescribeExecution" in granted(function)
]
"""The functions that check whether their run still holds the lease."""

REPAIR_SETTINGS = {
    "REPAIR": "connection,policy,parameters,security-group",
    "REJECT_UNKNOWN_CONNECTIONS": "true",
}

TAGGED = Scenario("a cluster is tagged", add_cluster_and_clients, Environment.reconcile)
TOPICS = Scenario(
    "a client requests topics",
    setups.with_topic_bounds,
    request_topics,
    request_topics,
    sweep_recovers=False,
)
USERS = Scenario(
    "a client requests users",
    users.with_user_bounds,
    users.request_users,
    users.request_users,
    sweep_recovers=False,
    variables=users.ROTATION,
)
USER_REMOVAL = Scenario("a user is removed", users.with_user_removed, Environment.reconcile)
OFFBOARDING = Scenario("a client leaves", setups.with_grace_period_over, Environment.reconcile)
SCENARIOS = (
    TAGGED,
    OFFBOARDING,
    # ---- failed runs
    Scenario(
        "a run has failed", setups.with_dead_run, Environment.report_failed_runs, same_end_as=TAGGED
    ),
    Scenario(
        "a run has failed with newer requests",
        setups.with_newer_request,
        Environment.report_failed_runs,
        same_end_as=TAGGED,
    ),
    Scenario("a sweep finds a dead run", setups.with_dead_run, sweep, same_end_as=TAGGED),
    Scenario(
        "an event finds a dead run", setups.with_dead_run, Environment.reconcile, same_end_as=TAGGED
    ),
    Scenario(
        "a run starts its successor",
        add_cluster_and_clients,
        request_during_run_with_full_history,
        same_end_as=TAGGED,
    ),
    *(redriven_in(name, TAGGED) for name in LEASE_CHECKERS),
    redriven_in("CreateTopicsFunction", TOPICS),
    redriven_in("CreateUsersFunction", USERS),
    redriven_in("RemoveUsersFunction", USER_REMOVAL),
    # ---- changes by clients
    Scenario(
        "a sweep finds a client stack deployed",
        setups.with_client_stack_deployed_late,
        sweep,
        same_end_as=TAGGED,
    ),
    Scenario(
        "a connection has failed",
        setups.with_failed_connection,
        Environment.reconcile,
        same_end_as=TAGGED,
    ),
    Scenario("a sweep finds a VPC", setups.with_another_vpc, sweep),
    Scenario("a tag is removed", setups.with_tag_removed, Environment.reconcile),
    Scenario("a VPC is unsuitable", setups.with_unsuitable_vpc, Environment.reconcile),
    Scenario(
        "MSK refuses a connection", setups.with_connection_refused_by_msk, Environment.reconcile
    ),
    Scenario("the owner is a client", setups.with_client_in_owner_account, Environment.reconcile),
    Scenario(
        "a client requests",
        setups.with_untagged_vpc,
        request_onboarding,
        request_onboarding,
        sweep_recovers=False,
    ),
    Scenario(
        "a client requests access",
        setups.with_access_bounds,
        request_access,
        request_access,
        sweep_recovers=False,
    ),
    TOPICS,
    # ---- users
    USERS,
    USER_REMOVAL,
    Scenario(
        "a removed user is requested again",
        users.with_removed_user,
        users.request_users,
        users.request_users,
        sweep_recovers=False,
    ),
    Scenario("others disassociate a user", users.with_user_disassociated, sweep),
    Scenario(
        "others replace the policy of a user's secret",
        users.with_secret_policy_replaced,
        users.request_users,
        users.request_users,
        sweep_recovers=False,
    ),
    Scenario(
        "the connection of a user is removed",
        users.with_last_scram_connection_removed,
        Environment.reconcile,
    ),
    Scenario(
        "a password is rotated",
        users.with_user,
        users.rotate_password,
        users.rotate_password,
        sweep_recovers=False,
        variables=users.ROTATION,
    ),
    Scenario(
        "passwords are rotated no more",
        users.with_rotation_turned_off,
        users.request_users,
        users.request_users,
        sweep_recovers=False,
    ),
    # Only the next run sees a new probe, or asks one again that gave no answer.
    Scenario(
        "a client has a probe", setups.with_probe, Environment.reconcile, sweep_recovers=False
    ),
    Scenario(
        "an unlisted account requests",
        setups.with_unlisted_account,
        request_as_unlisted_account,
        request_as_unlisted_account,
        sweep_recovers=False,
    ),
    # ---- changes by the owner
    Scenario("no VPC is tagged", setups.with_no_tagged_vpc, Environment.reconcile),
    Scenario(
        "a cluster names an ended operation",
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
    Scenario("no client is listed", setups.with_empty_client_list, Environment.reconcile),
    Scenario("a vendor is listed", setups.with_vendor, Environment.reconcile),
    Scenario(
        "a closed vendor is listed", setups.with_vendor_in_closed_account, Environment.reconcile
    ),
    Scenario("a vendor is removed", setups.with_vendor_grace_period_over, Environment.reconcile),
    Scenario(
        "a cluster with a vendor is opted out",
        setups.with_cluster_opted_out_that_has_a_vendor,
        Environment.reconcile,
    ),
    Scenario("a cluster is opted out", setups.with_cluster_opted_out, Environment.reconcile),
    # The old cluster sends no more events, but needs a run of its own.
    Scenario(
        "a cluster is replaced",
        setups.with_cluster_replaced,
        Environment.reconcile,
        Environment.sweep_until_idle,
    ),
    Scenario("a cluster's record is deleted", setups.with_cluster_offboarded, sweep, sweep),
    Scenario(
        "an unreachable client is removed",
        setups.with_unreachable_client_removed,
        Environment.reconcile,
    ),
    Scenario(
        "an abandoned connection is deleted",
        setups.with_abandoned_connection_deleted,
        Environment.reconcile,
    ),
    # ---- change control
    Scenario(
        "a reboot waits for approval",
        holds.with_approval_required,
        Environment.reconcile,
        kills_every_write=True,
    ),
    Scenario(
        "one of two schemes is approved",
        holds.with_one_scheme_approved,
        Environment.reconcile,
    ),
    Scenario(
        "a reboot is approved",
        holds.with_approval_given,
        Environment.reconcile,
        same_end_as=TAGGED,
        kills_every_write=True,
    ),
    Scenario(
        "a sweep finds a reboot approved", holds.with_approval_given, sweep, same_end_as=TAGGED
    ),
    Scenario(
        "a reboot waits for a window",
        holds.with_window_ahead,
        Environment.reconcile,
        kills_every_write=True,
    ),
    Scenario(
        "a sweep finds a window begun",
        holds.with_window_begun,
        sweep,
        same_end_as=TAGGED,
        kills_every_write=True,
    ),
    Scenario(
        "a freeze holds a removal",
        holds.with_freeze_before_offboarding,
        Environment.reconcile,
        kills_every_write=True,
    ),
    Scenario(
        "a removal goes on after a freeze",
        holds.with_freeze_ended,
        Environment.reconcile,
        same_end_as=OFFBOARDING,
    ),
    Scenario(
        "a freeze begins while MSK reboots",
        add_cluster_and_clients,
        partial(reconcile_and_freeze_during, "UpdateConnectivity"),
    ),
    Scenario(
        "a freeze begins in a removal",
        setups.with_grace_period_over,
        partial(reconcile_and_freeze_during, "DeleteVpcConnection"),
    ),
    Scenario(
        "an onboarding goes on after a freeze",
        holds.with_freeze_ended_that_began_in_a_run,
        Environment.reconcile,
        same_end_as=TAGGED,
    ),
    # ---- changes by others
    Scenario(
        "others change what MSKLink repairs",
        setups.with_external_changes_and_unknown_connection,
        sweep,
        variables=REPAIR_SETTINGS,
    ),
    Scenario(
        "others change what MSKLink does not repair",
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
