"""The page's tutorial as a careful person scripts it, for one client after another."""

from botocore.exceptions import ClientError

from benchmarks.peers import steps
from benchmarks.peers.agenda import Work
from benchmarks.peers.person import Person, code_of
from benchmarks.peers.workload import Request

WAY = "tutorial, one after another"

SECONDS_PER_STEP = 1, 1
"""Of a script, to start the AWS CLI; checking by a person is in the hours, not in the time."""


def serve(person: Person, request: Request, vpc_id: str) -> Work[None]:
    cluster = yield from steps.describe(person)
    if request.scheme not in cluster.private_schemes:
        cluster = yield from steps.await_active(person)
        yield from steps.turn_on(person, cluster, cluster.private_schemes | {request.scheme})
        cluster = yield from steps.await_active(person)
    yield from admit(person, request.account)
    for attribute in ("enableDnsSupport", "enableDnsHostnames"):
        yield from person.run(
            *("ec2", "describe_vpc_attribute", request.account),
            VpcId=vpc_id,
            Attribute=attribute,
        )
    found = yield from person.run(
        *("ec2", "describe_subnets", request.account),
        Filters=[{"Name": "vpc-id", "Values": [vpc_id]}],
    )
    by_zone = {one["AvailabilityZoneId"]: one["SubnetId"] for one in found["Subnets"]}
    group = yield from person.run(
        *("ec2", "create_security_group", request.account),
        GroupName=f"kafka-{request.scheme}",
        Description="Kafka over private connectivity",
        VpcId=vpc_id,
    )
    yield from steps.open_ports(person, request.account, vpc_id, group["GroupId"])
    subnets = [by_zone[zone] for zone in cluster.zone_ids]
    yield from steps.connect(person, request, vpc_id, subnets, group["GroupId"])
    yield from steps.publish(person, request)


def admit(person: Person, account: str) -> Work[None]:
    """Add *account* to the policy, with the version that was read; again if that is stale."""
    while True:
        policy, version = yield from steps.read_policy(person)
        given = {"CurrentVersion": version} if version else {}
        try:
            yield from person.run(
                *("kafka", "put_cluster_policy"),
                ClusterArn=person.cluster,
                Policy=steps.with_account(person, policy, account),
                **given,
            )
        except ClientError as error:
            if code_of(error) != "BadRequestException":
                raise
        else:
            return
