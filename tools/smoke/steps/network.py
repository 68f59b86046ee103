"""Create the VPCs, and what observes the events of AWS."""

import json

from tools.smoke.creation import ensure
from tools.smoke.kinds import msk, network, observers
from tools.smoke.prices import ZONES
from tools.smoke.smoke import Smoke, StepFailed
from tools.smoke.steps.account import shared_zones

OWNER_VPC, CLIENT_VPC, PROBE_VPC = "owner-vpc", "client-vpc", "probe-vpc"
"""Of the own cluster, of the client of MSKLink, and of connections that the smoke test makes."""


def run(smoke: Smoke) -> None:
    for role in {smoke.owner.role: smoke.owner.id, smoke.client.role: smoke.client.id}:
        if role == "owner" or smoke.has_two_accounts:
            _observe(smoke, role)
    shared = shared_zones(smoke.owner, smoke.client)
    if smoke.has_own_cluster:
        zones = list(shared)[:ZONES]
        make_vpc(smoke, "owner", OWNER_VPC, 210, {zone: shared[zone]["owner"] for zone in zones})
    else:
        zones = _zones_of_named_cluster(smoke, shared)
    names = {zone: shared[zone]["client"] for zone in zones}
    make_vpc(smoke, "client", CLIENT_VPC, 211, names, ipv6=True)
    if smoke.has_own_cluster:
        make_vpc(smoke, "client", PROBE_VPC, 212, names)


def find_named_cluster(smoke: Smoke) -> str:
    """Return the ARN of the cluster of the options. Raises StepFailed where there is none."""
    wanted = smoke.options.cluster
    if wanted.startswith("arn:"):
        found = wanted if msk.state(smoke, wanted) else None
    else:
        entry = {"account": "owner", "name": wanted}
        found = msk.KINDS["cluster"].look(smoke, entry)
    if not found:
        raise StepFailed(
            "ClusterNotFound",
            f"there is no cluster {wanted} in the owner account and Region",
            "aws kafka list-clusters-v2 lists them.",
        )
    return found


def _zones_of_named_cluster(smoke: Smoke, shared: dict[str, dict[str, str]]) -> list[str]:
    smoke.state.note(cluster_arn=find_named_cluster(smoke))
    provisioned = smoke.cluster().get("Provisioned")
    if not provisioned:
        raise StepFailed(
            "ClusterServerless",
            "the cluster is serverless, which has no multi-VPC private connectivity",
            "Name a provisioned cluster, or leave out --cluster for an own one.",
        )
    zones: list[str] = provisioned["BrokerNodeGroupInfo"]["ZoneIds"]
    if missing := sorted(set(zones) - shared.keys()):
        raise StepFailed(
            "ZonesMissing",
            f"the client account lacks these zones of the cluster: {', '.join(missing)}",
            "Use another client account.",
        )
    return zones


def make_vpc(  # noqa: PLR0913 the parts of a VPC
    smoke: Smoke, role: str, name: str, number: int, zones: dict[str, str], *, ipv6: bool = False
) -> str:
    """Create the VPC 10.*number*.0.0/16, DNS on, with a subnet in each of *zones*, by zone id."""
    ec2 = smoke.account(role).client("ec2")

    def create() -> str:
        made: str = ec2.create_vpc(
            CidrBlock=f"10.{number}.0.0/16",
            AmazonProvidedIpv6CidrBlock=ipv6,
            TagSpecifications=network.tags(smoke, "vpc", name),
        )["Vpc"]["VpcId"]
        return made

    vpc_id = ensure(smoke, role, "vpc", name, create)
    smoke.until(lambda: network.vpc_exists(smoke, role, vpc_id), "EC2 shows the VPC", 5, every=5)
    for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
        ec2.modify_vpc_attribute(VpcId=vpc_id, **{attribute: {"Value": True}})
    for index, (zone_id, zone_name) in enumerate(zones.items()):
        subnet = f"{name}-{zone_id}"

        def create_subnet(index: int = index, zone: str = zone_name, name: str = subnet) -> str:
            made: str = ec2.create_subnet(
                VpcId=vpc_id,
                CidrBlock=f"10.{number}.{index}.0/24",
                AvailabilityZone=zone,
                TagSpecifications=network.tags(smoke, "subnet", name),
            )["Subnet"]["SubnetId"]
            return made

        ensure(smoke, role, "subnet", subnet, create_subnet)
    smoke.say(f"  {role} {name} {vpc_id}, {len(zones)} subnets")
    return vpc_id


def subnets(smoke: Smoke, name: str) -> list[str]:
    """Return the ids of the subnets of the VPC called *name*."""
    prefix = f"{name}-"
    return [
        one["id"]
        for one in smoke.state.resources
        if one["kind"] == "subnet" and one["name"].startswith(prefix)
    ]


def _observe(smoke: Smoke, role: str) -> None:
    """Create a queue, and a rule that sends events of tags and of MSK to it."""
    account, name = smoke.account(role), f"{role}-events"
    sqs, events = account.client("sqs"), account.client("events")
    full = observers.queue_name(smoke, name)

    def create_queue() -> str:
        return str(sqs.create_queue(QueueName=full, tags=smoke.tags)["QueueUrl"])

    url = ensure(smoke, role, "queue", name, create_queue)
    arn = observers.arn_of(smoke, role, url)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})

    def create_rule() -> str:
        pattern = json.dumps(observers.PATTERN)
        events.put_rule(Name=full, EventPattern=pattern, Tags=smoke.tag_list)
        return full

    ensure(smoke, role, "rule", name, create_rule)
    events.put_targets(Rule=full, Targets=[{"Id": "queue", "Arn": arn}])
