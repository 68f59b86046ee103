"""The part of EC2 that MSK uses, and an implementation in memory for tests without EC2."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from localcloud.msk.model import Caller

NOT_IN_SHARED_VPCS = "This operation does not support shared VPCs."
"""EC2's error for a participant that creates an endpoint (re:Post, VPC endpoint errors)."""


@dataclass(frozen=True)
class Vpc:
    vpc_id: str
    dns_support: bool = True
    dns_hostnames: bool = True
    cidrs: tuple[str, ...] = ("10.0.0.0/16",)


@dataclass(frozen=True)
class Subnet:
    subnet_id: str
    vpc_id: str
    zone_id: str
    free_addresses: int = 250
    unsupported_location: str = ""
    """Where the subnet is, if it can hold no interface endpoint for IPv4: `a local-zone`, say."""


@dataclass(frozen=True)
class SecurityGroup:
    group_id: str
    vpc_id: str


@dataclass(frozen=True)
class Endpoint:
    """The interface endpoint that MSK requests from EC2."""

    vpc_id: str
    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]
    tags: Mapping[str, str]
    service_name: str


class Network(Protocol):
    """
    The VPCs of every account.

    MSK reads with its own permissions. It creates and deletes endpoints with those of the caller:
    raise PermissionError if they do not suffice, and MSK returns ForbiddenException.
    """

    def vpc(self, account: str, region: str, vpc_id: str) -> Vpc | None: ...

    def subnets(self, account: str, region: str, subnet_ids: Sequence[str]) -> list[Subnet]:
        """Return those of *subnet_ids* that exist."""

    def security_groups(
        self, account: str, region: str, group_ids: Sequence[str]
    ) -> list[SecurityGroup]:
        """Return those of *group_ids* that exist."""

    def create_endpoint(self, caller: Caller, endpoint: Endpoint) -> str:
        """Create the endpoint in the caller's account, and return its id."""

    def delete_endpoint(self, caller: Caller, endpoint_id: str) -> None:
        """Delete the endpoint; a missing one is no error."""


@dataclass
class MemoryNetwork:
    """A network in memory, filled by `add_vpc`."""

    vpcs: dict[tuple[str, str], Vpc] = field(default_factory=dict)
    all_subnets: dict[tuple[str, str], Subnet] = field(default_factory=dict)
    groups: dict[tuple[str, str], SecurityGroup] = field(default_factory=dict)
    endpoints: dict[tuple[str, str], Endpoint] = field(default_factory=dict)
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def add_vpc(self, account: str, vpc: Vpc, zone_ids: Sequence[str]) -> None:
        """Add *vpc* with a subnet `subnet-<vpc>-<zone>` in each zone and a group `sg-<vpc>`."""
        self.vpcs[account, vpc.vpc_id] = vpc
        for zone_id in zone_ids:
            self.add_subnet(account, Subnet(f"subnet-{vpc.vpc_id}-{zone_id}", vpc.vpc_id, zone_id))
        group = SecurityGroup(f"sg-{vpc.vpc_id}", vpc.vpc_id)
        self.groups[account, group.group_id] = group

    def add_subnet(self, account: str, subnet: Subnet) -> None:
        self.all_subnets[account, subnet.subnet_id] = subnet

    def vpc(self, account: str, region: str, vpc_id: str) -> Vpc | None:  # noqa: ARG002 one Region
        return self.vpcs.get((account, vpc_id))

    def subnets(self, account: str, region: str, subnet_ids: Sequence[str]) -> list[Subnet]:  # noqa: ARG002 one Region
        known = self.all_subnets
        return [known[account, name] for name in subnet_ids if (account, name) in known]

    def security_groups(
        self,
        account: str,
        region: str,  # noqa: ARG002 one Region
        group_ids: Sequence[str],
    ) -> list[SecurityGroup]:
        known = self.groups
        return [known[account, name] for name in group_ids if (account, name) in known]

    def create_endpoint(self, caller: Caller, endpoint: Endpoint) -> str:
        endpoint_id = f"vpce-{next(self._ids):017x}"
        self.endpoints[caller.account, endpoint_id] = endpoint
        return endpoint_id

    def delete_endpoint(self, caller: Caller, endpoint_id: str) -> None:
        self.endpoints.pop((caller.account, endpoint_id), None)
