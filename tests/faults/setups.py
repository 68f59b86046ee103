"""What there is before a fault strikes."""

from localcloud.msk import MskError, faults
from tests.faults.environment import World, find_vpc, furnish, make_vpc
from tests.support import external_changes
from tests.support.aws import CLIENT, OTHER_CLIENT
from tests.support.client_events import request
from tests.support.functions import OWNER
from tests.support.onboarded_client import FIREHOSE

STRANGER = "444444444444"
SECOND = "second VPC"
A_DAY = 24 * 3600


def served(world: World) -> None:
    furnish(world)
    world.tell()


# ------------------------------------------------------------------------------ what clients do


def with_a_tag_taken_off(world: World) -> None:
    """No event has told of it."""
    served(world)
    world.accounts.untag_vpc(CLIENT, find_vpc(world.accounts, CLIENT, "VPC"))


def with_time_that_is_up(world: World) -> None:
    """A client took the tag off its VPC a day ago."""
    with_a_tag_taken_off(world)
    world.tell()
    world.accounts.clock.advance(A_DAY)


def with_another_vpc(world: World) -> None:
    """No event has told of it."""
    served(world)
    make_vpc(world.accounts, OTHER_CLIENT, "iam", SECOND)


def with_a_vpc_without_tag(world: World) -> None:
    served(world)
    make_vpc(world.accounts, OTHER_CLIENT, name=SECOND)


def with_bounds_of_access(world: World) -> None:
    with_a_vpc_without_tag(world)
    world.accounts.allow("default", {"names": ["billing.*"], "actions": ["produce"]})


def with_access(world: World) -> None:
    """A client writes to a topic."""
    with_bounds_of_access(world)
    vpc_id = find_vpc(world.accounts, OTHER_CLIENT, SECOND)
    access = {"produce": ["billing.eu"]}
    world.deliver("ReceiveEventFunction", request(OTHER_CLIENT, vpc_id=vpc_id, access=access))


def with_bounds_that_shrank(world: World) -> None:
    """No event has told of it."""
    with_access(world)
    world.accounts.allow("default", {"names": ["sales"], "actions": ["produce"]})


def with_time_up_for_one_of_two(world: World) -> None:
    """The client that has no access took the tag off its VPC a day ago."""
    with_access(world)
    world.accounts.untag_vpc(CLIENT, find_vpc(world.accounts, CLIENT, "VPC"))
    world.tell()
    world.accounts.clock.advance(A_DAY)


def with_a_vpc_that_does_not_do(world: World) -> None:
    furnish(world)
    world.accounts.client("ec2", CLIENT).modify_vpc_attribute(
        VpcId=find_vpc(world.accounts, CLIENT, "VPC"), EnableDnsHostnames={"Value": False}
    )


def with_a_connection_that_msk_refuses(world: World) -> None:
    """For a reason that nobody foresaw, and for good."""
    furnish(world)
    error = MskError("BadRequestException", "The moon is in the wrong quarter.")
    refused = faults.Fault("CreateVpcConnection", CLIENT, times=None, error=error)
    world.accounts.msk.faults.add(refused)


def with_a_cluster_that_names_old_operations(world: World) -> None:
    furnish(world)
    world.accounts.msk.assume(active_operation="latest")


def with_a_client_in_the_owners_account(world: World) -> None:
    furnish(world)
    world.accounts.tag_cluster(world.cluster, msklink__clients=f"{CLIENT} {OTHER_CLIENT} {OWNER}")
    make_vpc(world.accounts, OWNER, "iam")


def with_a_probe(world: World) -> None:
    furnish(world)
    world.accounts.deploy_probe(CLIENT, find_vpc(world.accounts, CLIENT, "VPC"))


def with_a_stranger(world: World) -> None:
    served(world)
    world.accounts.deploy_client(STRANGER)


# ------------------------------------------------------------------------- what the owner does


def with_nobody_who_asks(world: World) -> None:
    """The owner opts in and lists clients, none of which has tagged a VPC yet."""
    furnish(world)
    for account in (CLIENT, OTHER_CLIENT):
        world.accounts.untag_vpc(account, find_vpc(world.accounts, account, "VPC"))


def with_a_cluster_tagged(world: World) -> None:
    """No event has told of it."""
    served(world)
    world.accounts.tag_cluster(world.cluster, msklink__note="reviewed")


def with_nobody_listed(world: World) -> None:
    """The owner took all clients off the list a day ago, and nobody else has a statement."""
    _served_alone(world)
    world.accounts.tag_cluster(world.cluster, msklink__clients="")
    world.tell()
    world.accounts.clock.advance(A_DAY)


