"""Refused or failed connections whose cause was corrected without an event."""

import pytest

from localcloud.msk import faults
from tests.support.aws import CLIENT
from tests.support.onboarded_client import OnboardedClient


@pytest.fixture
def refused(onboarded: OnboardedClient) -> str:
    """Return a second VPC of the client, with DNS hostnames off."""
    vpc_id = onboarded.accounts.make_tagged_vpc(CLIENT)
    set_hostnames(onboarded, vpc_id, on=False)
    onboarded.reconcile()
    assert onboarded.take_events() == [("Client Refused", "VpcDnsOff")]
    return vpc_id


def set_hostnames(onboarded: OnboardedClient, vpc_id: str, *, on: bool) -> None:
    onboarded.accounts.client("ec2", CLIENT).modify_vpc_attribute(
        VpcId=vpc_id, EnableDnsHostnames={"Value": on}
    )


def test_a_corrected_vpc_is_connected_within_hours(
    onboarded: OnboardedClient, refused: str
) -> None:
    assert onboarded.sweep() == 0
    set_hostnames(onboarded, refused, on=True)

    onboarded.advance_hours(1)
    assert onboarded.sweep() == 1

    assert onboarded.connections() == ["AVAILABLE", "AVAILABLE"]
    assert onboarded.take_events() == [("Client Onboarded", "")]
    onboarded.advance_hours(24)
    assert onboarded.sweep() == 0


@pytest.mark.usefixtures("refused")
def test_an_uncorrected_vpc_is_tried_once_a_day_and_reported_once(
    onboarded: OnboardedClient,
) -> None:
    runs = []
    for _ in range(3 * 24):
        onboarded.advance_hours(1)
        runs.append(onboarded.sweep())

    assert [hour for hour, run in enumerate(runs) if run] == [1, 3, 7, 15, 39, 63]
    assert onboarded.take_events() == []


def test_a_failed_connection_is_created_again(onboarded: OnboardedClient) -> None:
    onboarded.accounts.msk.faults.add(faults.fails("CreateVpcConnection", "Broken", "it broke"))
    onboarded.accounts.make_tagged_vpc(CLIENT)
    onboarded.reconcile()
    assert sorted(onboarded.connections()) == ["AVAILABLE", "FAILED"]

    assert onboarded.sweep() == 0
    onboarded.advance_hours(1)
    assert onboarded.sweep() == 1

    assert onboarded.connections() == ["AVAILABLE", "AVAILABLE"]
