"""What there is before a fault strikes."""

from localcloud.msk import MskError, faults
from tests.faults.environment import Environment, add_cluster_and_clients, find_vpc, make_vpc
from tests.support import external_changes
from tests.support.aws import CLIENT, OTHER_CLIENT
from tests.support.client_events import request
from tests.support.functions import OWNER
from tests.support.onboarded_client import FIREHOSE

UNLISTED = "444444444444"
SECOND_VPC = "second VPC"
DAY_SECONDS = 24 * 3600


def onboarded(environment: Environment) -> None:
    add_cluster_and_clients(environment)
    environment.reconcile()


# ------------------------------------------------------------------------------ what clients do


def with_tag_removed(environment: Environment) -> None:
    """No event has told of it."""
    onboarded(environment)
    environment.accounts.untag_vpc(CLIENT, find_vpc(environment.accounts, CLIENT, "VPC"))


def with_grace_period_over(environment: Environment) -> None:
    """A client took the tag off its VPC a day ago."""
    with_tag_removed(environment)
    environment.reconcile()
    environment.accounts.clock.advance(DAY_SECONDS)


def with_another_vpc(environment: Environment) -> None:
    """No event has told of it."""
    onboarded(environment)
    make_vpc(environment.accounts, OTHER_CLIENT, "iam", SECOND_VPC)


def with_untagged_vpc(environment: Environment) -> None:
    onboarded(environment)
    make_vpc(environment.accounts, OTHER_CLIENT, name=SECOND_VPC)


def with_access_bounds(environment: Environment) -> None:
    with_untagged_vpc(environment)
    environment.accounts.allow("default", {"names": ["billing.*"], "actions": ["produce"]})


def with_access(environment: Environment) -> None:
    """A client writes to a topic."""
    with_access_bounds(environment)
    vpc_id = find_vpc(environment.accounts, OTHER_CLIENT, SECOND_VPC)
    access = {"produce": ["billing.eu"]}
    environment.deliver("ReceiveEventFunction", request(OTHER_CLIENT, vpc_id=vpc_id, access=access))


def with_narrowed_access_bounds(environment: Environment) -> None:
    """No event has told of it."""
    with_access(environment)
    environment.accounts.allow("default", {"names": ["sales"], "actions": ["produce"]})


def with_grace_period_over_for_one_of_two(environment: Environment) -> None:
    """The client that has no access took the tag off its VPC a day ago."""
    with_access(environment)
    environment.accounts.untag_vpc(CLIENT, find_vpc(environment.accounts, CLIENT, "VPC"))
    environment.reconcile()
    environment.accounts.clock.advance(DAY_SECONDS)


def with_unsuitable_vpc(environment: Environment) -> None:
    add_cluster_and_clients(environment)
    environment.accounts.client("ec2", CLIENT).modify_vpc_attribute(
        VpcId=find_vpc(environment.accounts, CLIENT, "VPC"), EnableDnsHostnames={"Value": False}
    )


def with_connection_refused_by_msk(environment: Environment) -> None:
    """For a reason that nobody foresaw, and for good."""
    add_cluster_and_clients(environment)
    error = MskError("BadRequestException", "The moon is in the wrong quarter.")
    refused = faults.Fault("CreateVpcConnection", CLIENT, times=None, error=error)
    environment.accounts.msk.faults.add(refused)


def with_ended_operation_described(environment: Environment) -> None:
    add_cluster_and_clients(environment)
    environment.accounts.msk.assume(active_operation="latest")


def with_client_in_owner_account(environment: Environment) -> None:
    add_cluster_and_clients(environment)
    environment.accounts.tag_cluster(
        environment.cluster, msklink__clients=f"{CLIENT} {OTHER_CLIENT} {OWNER}"
    )
    make_vpc(environment.accounts, OWNER, "iam")


def with_probe(environment: Environment) -> None:
    add_cluster_and_clients(environment)
    environment.accounts.deploy_probe(CLIENT, find_vpc(environment.accounts, CLIENT, "VPC"))


def with_unlisted_account(environment: Environment) -> None:
    onboarded(environment)
    environment.accounts.deploy_client(UNLISTED)


# ------------------------------------------------------------------------- what the owner does


def with_no_tagged_vpc(environment: Environment) -> None:
    """The owner opts in and lists clients, none of which has tagged a VPC yet."""
    add_cluster_and_clients(environment)
    for account in (CLIENT, OTHER_CLIENT):
        environment.accounts.untag_vpc(account, find_vpc(environment.accounts, account, "VPC"))


def with_cluster_tag_changed(environment: Environment) -> None:
    """No event has told of it."""
    onboarded(environment)
    environment.accounts.tag_cluster(environment.cluster, msklink__note="reviewed")


def with_empty_client_list(environment: Environment) -> None:
    """The owner took all clients off the list a day ago, and nobody else has a statement."""
    _onboarded_without_foreign_statement(environment)
    environment.accounts.tag_cluster(environment.cluster, msklink__clients="")
    environment.reconcile()
    environment.accounts.clock.advance(DAY_SECONDS)


def with_cluster_opted_out(environment: Environment) -> None:
    """The owner did so a day ago, and nobody else has a statement."""
    _onboarded_without_foreign_statement(environment)
    environment.accounts.tag_cluster(environment.cluster, msklink="off")
    environment.reconcile()
    environment.accounts.clock.advance(DAY_SECONDS)


