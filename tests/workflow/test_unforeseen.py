"""An unexpected refusal of AWS: quoted to the affected team; the others continue."""

from typing import Any

import pytest

from localcloud.msk import MskError, faults
from tests.support import external_changes
from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts
from tests.support.functions import OWNER
from tests.support.onboarded_client import OnboardedClient
from tests.support.step_functions import Engine, tag_event

TAGS = {"msklink": "iam scram", "msklink/clients": f"{CLIENT} {OTHER_CLIENT}"}
ALONE = TAGS | {"msklink/clients": CLIENT}
SAID = "The moon is in the wrong quarter."

OF_THE_CLUSTER = (
    "DescribeClusterV2",
    "UpdateConnectivity",
    "GetClusterPolicy",
    "PutClusterPolicy",
    "ListClientVpcConnections",
    "GetBootstrapBrokers",
)
OF_A_CLIENT = ("ListVpcConnections", "CreateVpcConnection")


def refuse(accounts: Accounts, operation: str, account: str | None = None) -> None:
    error = MskError("BadRequestException", SAID)
    accounts.msk.faults.add(faults.Fault(operation, account, times=None, error=error))


def refusals(accounts: Accounts) -> list[dict[str, str]]:
    return [one["refusal"] for one in accounts.take_events() if one.get("refusal")]


def sweep(accounts: Accounts, engine: Engine, hours: int) -> int:
    """Sweep once an hour for *hours*, and return how many runs started."""
    count = 0
    for _ in range(hours):
        accounts.clock.advance(3600)
        count += engine.sweep()
    return count


@pytest.mark.parametrize("operation", OF_THE_CLUSTER)
def test_it_fails_no_run_and_is_reported_and_retried(
    accounts: Accounts, engine: Engine, operation: str
) -> None:
    cluster = accounts.make_cluster(tags=ALONE)
    accounts.make_tagged_vpc(CLIENT)
    refuse(accounts, operation)

    [run] = engine.receive(tag_event(cluster))

    assert engine.describe(run)["status"] == "SUCCEEDED"
    found = refusals(accounts)
    assert found
    assert all(SAID in one["message"] for one in found)
    assert not accounts.is_onboarded(CLIENT)

    accounts.msk.faults.clear()
    assert sweep(accounts, engine, 3) > 0
    assert accounts.is_onboarded(CLIENT)
    assert accounts.status(CLIENT)["state"] == "published"
    assert sweep(accounts, engine, 1) == 0


@pytest.mark.parametrize("operation", OF_A_CLIENT)
def test_in_one_client_account_it_affects_no_other(
    accounts: Accounts, engine: Engine, operation: str
) -> None:
    cluster = accounts.make_cluster(tags=TAGS)
    for account in (CLIENT, OTHER_CLIENT):
        accounts.make_tagged_vpc(account)
    refuse(accounts, operation, CLIENT)

    [run] = engine.receive(tag_event(cluster))

    assert engine.describe(run)["status"] == "SUCCEEDED"
    [event] = accounts.take_events("Client Refused")
    assert (event["account"], SAID in event["refusal"]["message"]) == (CLIENT, True)
    assert accounts.is_onboarded(OTHER_CLIENT)
    assert SAID in str(accounts.status(CLIENT))

    accounts.msk.faults.clear()
    assert sweep(accounts, engine, 3) > 0
    assert accounts.is_onboarded(CLIENT)


@pytest.mark.parametrize(
    "answer",
    [
        ("ec2", "DescribeVpcs", "OptInRequired"),
        ("ec2", "CreateSecurityGroup", "SecurityGroupLimitExceeded"),
        ("ec2", "AuthorizeSecurityGroupIngress", "RulesPerSecurityGroupLimitExceeded"),
        ("ssm", "PutParameter", "ParameterLimitExceeded"),
        ("sts", "AssumeRole", "RegionDisabledException"),
    ],
    ids=lambda answer: answer[2],
)
def test_other_services_are_quoted_as_well(
    accounts: Accounts, engine: Engine, failing: Any, answer: tuple[str, str, str]
) -> None:
    service, operation, code = answer
    cluster = accounts.make_cluster(tags=ALONE)
    vpc_id = accounts.make_tagged_vpc(CLIENT)
    mend = failing(service, operation, code)

    [run] = engine.receive(tag_event(cluster))

    assert engine.describe(run)["status"] == "SUCCEEDED"
    refused = [one["refusal"] for one in accounts.take_events("Client Refused")]
    assert [one["code"] for one in refused] == ["RefusedByAws"]
    assert refused[0]["message"] == f"AWS refused {operation} with {code}: It failed."

    mend()
    assert sweep(accounts, engine, 3) > 0
    assert accounts.status(CLIENT)["vpcs"][vpc_id]["iam"]["state"] == "published"
    assert accounts.take_events("Client Refused") == []


