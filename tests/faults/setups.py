"""Set up what exists before a fault is injected: one function for each starting point."""

from localcloud.msk import MskError, faults
from tests.faults.environment import Environment, add_cluster_and_clients, find_vpc, make_vpc
from tests.support import external_changes
from tests.support.aws import CLIENT, OTHER_CLIENT
from tests.support.client_events import request
from tests.support.functions import OWNER
from tests.support.onboarded_client import FIREHOSE

UNLISTED = "444444444444"
TOPIC_LAG_SECONDS = 120
"""After this time MSK shows a new topic."""

SECOND_VPC = "second VPC"
DAY_SECONDS = 24 * 3600


def onboarded(environment: Environment) -> None:
    """Onboard both clients."""
    add_cluster_and_clients(environment)
    environment.reconcile()


# ---------------------------------------------------------------------------- changes by clients


def with_tag_removed(environment: Environment) -> None:
    """Remove the tag of a client's VPC; its event was lost."""
    onboarded(environment)
    environment.accounts.untag_vpc(CLIENT, find_vpc(environment.accounts, CLIENT, "VPC"))


def with_grace_period_over(environment: Environment) -> None:
    """Remove the tag of a client's VPC, and let the grace period pass."""
    with_tag_removed(environment)
    environment.reconcile()
    environment.accounts.clock.advance(DAY_SECONDS)


def with_another_vpc(environment: Environment) -> None:
    """Add a tagged VPC; its event was lost."""
    onboarded(environment)
    make_vpc(environment.accounts, OTHER_CLIENT, "iam", SECOND_VPC)


def with_untagged_vpc(environment: Environment) -> None:
    onboarded(environment)
    make_vpc(environment.accounts, OTHER_CLIENT, name=SECOND_VPC)


def with_access_bounds(environment: Environment) -> None:
    with_untagged_vpc(environment)
    environment.accounts.allow("default", {"names": ["billing.*"], "actions": ["produce"]})


def with_topic_bounds(environment: Environment) -> None:
    """Allow topics, of which the owner has made one with more partitions."""
    with_untagged_vpc(environment)
    bounds = {
        "names": ["billing.*"],
        "actions": ["produce", "consume"],
        "topics": {"partitions": 3},
    }
    environment.accounts.allow("default", bounds)
    environment.accounts.client("kafka").create_topic(
        ClusterArn=environment.cluster,
        TopicName="billing.old",
        PartitionCount=5,
        ReplicationFactor=3,
    )
    environment.accounts.clock.advance(TOPIC_LAG_SECONDS)


def with_access(environment: Environment) -> None:
    """Grant a client access to produce to a topic."""
    with_access_bounds(environment)
    vpc_id = find_vpc(environment.accounts, OTHER_CLIENT, SECOND_VPC)
    access = {"produce": ["billing.eu"]}
    environment.deliver("ReceiveEventFunction", request(OTHER_CLIENT, vpc_id=vpc_id, access=access))


def with_narrowed_access_bounds(environment: Environment) -> None:
    """Narrow the owner's access bounds; its event was lost."""
    with_access(environment)
    environment.accounts.allow("default", {"names": ["sales"], "actions": ["produce"]})


def with_grace_period_over_for_one_of_two(environment: Environment) -> None:
    """Remove the tag of the client without access, and let the grace period pass."""
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
    """Let MSK always refuse the connection, with an error that MSKLink does not know."""
    add_cluster_and_clients(environment)
    error = MskError("BadRequestException", "An error that MSKLink does not know.")
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


# -------------------------------------------------------------------------- changes by the owner


def with_no_tagged_vpc(environment: Environment) -> None:
    """Opt in and list clients of which none has tagged a VPC."""
    add_cluster_and_clients(environment)
    for account in (CLIENT, OTHER_CLIENT):
        environment.accounts.untag_vpc(account, find_vpc(environment.accounts, account, "VPC"))


def with_cluster_tag_changed(environment: Environment) -> None:
    """Add a tag to the cluster; its event was lost."""
    onboarded(environment)
    environment.accounts.tag_cluster(environment.cluster, msklink__note="reviewed")


