"""What was refused or has failed, and was mended since without a word to us."""

import pytest

from localcloud.msk import faults
from tests.support.aws import CLIENT
from tests.support.onboarded_client import Served


@pytest.fixture
def refused(served: Served) -> str:
    """A second VPC of the client, which has DNS hostnames off."""
    vpc_id = served.accounts.make_tagged_vpc(CLIENT)
    set_hostnames(served, vpc_id, on=False)
    served.reconcile()
    assert served.told() == [("Client Refused", "VpcDnsOff")]
    return vpc_id


def set_hostnames(served: Served, vpc_id: str, *, on: bool) -> None:
    served.accounts.client("ec2", CLIENT).modify_vpc_attribute(
        VpcId=vpc_id, EnableDnsHostnames={"Value": on}
    )


def test_a_vpc_that_was_mended_is_connected_within_hours(served: Served, refused: str) -> None:
    assert served.sweep() == 0
    set_hostnames(served, refused, on=True)

    served.pass_hours(1)
    assert served.sweep() == 1

    assert served.connections() == ["AVAILABLE", "AVAILABLE"]
    assert served.told() == [("Client Onboarded", "")]
    served.pass_hours(24)
    assert served.sweep() == 0


@pytest.mark.usefixtures("refused")
def test_a_vpc_that_stays_as_it_is_is_tried_once_a_day_and_told_once(served: Served) -> None:
    runs = []
    for _ in range(3 * 24):
        served.pass_hours(1)
        runs.append(served.sweep())

    assert [hour for hour, run in enumerate(runs) if run] == [1, 3, 7, 15, 39, 63]
    assert served.told() == []


def test_a_connection_that_msk_gave_up_is_made_anew(served: Served) -> None:
    served.accounts.msk.faults.add(faults.fails("CreateVpcConnection", "Broken", "it broke"))
    served.accounts.make_tagged_vpc(CLIENT)
    served.reconcile()
    assert sorted(served.connections()) == ["AVAILABLE", "FAILED"]

    assert served.sweep() == 0
    served.pass_hours(1)
    assert served.sweep() == 1

    assert served.connections() == ["AVAILABLE", "AVAILABLE"]
