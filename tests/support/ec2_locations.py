"""Add Local Zones, Wavelength Zones, Outposts and shared VPCs to moto's EC2, which has none."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend, Zone
from moto.ec2.models.subnets import Subnet
from moto.ec2.models.vpcs import VPC, VPCBackend
from moto.ec2.responses.availability_zones_and_regions import AvailabilityZonesAndRegions

from tests.support.functions import REGION

LOCAL_ZONE = Zone(f"{REGION}-dub-1a", REGION, "euw1-dub1-az1", "local-zone")
WAVELENGTH_ZONE = Zone(f"{REGION}-wl1-dub-wlz-1", REGION, "euw1-wl1-dub-wlz1", "wavelength-zone")
ZONES_BESIDE = {"places": [LOCAL_ZONE, WAVELENGTH_ZONE]}
"""For moto's table of zones: it finds a zone under any key, and creates no default subnets here."""

OUTPOST = f"arn:aws:outposts:{REGION}:222222222222:outpost/op-0123456789abcdef0"

_describe = AvailabilityZonesAndRegions.describe_availability_zones
_describe_attribute = VPCBackend.describe_vpc_attribute
_free_addresses = Subnet.available_ip_address_count.fget  # type: ignore[attr-defined]  # a property


def describe_all_zones(response: AvailabilityZonesAndRegions) -> ActionResult:
    """Describe the zones of an account that has opted in to a Local Zone and a Wavelength Zone."""
    answer: Any = _describe(response).result
    zones = [*answer["AvailabilityZones"], *RegionsAndZonesBackend.zones["places"]]
    return ActionResult({"AvailabilityZones": zones})


def free_ipv4_addresses(subnet: Subnet) -> int:
    """Count the free IPv4 addresses: none in an IPv6-only subnet (EC2 API reference, Subnet)."""
    return 0 if subnet.ipv6_native else int(_free_addresses(subnet))


def describe_attribute_of_own(backend: EC2Backend, vpc_id: str, attribute: str) -> Any:
    """Deny the call for a shared VPC, whose ARN has an account that no client role allows."""
    if backend.get_vpc(vpc_id).owner_id != backend.account_id:
        raise EC2ClientError("UnauthorizedOperation", "You are not authorized to do this.")
    return _describe_attribute(backend, vpc_id, attribute)


@contextmanager
def ec2_locations() -> Iterator[None]:
    """Let moto answer as EC2 does about these locations."""
    with (
        mock.patch.dict(RegionsAndZonesBackend.zones, ZONES_BESIDE),
        mock.patch.object(
            AvailabilityZonesAndRegions, "describe_availability_zones", describe_all_zones
        ),
        mock.patch.object(VPCBackend, "describe_vpc_attribute", describe_attribute_of_own),
        mock.patch.object(Subnet, "available_ip_address_count", property(free_ipv4_addresses)),
    ):
        yield


class SharedVpc(VPC):
    """A VPC that another account owns and shares."""

    owner = ""

    @property
    def owner_id(self) -> str:
        return self.owner


class SharedSubnet(Subnet):
    owner = ""

    @property
    def owner_id(self) -> str:
        return self.owner


def share_vpc(owner: str, participant: str, vpc_id: str) -> None:
    """Share all subnets of a VPC by RAM; the participant does not see groups and tags."""
    here, there = _ec2(owner), _ec2(participant)
    there.vpcs[vpc_id] = _shared(here.vpcs[vpc_id], SharedVpc, there, owner)
    for zone, subnets in here.subnets.items():
        for subnet_id, subnet in subnets.items():
            if subnet.vpc_id == vpc_id:
                shared = _shared(subnet, SharedSubnet, there, owner)
                there.subnets[zone][subnet_id] = shared


def put_on_outpost(account: str, subnet_id: str) -> None:
    _subnet(account, subnet_id).outpost_arn = OUTPOST  # type: ignore[attr-defined]  # moto has none


def use_up_addresses(account: str, subnet_id: str, free: int) -> None:
    """Use all IPv4 addresses of a subnet but *free*."""
    subnet = _subnet(account, subnet_id)
    subnet._available_ip_addresses -= subnet.available_ip_address_count - free


def _shared(made: Any, kind: type[Any], backend: EC2Backend, owner: str) -> Any:
    shared = copy.copy(made)
    shared.__class__ = kind
    shared.ec2_backend, shared.owner = backend, owner
    return shared


def _subnet(account: str, subnet_id: str) -> Subnet:
    found: Subnet = _ec2(account).get_subnet(subnet_id)
    return found


def _ec2(account: str) -> EC2Backend:
    return ec2_backends[account][REGION]
