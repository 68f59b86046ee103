from typing import Any

import pytest

from localcloud.msk import MskError, faults
from msklink.aws import cluster_item
from tests.support.aws import CLIENT, Accounts
from tests.support.functions import OWNER
from tests.support.steps import Steps, error_of


def flags(accounts: Accounts, cluster_arn: str) -> dict[str, Any]:
    info = accounts.client("kafka").describe_cluster_v2(ClusterArn=cluster_arn)["ClusterInfo"]
    on: dict[str, Any] = info["Provisioned"]["BrokerNodeGroupInfo"]["ConnectivityInfo"][
        "VpcConnectivity"
    ]["ClientAuthentication"]
    return on


def updates(accounts: Accounts) -> int:
    return accounts.msk.calls[OWNER, "UpdateConnectivity"]


def test_the_schemes_that_clients_requested_are_turned_on(
    surveyed: Steps, accounts: Accounts
) -> None:
    answer = surveyed.enable()

    assert answer["move"] == "wait"
    assert accounts.items(surveyed.cluster_arn)["cluster"]["enabling"] == ["iam"]
    accounts.clock.advance(3600)
    on = flags(accounts, surveyed.cluster_arn)
    assert on["Sasl"] == {"Iam": {"Enabled": True}, "Scram": {"Enabled": False}}


def test_enabling_twice_updates_once(surveyed: Steps, accounts: Accounts) -> None:
    surveyed.enable()
    before = accounts.snapshot(surveyed.cluster_arn)

    assert surveyed.enable()["move"] == "wait"  # the update is under way
    assert accounts.snapshot(surveyed.cluster_arn) == before

    accounts.clock.advance(3600)
    surveyed.inspect_cluster()
    assert surveyed.enable()["move"] == "proceed"
    assert updates(accounts) == 1


@pytest.mark.parametrize("broken", [False, True])
def test_an_update_that_ended_before_a_redrive_is_reported_first(
    surveyed: Steps, accounts: Accounts, *, broken: bool
) -> None:
    if broken:
        accounts.msk.faults.add(faults.fails("UpdateConnectivity", "Broken", "it broke"))
    surveyed.enable()
    accounts.clock.advance(3600)

    assert surveyed.enable()["move"] == "wait"

    surveyed.inspect_cluster()
    assert accounts.take_events("Cluster Refused" if broken else "Cluster Connectivity Enabled")
    surveyed.surveys = []
    surveyed.survey(CLIENT)
    assert surveyed.enable()["move"] == "proceed"
    assert updates(accounts) == 1


def test_a_scheme_that_is_on_stays_on(surveyed: Steps, accounts: Accounts) -> None:
    surveyed.enable()
    accounts.clock.advance(3600)
    surveyed.inspect_cluster()
    surveyed.surveys = [{"account": CLIENT, "schemes": ["scram"]}]

    surveyed.enable()

    accounts.clock.advance(3600)
    on = flags(accounts, surveyed.cluster_arn)
    assert on["Sasl"] == {"Iam": {"Enabled": True}, "Scram": {"Enabled": True}}


def test_nothing_is_turned_on_without_a_request(steps: Steps, accounts: Accounts) -> None:
    steps.inspect_cluster()
    steps.surveys = [{"account": CLIENT, "schemes": []}]

    assert steps.enable()["move"] == "proceed"
    assert updates(accounts) == 0


def test_schemes_in_the_tag_are_turned_on_for_vendors(steps: Steps, accounts: Accounts) -> None:
    accounts.tag_cluster(steps.cluster_arn, msklink__vendors="444444444444")
    steps.inspect_cluster()

    assert steps.facts["vendor_schemes"] == ["iam", "scram"]
    assert steps.enable()["move"] == "wait"
    assert updates(accounts) == 1


@pytest.mark.parametrize("state", ["FAILED", "DELETING"])
def test_an_unusable_cluster_stops_the_run(surveyed: Steps, accounts: Accounts, state: str) -> None:
    accounts.msk.force_state(surveyed.cluster_arn, state)

    assert surveyed.enable()["move"] == "stop"


def test_a_deleted_cluster_is_inspected_again(surveyed: Steps) -> None:
    surveyed.cluster_arn = surveyed.cluster_arn.replace("orders", "gone")
    cluster_item.take_lease(surveyed.cluster_arn, surveyed.run)

    assert surveyed.enable()["move"] == "wait"


def test_a_stale_cluster_version_is_a_lost_race(surveyed: Steps, accounts: Accounts) -> None:
    accounts.msk.faults.add(faults.stale("UpdateConnectivity"))

    assert error_of(surveyed.enable) == "LostRace"
    assert surveyed.enable()["move"] == "wait"


def test_identical_settings_are_no_error(surveyed: Steps, accounts: Accounts) -> None:
    """Reads of MSK may lag behind writes."""
    identical = MskError(
        "BadRequestException", "The specified parameter value is identical to the current value"
    )
    accounts.msk.faults.add(faults.Fault("UpdateConnectivity", error=identical))

    assert surveyed.enable()["move"] == "wait"


def test_a_lost_response_makes_no_second_update(surveyed: Steps, accounts: Accounts) -> None:
    """botocore retries, and the cluster is updating."""
    accounts.msk.faults.add(faults.error("UpdateConnectivity", when="after"))

    assert error_of(surveyed.enable) == "LostRace"
    assert surveyed.enable()["move"] == "wait"
    accounts.clock.advance(3600)
    surveyed.inspect_cluster()
    assert surveyed.enable()["move"] == "proceed"


@pytest.mark.parametrize(
    "code",
    ["TooManyRequestsException", "ServiceUnavailableException", "InternalServerErrorException"],
)
def test_a_busy_msk_has_the_name_that_is_retried(
    surveyed: Steps, accounts: Accounts, code: str
) -> None:
    accounts.msk.faults.add(faults.error("UpdateConnectivity", code, times=None))

    assert error_of(surveyed.enable) == "TransientError"


def test_an_update_that_msk_rejects_is_reported_to_owner_and_clients(
    surveyed: Steps, accounts: Accounts
) -> None:
    said = (
        "Multi-VPC private connectivity is not supported on the broker instance type of the MSK "
        "cluster."
    )
    refusing = faults.Fault(
        "UpdateConnectivity", error=MskError("BadRequestException", said), times=None
    )
    accounts.msk.faults.add(refusing)

    assert surveyed.enable()["move"] == "wait"

    refusal = surveyed.inspect_cluster()["facts"]["refusals"]["iam"]
    assert (refusal["code"], said in refusal["message"]) == ("ConnectivityUpdateFailed", True)
    surveyed.surveys = []
    surveyed.survey(CLIENT)
    assert surveyed.enable()["move"] == "proceed"
    assert updates(accounts) == 1
    events = accounts.take_events()
    assert [one["detail_type"] for one in events] == ["Cluster Refused", "Client Refused"]
    assert [one["refusal"] for one in events] == [refusal, refusal]
