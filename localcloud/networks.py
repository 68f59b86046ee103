"""Create a VPC for the clusters and one for each client, through the EC2 API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.deploy import session
from localcloud.settings import CLIENTS, OWNER, REGION

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

ZONES = ("a", "b", "c")


@dataclass(frozen=True)
class Network:
    account: str
    vpc_id: str
    cidr: str
    subnets: Mapping[str, str]  # by zone id, which is the same zone in every account

    @property
    def subnet_ids(self) -> list[str]:
        return [self.subnets[zone] for zone in sorted(self.subnets)]


def make_networks(
    endpoint: str, owner: str = OWNER, clients: Sequence[str] = CLIENTS
) -> dict[str, Network]:
    """Create a VPC with three subnets in each account, and return them by account."""
    return {
        account: make_network(
            session(account).client("ec2", endpoint_url=endpoint), account, number
        )
        for number, account in enumerate((owner, *clients))
    }


def make_network(ec2: "EC2Client", account: str, number: int) -> Network:
    """Create the VPC 10.*number*.0.0/16 as MSK needs it: DNS on, a subnet in each zone."""
    cidr = f"10.{number}.0.0/16"
    vpc_id = ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsSupport={"Value": True})
    ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsHostnames={"Value": True})
    subnets = {}
    for index, zone in enumerate(ZONES):
        subnet = ec2.create_subnet(
            VpcId=vpc_id,
            CidrBlock=f"10.{number}.{index}.0/24",
            AvailabilityZone=f"{REGION}{zone}",
        )["Subnet"]
        subnets[subnet["AvailabilityZoneId"]] = subnet["SubnetId"]
    return Network(account, vpc_id, cidr, subnets)