def test_one_vpc_over_its_quota_blocks_no_other(
    accounts: Accounts, engine: Engine, failing: Any
) -> None:
    cluster = accounts.make_cluster(tags=ALONE)
    served_vpc = accounts.make_tagged_vpc(CLIENT)
    engine.receive(tag_event(cluster))
    new_vpc = accounts.make_tagged_vpc(CLIENT)
    accounts.take_events()
    failing("ec2", "CreateSecurityGroup", "SecurityGroupLimitExceeded")

    engine.receive(tag_event(cluster))

    [event] = accounts.take_events("Client Refused")
    assert event["vpc_id"] == new_vpc
    vpcs = accounts.status(CLIENT)["vpcs"]
    assert vpcs[served_vpc]["iam"]["state"] == "published"
    assert vpcs[new_vpc]["iam"]["refusal"]["code"] == "RefusedByAws"


def test_a_client_of_an_enabled_scheme_is_connected_if_another_cannot_be_enabled(
    accounts: Accounts, engine: Engine
) -> None:
    cluster = accounts.make_cluster(tags=TAGS)
    accounts.make_tagged_vpc(CLIENT)
    engine.receive(tag_event(cluster))
    refuse(accounts, "UpdateConnectivity")
    accounts.take_events()

    accounts.make_tagged_vpc(CLIENT, "iam scram")
    accounts.make_tagged_vpc(OTHER_CLIENT)
    engine.receive(tag_event(cluster))

    assert accounts.is_onboarded(OTHER_CLIENT)
    assert {one["code"] for one in refusals(accounts)} == {"ConnectivityUpdateFailed"}
    calls = accounts.msk.calls[OWNER, "UpdateConnectivity"]
    assert sweep(accounts, engine, 24) < 6
    assert accounts.msk.calls[OWNER, "UpdateConnectivity"] < calls + 6
    assert accounts.take_events("Client Refused") == []


def test_past_operations_that_msk_does_not_list_change_nothing(
    accounts: Accounts, engine: Engine
) -> None:
    cluster = accounts.make_cluster(tags=ALONE)
    accounts.make_tagged_vpc(CLIENT)
    refuse(accounts, "ListClusterOperationsV2")

    engine.receive(tag_event(cluster))

    assert accounts.is_onboarded(CLIENT)
    assert refusals(accounts) == []


def test_a_scheme_that_msk_would_not_turn_on_again_is_tried_once(
    onboarded: OnboardedClient, repair: Any
) -> None:
    onboarded.accounts.tag_cluster(onboarded.cluster, msklink__clients="")
    onboarded.reconcile()
    onboarded.advance_hours(200)
    onboarded.sweep()
    repair("connectivity")
    external_changes.set_private_connectivity(onboarded.accounts, onboarded.cluster, on=False)
    onboarded.accounts.take_events()
    refuse(onboarded.accounts, "UpdateConnectivity")

    assert onboarded.sweep() == 1

    assert onboarded.take_events() == [("Cluster Refused", "ConnectivityUpdateFailed")]
    assert onboarded.sweep() == 0


def test_policies_that_cannot_be_read_remove_nothing(onboarded: OnboardedClient) -> None:
    refuse(onboarded.accounts, "GetClusterPolicy")

    onboarded.reconcile()

    onboarded.accounts.msk.faults.clear()
    onboarded.assert_is_onboarded()
    assert onboarded.status_entry()["state"] == "published"
