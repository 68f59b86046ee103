"""The description of a client VPC, with its subnets and security groups."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from msklink.vpc.security_groups import Rule

ZONE_TYPES = {"local-zone": "Local Zone", "wavelength-zone": "Wavelength Zone"}
"""Values of ZoneType that are not an ordinary Availability Zone (EC2 API, AvailabilityZone)."""


@dataclass(frozen=True)
class Subnet:
    """One subnet; *free_addresses* counts IPv4 addresses."""

    id: str
    zone_id: str
    zone_name: str
    free_addresses: int
    tagged: bool = False
    zone_type: str = "availability-zone"
    outpost: str = ""
    """ARN of its Outpost; empty for a subnet in the Region."""
    ipv6_only: bool = False

    @property
    def obstacle(self) -> str:
        """
        Why no MSK endpoint can be in the subnet; empty where one can be.

        Private connectivity needs the network type IPV4 and zones of the Region. EC2 creates an
        IPv4 endpoint only in subnets with IPv4 addresses (EC2 API reference, CreateVpcEndpoint,
        IpAddressType).
        """
        if self.outpost:
            return f"on Outpost {self.outpost}"
        if self.zone_type in ZONE_TYPES:
            return f"in {ZONE_TYPES[self.zone_type]} {self.zone_name}"
        return "IPv6 only" if self.ipv6_only else ""


@dataclass(frozen=True)
class SecurityGroup:
    id: str
    tagged: bool = False
    """Tagged by people for this cluster."""
    managed: bool = False
    """Created by MSKLink for this cluster."""
    ingress: frozenset[Rule] = frozenset()
    egress: frozenset[Rule] = frozenset()


@dataclass(frozen=True)
class Vpc:
    """One reading of a client VPC, with its subnets and security groups."""

    id: str
    account: str
    owner: str
    """The account that owns it; not *account* where its subnets are shared by RAM."""
    cidrs: tuple[str, ...]
    dns_support: bool
    dns_hostnames: bool
    subnets: tuple[Subnet, ...]
    security_groups: tuple[SecurityGroup, ...]
    tags: Mapping[str, str]
    zone_names: Mapping[str, str] = field(default_factory=dict)
    """By zone id, the zone's name in this account."""
    endpoints: int = 0
    """The number of MSK's endpoints in it for the cluster."""

    @property
    def is_shared(self) -> bool:
        """
        Whether *account* is a participant in a VPC of another account.

        A participant cannot create interface endpoints (VPC user guide, "Responsibilities and
        permissions for owners and participants"; EC2 answers "This operation does not support
        shared VPCs", re:Post, errors when creating interface endpoints).
        """
        return self.owner != self.account

    @property
    def managed_group(self) -> SecurityGroup | None:
        return next((group for group in self.security_groups if group.managed), None)