def with_a_cluster_that_is_opted_out(world: World) -> None:
    """The owner did so a day ago, and nobody else has a statement."""
    _served_alone(world)
    world.accounts.tag_cluster(world.cluster, msklink="off")
    world.tell()
    world.accounts.clock.advance(A_DAY)


def with_a_vendor(world: World) -> None:
    """One account is to connect by itself, of which no event has told."""
    served(world)
    world.accounts.tag_cluster(world.cluster, msklink__vendors=STRANGER)


def with_a_vendor_whose_account_is_closed(world: World) -> None:
    with_a_vendor(world)
    world.accounts.msk.close_account(STRANGER)


def with_a_vendor_whose_time_is_up(world: World) -> None:
    """The owner took it off the list a day ago; its connection is still there."""
    with_a_vendor(world)
    world.tell()
    external_changes.connect_by_hand(world.accounts, world.cluster, STRANGER)
    world.accounts.tag_cluster(world.cluster, msklink__vendors="")
    world.tell()
    world.accounts.clock.advance(A_DAY)


def with_a_vendor_of_a_cluster_that_is_opted_out(world: World) -> None:
    """It had no clients any more, and the owner opted it out a day ago."""
    with_nobody_listed(world)
    world.tell()
    world.accounts.tag_cluster(world.cluster, msklink__vendors=STRANGER)
    world.tell()
    world.accounts.tag_cluster(world.cluster, msklink="off")
    world.tell()
    world.accounts.clock.advance(A_DAY)


def with_nothing_left(world: World) -> None:
    """The cluster is still among those that a sweep looks at."""
    with_a_cluster_that_is_opted_out(world)
    world.tell()


def with_a_client_that_left_and_is_out_of_reach(world: World) -> None:
    """It was taken off the list a day ago, and lets nobody into its account any more."""
    served(world)
    world.accounts.tag_cluster(world.cluster, msklink__clients=CLIENT)
    world.tell()
    world.accounts.blocked.add(OTHER_CLIENT)
    world.accounts.clock.advance(A_DAY)


def with_an_abandoned_connection_gone(world: World) -> None:
    """The client that is out of reach deleted it."""
    with_a_client_that_left_and_is_out_of_reach(world)
    world.tell()
    world.accounts.clock.advance(3600)  # MSK deletes none that it is just rejecting
    external_changes.delete_connections(world.accounts, OTHER_CLIENT)


def with_a_cluster_that_is_replaced(world: World) -> None:
    """Another was made with its name and tags after it was deleted; no event has told of it."""
    served(world)
    old = world.cluster
    kafka = world.accounts.client("kafka")
    tags = kafka.list_tags_for_resource(ResourceArn=old)["Tags"]
    kafka.delete_cluster(ClusterArn=old)
    world.accounts.clock.advance(3600)
    world.cluster = world.accounts.make_cluster(tags=tags)
    world.accounts.put_policy(world.cluster, FIREHOSE)


def _served_alone(world: World) -> None:
    furnish(world)
    world.accounts.client("kafka").delete_cluster_policy(ClusterArn=world.cluster)
    world.tell()


# ------------------------------------------------------------------------------ what others do


def with_changes_of_others(world: World) -> None:
    served(world)
    accounts = world.accounts
    external_changes.change_servers(accounts, OTHER_CLIENT)
    external_changes.open_groups(accounts, CLIENT)
    external_changes.let_in(accounts, world.cluster, STRANGER)
    external_changes.delete_connections(accounts, CLIENT)


def with_changes_and_a_stranger(world: World) -> None:
    with_changes_of_others(world)
    external_changes.let_in_beside(world.accounts, world.cluster, STRANGER)
    external_changes.connect_by_hand(world.accounts, world.cluster, STRANGER)


def with_endpoints_without_tags(world: World) -> None:
    served(world)
    external_changes.strip_endpoints(world.accounts, CLIENT)


def with_a_scheme_turned_off(world: World) -> None:
    served(world)
    external_changes.turn(world.accounts, world.cluster, on=False)


# ---------------------------------------------------------------------------- what went wrong


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


def with_trouble_that_is_over(world: World) -> None:
    """A client had no stack when its account was looked into."""
    furnish(world)
    world.accounts.remove_client(OTHER_CLIENT)
    world.tell()
    world.accounts.deploy_client(OTHER_CLIENT)


def with_a_dead_connection(world: World) -> None:
    """MSK gives one up, which only shows when it is looked at."""
    furnish(world)
    world.accounts.msk.faults.add(
        faults.fails("CreateVpcConnection", "Broken", "it broke", account=OTHER_CLIENT)
    )
    world.tell()
