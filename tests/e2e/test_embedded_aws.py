"""The embedded AWS denies what AWS denies: otherwise these tests prove nothing on permissions."""

import json
from collections import deque
from collections.abc import Iterator
from typing import Any

import pytest

from localcloud.build import built_template
from localcloud.cloud import Cloud
from localcloud.demo.observer import Observer
from localcloud.deploy import deploy_owner
from localcloud.settings import OWNER
from tests.e2e.deployed_cluster import CLIENT, create_cluster
from tests.e2e.queues import Queue, temporary_queue

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]


# ---------------------------------------------------------------------------------------- the bus


def test_only_client_accounts_may_put_events_on_the_bus(cloud: Cloud) -> None:
    entry = {
        "Source": "a.team",
        "DetailType": "Nothing We Know",
        "Detail": "{}",
        "EventBusName": cloud.deployed.bus_arn,
    }

    admitted = cloud.client("events", cloud.clients[0]).put_events(Entries=[entry])
    stranger = cloud.client("events", "999999999999").put_events(Entries=[entry])

    assert admitted["FailedEntryCount"] == 0
    assert stranger["Entries"][0]["ErrorCode"] == "AccessDeniedException"


def test_an_account_can_be_admitted_by_put_permission(cloud: Cloud) -> None:
    owner, bus = cloud.client("events", cloud.owner), cloud.deployed.bus_arn
    entry = {"Source": "a", "DetailType": "b", "Detail": "{}", "EventBusName": bus}
    name, account = bus.rpartition("/")[2], "888888888888"

    owner.put_permission(
        EventBusName=name, Action="events:PutEvents", Principal=account, StatementId="ByHand"
    )
    admitted = cloud.client("events", account).put_events(Entries=[entry])
    owner.remove_permission(EventBusName=name, StatementId="ByHand")
    refused = cloud.client("events", account).put_events(Entries=[entry])

    assert admitted["FailedEntryCount"] == 0
    assert refused["FailedEntryCount"] == 1


