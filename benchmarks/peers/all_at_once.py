"""
The page's tutorial by twenty teams at once, each to the letter, and nobody waits for anybody.

The page names zones as the console does, puts the policy without a version, and chooses the default
security group. MSK refuses a put without a version where a policy exists. A team then does as the
Terraform provider did after its issue 33107: it reads the version and puts what it has.
"""

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from benchmarks.peers import steps
from benchmarks.peers.agenda import Work
from benchmarks.peers.person import Person, code_of, parameter_of
from benchmarks.peers.workload import Request
from msklink.auth_scheme import Scheme

WAY = "tutorial, twenty teams at once"

TEAMS = 20

SECONDS_PER_STEP = 30, 90
"""A minute on average."""


def serve(person: Person, request: Request, vpc_id: str) -> Work[None]:
    account = request.account
    yield from turn_on(person, request.scheme)
    yield from admit(person, account)
    answer = yield from person.run(
        *("ec2", "describe_subnets", account), Filters=[{"Name": "vpc-id", "Values": [vpc_id]}]
    )
    subnets = sorted(answer["Subnets"], key=lambda one: str(one["AvailabilityZone"]))
    groups = yield from person.run(
        *("ec2", "describe_security_groups", account),
        Filters=[
            {"Name": "vpc-id", "Values": [vpc_id]},
            {"Name": "group-name", "Values": ["default"]},
        ],
    )
    [group] = groups["SecurityGroups"]
    # The owner's subnets are in the zones that the owner calls a and b.
    chosen = [one["SubnetId"] for one in subnets[:2]]
    while True:
        try:
            yield from steps.connect(person, request, vpc_id, chosen, group["GroupId"])
        except ClientError as error:
            if code_of(error) == "ForbiddenException":
                yield from admit(person, account)
            elif parameter_of(error) == "clientSubnets":
                chosen = yield from subnets_by_id(person, subnets)
            else:
                raise
        else:
            break
    while True:
        try:
            yield from steps.publish(person, request)
        except ClientError as error:
            if code_of(error) != "ForbiddenException":
                raise
            yield from admit(person, account)
        else:
            break
    yield from steps.open_ports(person, account, vpc_id, group["GroupId"])


def turn_on(person: Person, scheme: Scheme) -> Work[None]:
    """Turn on *scheme* unless it is on; where another team's update is in progress, wait for it."""
    cluster = yield from steps.describe(person)
    while scheme not in cluster.private_schemes:
        if cluster.state == "ACTIVE":
            try:
                yield from steps.turn_on(person, cluster, {scheme})
            except ClientError as error:
                if code_of(error) != "BadRequestException":
                    raise
        cluster = yield from steps.await_active(person)


def admit(person: Person, account: str) -> Work[None]:
    """Add *account* to the policy that was read, and put it, whatever has become of it since."""
    policy, _ = yield from steps.read_policy(person)
    yield from person.think()
    text = steps.with_account(person, policy, account)
    given: dict[str, str] = {}
    while True:
        try:
            yield from person.run(
                *("kafka", "put_cluster_policy"), ClusterArn=person.cluster, Policy=text, **given
            )
        except ClientError as error:
            if code_of(error) != "BadRequestException":
                raise
            _, version = yield from steps.read_policy(person)
            given = {"CurrentVersion": version} if version else {}
        else:
            return


def subnets_by_id(person: Person, subnets: Sequence[dict[str, Any]]) -> Work[list[str]]:
    """Read the zone ids of the cluster, which its answer names, and choose by them."""
    cluster = yield from steps.describe(person)
    by_zone = {str(one["AvailabilityZoneId"]): str(one["SubnetId"]) for one in subnets}
    return [by_zone[zone] for zone in cluster.zone_ids]