def with_vendor(environment: Environment) -> None:
    """One account is to connect by itself, of which no event has told."""
    onboarded(environment)
    environment.accounts.tag_cluster(environment.cluster, msklink__vendors=UNLISTED)


def with_vendor_in_closed_account(environment: Environment) -> None:
    with_vendor(environment)
    environment.accounts.msk.close_account(UNLISTED)


def with_vendor_grace_period_over(environment: Environment) -> None:
    """The owner took it off the list a day ago; its connection is still there."""
    with_vendor(environment)
    environment.reconcile()
    external_changes.connect_manually(environment.accounts, environment.cluster, UNLISTED)
    environment.accounts.tag_cluster(environment.cluster, msklink__vendors="")
    environment.reconcile()
    environment.accounts.clock.advance(DAY_SECONDS)


def with_cluster_opted_out_that_has_a_vendor(environment: Environment) -> None:
    """It had no clients any more, and the owner opted it out a day ago."""
    with_empty_client_list(environment)
    environment.reconcile()
    environment.accounts.tag_cluster(environment.cluster, msklink__vendors=UNLISTED)
    environment.reconcile()
    environment.accounts.tag_cluster(environment.cluster, msklink="off")
    environment.reconcile()
    environment.accounts.clock.advance(DAY_SECONDS)


def with_cluster_offboarded(environment: Environment) -> None:
    """The cluster is still among those that a sweep looks at."""
    with_cluster_opted_out(environment)
    environment.reconcile()


def with_unreachable_client_removed(environment: Environment) -> None:
    """It was taken off the list a day ago, and lets nobody into its account any more."""
    onboarded(environment)
    environment.accounts.tag_cluster(environment.cluster, msklink__clients=CLIENT)
    environment.reconcile()
    environment.accounts.blocked.add(OTHER_CLIENT)
    environment.accounts.clock.advance(DAY_SECONDS)


def with_abandoned_connection_deleted(environment: Environment) -> None:
    """The client that is out of reach deleted it."""
    with_unreachable_client_removed(environment)
    environment.reconcile()
    environment.accounts.clock.advance(3600)  # MSK deletes none that it is just rejecting
    external_changes.delete_connections(environment.accounts, OTHER_CLIENT)


def with_cluster_replaced(environment: Environment) -> None:
    """Another was made with its name and tags after it was deleted; no event has told of it."""
    onboarded(environment)
    old = environment.cluster
    kafka = environment.accounts.client("kafka")
    tags = kafka.list_tags_for_resource(ResourceArn=old)["Tags"]
    kafka.delete_cluster(ClusterArn=old)
    environment.accounts.clock.advance(3600)
    environment.cluster = environment.accounts.make_cluster(tags=tags)
    environment.accounts.put_policy(environment.cluster, FIREHOSE)


def _onboarded_without_foreign_statement(environment: Environment) -> None:
    add_cluster_and_clients(environment)
    environment.accounts.client("kafka").delete_cluster_policy(ClusterArn=environment.cluster)
    environment.reconcile()


# ------------------------------------------------------------------------------ what others do


def with_external_changes(environment: Environment) -> None:
    onboarded(environment)
    accounts = environment.accounts
    external_changes.overwrite_bootstrap_servers(accounts, OTHER_CLIENT)
    external_changes.open_security_groups(accounts, CLIENT)
    external_changes.add_to_our_statement(accounts, environment.cluster, UNLISTED)
    external_changes.delete_connections(accounts, CLIENT)


def with_external_changes_and_unknown_connection(environment: Environment) -> None:
    with_external_changes(environment)
    external_changes.add_vendor_statement(environment.accounts, environment.cluster, UNLISTED)
    external_changes.connect_manually(environment.accounts, environment.cluster, UNLISTED)


def with_endpoint_tags_removed(environment: Environment) -> None:
    onboarded(environment)
    external_changes.remove_endpoint_tags(environment.accounts, CLIENT)


def with_scheme_turned_off(environment: Environment) -> None:
    onboarded(environment)
    external_changes.set_private_connectivity(environment.accounts, environment.cluster, on=False)


# ---------------------------------------------------------------------------- what went wrong


def with_dead_run(environment: Environment) -> None:
    add_cluster_and_clients(environment)
    environment.injector.kill_run_in("InspectClusterFunction")
    environment.reconcile()


def with_newer_request(environment: Environment) -> None:
    """Somebody asks while the run looks at the cluster, which is before it dies."""
    add_cluster_and_clients(environment)
    environment.accounts.meanwhile("DescribeClusterV2", environment.request_run)
    environment.injector.kill_run_in("SurveyClientFunction")
    environment.reconcile()


def with_client_stack_deployed_late(environment: Environment) -> None:
    """A client had no stack when its account was looked into."""
    add_cluster_and_clients(environment)
    environment.accounts.remove_client(OTHER_CLIENT)
    environment.reconcile()
    environment.accounts.deploy_client(OTHER_CLIENT)


def with_failed_connection(environment: Environment) -> None:
    """MSK gives one up, which only shows when it is looked at."""
    add_cluster_and_clients(environment)
    environment.accounts.msk.faults.add(
        faults.fails("CreateVpcConnection", "Broken", "it broke", account=OTHER_CLIENT)
    )
    environment.reconcile()
