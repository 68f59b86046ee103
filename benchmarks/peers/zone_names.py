"""Zone names that differ by account, which moto has not."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend, Zone
from moto.ec2.models.subnets import Subnet

from tests.support.functions import OWNER, REGION


def zone_id(account: str, zone_name: str) -> str:
    """
    Return the id of the zone that *account* calls *zone_name*.

    The oldest Regions, Ireland among them, give each account created before November 2025 its own
    names (AWS Regions and Availability Zones, AZ IDs). Here there are three ways to name them.
    """
    zones = RegionsAndZonesBackend.zones[REGION]
    place = [zone.name for zone in zones].index(zone_name)
    shift = 0 if account == OWNER else int(account) % len(zones)
    return zones[(place + shift) % len(zones)].zone_id


_describe = RegionsAndZonesBackend.describe_availability_zones


def _describe_own(backend: Any, *arguments: Any, **filters: Any) -> list[Zone]:
    found = [copy.copy(zone) for zone in _describe(backend, *arguments, **filters)]
    for zone in found if backend.region_name == REGION else ():
        zone.zone_id = zone_id(backend.account_id, zone.name)
    return found


def _id_of_subnet(subnet: Any) -> str:
    zone = subnet._availability_zone
    in_region = zone.region_name == REGION
    return zone_id(subnet.ec2_backend.account_id, zone.name) if in_region else str(zone.zone_id)


@contextmanager
def zone_names_by_account() -> Iterator[None]:
    with (
        mock.patch.object(RegionsAndZonesBackend, "describe_availability_zones", _describe_own),
        mock.patch.object(Subnet, "availability_zone_id", property(_id_of_subnet)),
    ):
        yield