def test_put_events_refuses_events_of_aws(cloud: Cloud) -> None:
    forged = {"Source": "aws.tag", "DetailType": "Tag Change on Resource", "Detail": "{}"}

    for bus in ("default", cloud.deployed.bus_arn):
        answer = cloud.client("events", cloud.clients[0]).put_events(
            Entries=[{**forged, "EventBusName": bus}]
        )
        assert answer["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"


@pytest.fixture
def topic(cloud: Cloud) -> Iterator[tuple[str, Queue, Queue]]:
    """Create a topic with a rule; return it with its queue and the dead-letter queue."""
    events, sns = cloud.client("events", cloud.owner), cloud.client("sns", cloud.owner)
    made: str = sns.create_topic(Name="judged")["TopicArn"]
    with temporary_queue(cloud, "judged") as delivered, temporary_queue(cloud, "dead") as dead:
        sns.subscribe(TopicArn=made, Protocol="sqs", Endpoint=delivered.arn)
        events.put_rule(Name="judged", EventPattern='{"source": ["judged"]}')
        target = {"Id": "1", "Arn": made, "DeadLetterConfig": {"Arn": dead.arn}}
        events.put_targets(Rule="judged", Targets=[target])
        yield made, delivered, dead
        events.remove_targets(Rule="judged", Ids=["1"])
        events.delete_rule(Name="judged")
        sns.delete_topic(TopicArn=made)


@pytest.mark.parametrize("condition", [{}, {"StringEquals": {"aws:SourceAccount": OWNER}}])
def test_a_topic_admits_eventbridge_by_a_statement_without_condition_only(
    cloud: Cloud, topic: tuple[str, Queue, Queue], condition: dict[str, Any]
) -> None:
    """EventBridge user guide: no Condition blocks in topic policies for EventBridge."""
    arn, delivered, dead = topic
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": arn,
        **({"Condition": condition} if condition else {}),
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    cloud.client("sns", cloud.owner).set_topic_attributes(
        TopicArn=arn, AttributeName="Policy", AttributeValue=policy
    )

    cloud.client("events", cloud.owner).put_events(
        Entries=[{"Source": "judged", "DetailType": "a", "Detail": "{}"}]
    )

    cloud.until(lambda: delivered.bodies() or dead.bodies())
    assert (len(delivered.bodies()), len(dead.bodies())) == ((0, 1) if condition else (1, 0))


def test_the_demo_observes_a_cluster_that_was_never_private(cloud: Cloud) -> None:
    """MSK may not list the connections of such a cluster."""
    arn = create_cluster(cloud, "fresh", {})

    assert Observer(cloud, arn).observe().connections == ()


def test_the_policy_of_a_bus_has_a_size_limit(cloud: Cloud) -> None:
    owner = cloud.client("events", cloud.owner)
    owner.create_event_bus(Name="full")

    def admit(number: int) -> None:
        owner.put_permission(
            EventBusName="full",
            Action="events:PutEvents",
            Principal=f"{number:012d}",
            StatementId=f"account-{number}",
        )

    with pytest.raises(owner.exceptions.PolicyLengthExceededException):
        deque(map(admit, range(100)), maxlen=0)

    policy = json.loads(owner.describe_event_bus(Name="full")["Policy"])
    owner.delete_event_bus(Name="full")
    assert 30 < len(policy["Statement"]) < 100


def test_too_many_client_accounts_are_refused_with_the_organization_as_remedy(cloud: Cloud) -> None:
    accounts = [f"{number:012d}" for number in range(241)]

    with pytest.raises(RuntimeError, match=r"for more accounts use\s+OrganizationId"):
        deploy_owner(cloud.endpoint, built_template(), accounts, grace_hours=1)


# ---------------------------------------------------------------------------------------- network


def test_a_zone_name_is_another_zone_in_another_account(cloud: Cloud) -> None:
    def zone_id_of_a(account: str) -> str:
        zones = cloud.client("ec2", account).describe_availability_zones()["AvailabilityZones"]
        return next(str(zone["ZoneId"]) for zone in zones if zone["ZoneName"].endswith("a"))

    first, second = cloud.clients

    assert zone_id_of_a(first) != zone_id_of_a(second)
    assert cloud.networks[first].subnets.keys() == cloud.networks[second].subnets.keys()


def test_a_subnet_shows_its_location(cloud: Cloud) -> None:
    account = cloud.clients[0]
    ec2, vpc_id = cloud.client("ec2", account), cloud.networks[account].vpc_id
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    types = {zone["ZoneName"]: zone["ZoneType"] for zone in zones}
    outpost = f"arn:aws:outposts:eu-west-1:{account}:outpost/op-0123456789abcdef0"
    places: list[dict[str, Any]] = [
        {"AvailabilityZone": "eu-west-1a", "CidrBlock": "10.1.64.0/24", "OutpostArn": outpost},
        {"AvailabilityZone": "eu-west-1-dub-1a", "CidrBlock": "10.1.65.0/24"},
        {"AvailabilityZone": "eu-west-1a", "Ipv6CidrBlock": "2600::/64", "Ipv6Native": True},
    ]

    ids = [ec2.create_subnet(VpcId=vpc_id, **place)["Subnet"]["SubnetId"] for place in places]

    on_outpost, local, ipv6_only = (
        ec2.describe_subnets(SubnetIds=[one])["Subnets"][0] for one in ids
    )
    assert on_outpost["OutpostArn"] == outpost
    assert (local["AvailabilityZoneId"], types[local["AvailabilityZone"]]) == (
        "euw1-dub1-az1",
        "local-zone",
    )
    assert (ipv6_only["Ipv6Native"], ipv6_only["AvailableIpAddressCount"]) == (True, 0)
    assert [subnet["OwnerId"] for subnet in (on_outpost, local)] == [account, account]
    for one in ids:
        ec2.delete_subnet(SubnetId=one)


def test_a_new_group_of_a_dual_stack_vpc_allows_all_egress_by_ipv6(cloud: Cloud) -> None:
    ec2 = cloud.client("ec2", cloud.clients[0])
    made = ec2.create_vpc(CidrBlock="10.64.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
    [vpc] = ec2.describe_vpcs(VpcIds=[made["VpcId"]])["Vpcs"]
    assert vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"].endswith("::/56")
    group = ec2.create_security_group(GroupName="g", Description="-", VpcId=made["VpcId"])
    group_id = group["GroupId"]
    everything = {"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}

    def out_by_ipv6() -> list[str]:
        [found] = ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"]
        return [
            block["CidrIpv6"]
            for rule in found["IpPermissionsEgress"]
            for block in rule["Ipv6Ranges"]
        ]

    assert out_by_ipv6() == ["::/0"]
    ec2.revoke_security_group_egress(GroupId=group_id, IpPermissions=[everything])
    assert out_by_ipv6() == []
    ec2.delete_security_group(GroupId=group_id)
    ec2.delete_vpc(VpcId=made["VpcId"])


def test_a_group_is_found_by_a_filter_of_its_id(cloud: Cloud) -> None:
    ec2 = cloud.client("ec2", CLIENT)
    vpc_id = cloud.networks[CLIENT].vpc_id
    made = ec2.create_security_group(GroupName="filter", Description="-", VpcId=vpc_id)["GroupId"]

    def found(group_id: str) -> list[str]:
        filters = [{"Name": "group-id", "Values": [group_id]}]
        groups = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
        return [group["GroupId"] for group in groups]

    assert found(made) == [made]
    ec2.delete_security_group(GroupId=made)
    assert found(made) == []


def test_a_parameter_change_publishes_an_event(cloud: Cloud) -> None:
    """The shape is that of the Systems Manager user guide."""
    account = CLIENT
    events, sqs, ssm = (cloud.client(name, account) for name in ("events", "sqs", "ssm"))
    queue = sqs.create_queue(QueueName="changes")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    policy = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn["QueueArn"],
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": document})
    events.put_rule(Name="changes", EventPattern='{"source": ["aws.ssm"]}')
    events.put_targets(Rule="changes", Targets=[{"Id": "queue", "Arn": arn["QueueArn"]}])

    for value in ("1", "2"):
        ssm.put_parameter(Name="/team/x", Value=value, Type="String", Overwrite=True)
    ssm.delete_parameter(Name="/team/x")

    seen: list[dict[str, Any]] = []

    def all_are_here() -> bool:
        answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        seen.extend(json.loads(one["Body"]) for one in answer.get("Messages", []))
        return len(seen) == 3

    cloud.until(all_are_here)
    assert {one["detail-type"] for one in seen} == {"Parameter Store Change"}
    assert sorted(one["detail"]["operation"] for one in seen) == ["Create", "Delete", "Update"]
    assert {one["detail"]["name"] for one in seen} == {"/team/x"}
    events.remove_targets(Rule="changes", Ids=["queue"])
    events.delete_rule(Name="changes")
    sqs.delete_queue(QueueUrl=queue)


def test_every_call_is_logged(cloud: Cloud) -> None:
    since = cloud.calls()[-1].number + 1
    cloud.client("kafka", cloud.clients[1]).list_vpc_connections()

    (call,) = cloud.calls(since)

    assert (call.account, call.operation, call.status) == (
        cloud.clients[1],
        "ListVpcConnections",
        200,
    )


# ------------------------------------------------------------------------------ the owner's stack


def test_the_client_stack_output_is_also_a_parameter(cloud: Cloud) -> None:
    ssm = cloud.client("ssm", cloud.owner)

    published = ssm.get_parameter(Name="/msklink/client_stack")["Parameter"]["Value"]

    assert published == cloud.deployed.owner["ClientStack"]
    role = json.loads(published)["role_name"]
    assert cloud.deployed.clients[cloud.clients[0]]["RoleArn"].endswith(f"/{role}")