def with_empty_client_list(environment: Environment) -> None:
    """Remove all clients from the list, and let the grace period pass; no foreign statement."""
    _onboarded_without_foreign_statement(environment)
    environment.accounts.tag_cluster(environment.cluster, msklink__clients="")
    environment.reconcile()
    environment.accounts.clock.advance(DAY_SECONDS)


def with_cluster_opted_out(environment: Environment) -> None:
    """Opt the cluster out, and let the grace period pass; the policy has no foreign statement."""
    _onboarded_without_foreign_statement(environment)
    environment.accounts.tag_cluster(environment.cluster, msklink="off")
    environment.reconcile()
    environment.accounts.clock.advance(DAY_SECONDS)


def with_vendor(environment: Environment) -> None:
    """List a vendor account, which connects without MSKLink; the tag event was lost."""
    onboarded(environment)
    environment.accounts.tag_cluster(environment.cluster, msklink__vendors=UNLISTED)


def with_vendor_in_closed_account(environment: Environment) -> None:
    with_vendor(environment)
    environment.accounts.msk.close_account(UNLISTED)


def with_vendor_grace_period_over(environment: Environment) -> None:
    """Remove a vendor from the list, and let the grace period pass; its connection still exists."""
    with_vendor(environment)
    environment.reconcile()
    external_changes.connect_manually(environment.accounts, environment.cluster, UNLISTED)
    environment.accounts.tag_cluster(environment.cluster, msklink__vendors="")
    environment.reconcile()
    environment.accounts.clock.advance(DAY_SECONDS)


def with_cluster_opted_out_that_has_a_vendor(environment: Environment) -> None:
    """Opt out a cluster with a vendor and without clients, and let the grace period pass."""
    with_empty_client_list(environment)
    environment.reconcile()
    environment.accounts.tag_cluster(environment.cluster, msklink__vendors=UNLISTED)
    environment.reconcile()
    environment.accounts.tag_cluster(environment.cluster, msklink="off")
    environment.reconcile()
    environment.accounts.clock.advance(DAY_SECONDS)


def with_cluster_offboarded(environment: Environment) -> None:
    """Remove all of a cluster but its record, which the sweep still reads."""
    with_cluster_opted_out(environment)
    environment.reconcile()


def with_unreachable_client_removed(environment: Environment) -> None:
    """Remove a client that can no longer be reached, and let the grace period pass."""
    onboarded(environment)
    environment.accounts.tag_cluster(environment.cluster, msklink__clients=CLIENT)
    environment.reconcile()
    environment.accounts.blocked.add(OTHER_CLIENT)
    environment.accounts.clock.advance(DAY_SECONDS)


def with_abandoned_connection_deleted(environment: Environment) -> None:
    """Delete the abandoned connection, as the unreachable client would."""
    with_unreachable_client_removed(environment)
    environment.reconcile()
    environment.accounts.clock.advance(3600)  # MSK deletes no connection that is REJECTING
    external_changes.delete_connections(environment.accounts, OTHER_CLIENT)


def with_cluster_replaced(environment: Environment) -> None:
    """Delete the cluster and create one with its name and tags; the events were lost."""
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


# ------------------------------------------------------------------------- changes by others


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


# ------------------------------------------------------------------------------ earlier failures


def with_dead_run(environment: Environment) -> None:
    add_cluster_and_clients(environment)
    environment.injector.kill_run_in("InspectClusterFunction")
    environment.reconcile()


def with_newer_request(environment: Environment) -> None:
    """Request a run while another reads the cluster, and let that one die later."""
    add_cluster_and_clients(environment)
    environment.accounts.meanwhile("DescribeClusterV2", environment.request_run)
    environment.injector.kill_run_in("SurveyClientFunction")
    environment.reconcile()


def with_client_stack_deployed_late(environment: Environment) -> None:
    """Run while a client has no stack, and deploy the stack afterwards."""
    add_cluster_and_clients(environment)
    environment.accounts.remove_client(OTHER_CLIENT)
    environment.reconcile()
    environment.accounts.deploy_client(OTHER_CLIENT)


def with_failed_connection(environment: Environment) -> None:
    """Let a connection fail in MSK, which sends no event about it."""
    add_cluster_and_clients(environment)
    environment.accounts.msk.faults.add(
        faults.fails("CreateVpcConnection", "Broken", "it broke", account=OTHER_CLIENT)
    )
    environment.reconcile()
