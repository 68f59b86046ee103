"""Changes by others after GrantAccess are kept for the next run."""

import pytest

from msklink.aws import dynamodb, run_state
from msklink.drift.kinds import DriftKind, history_item
from msklink.drift.repair_history import RepairHistory
from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts
from tests.support.external_changes import add_to_our_statement
from tests.support.onboarded_client import FIREHOSE
from tests.support.steps import Steps


def admitted(accounts: Accounts, cluster_arn: str) -> str:
    return str([one["Principal"] for one in accounts.policy(cluster_arn)["Statement"]])


def test_a_grant_that_others_removed_is_restored(connected: Steps, accounts: Accounts) -> None:
    good = accounts.policy(connected.cluster_arn)
    accounts.put_policy(connected.cluster_arn, {**good["Statement"][0], "Sid": "Other"})

    connected.revoke()

    assert len(accounts.policy(connected.cluster_arn)["Statement"]) == 1
    connected.grant()
    assert accounts.take_events("Drift Repaired")
    assert len(accounts.policy(connected.cluster_arn)["Statement"]) == 2


def test_an_account_that_others_granted_is_removed_at_once_and_reported(
    connected: Steps, accounts: Accounts
) -> None:
    add_to_our_statement(accounts, connected.cluster_arn, OTHER_CLIENT)

    connected.revoke()

    assert OTHER_CLIENT not in admitted(accounts, connected.cluster_arn)
    connected.grant()
    assert accounts.take_events("Drift Repaired")


@pytest.mark.parametrize("leaves", [False, True])
def test_a_contested_item_stays_contested(
    connected: Steps, accounts: Accounts, *, leaves: bool
) -> None:
    item = history_item(DriftKind.POLICY)
    run_state.save_repair_history(connected.cluster_arn, item, RepairHistory(contested=True))
    add_to_our_statement(accounts, connected.cluster_arn, OTHER_CLIENT)
    if leaves:
        connected.surveys = [{"account": CLIENT, "schemes": [], "barred": True}]
        for record in dynamodb.connections(connected.cluster_arn):
            dynamodb.delete_record(record)

    connected.revoke()

    assert (CLIENT in admitted(accounts, connected.cluster_arn)) is not leaves
    connected.grant()
    assert OTHER_CLIENT in admitted(accounts, connected.cluster_arn)
    assert run_state.repair_history(connected.cluster_arn, item).last_reported_state
    assert not accounts.take_events("Drift Repaired")


@pytest.mark.parametrize("cannot_list", [True, False])
def test_a_grant_is_removed_on_a_cluster_without_private_connectivity(
    surveyed: Steps, accounts: Accounts, *, cannot_list: bool
) -> None:
    accounts.msk.assume(unconnected_cannot_list=cannot_list)
    accounts.put_policy(surveyed.cluster_arn, FIREHOSE)
    surveyed.grant()
    for record in dynamodb.connections(surveyed.cluster_arn):
        dynamodb.delete_record(record)

    surveyed.revoke()

    assert accounts.policy(surveyed.cluster_arn)["Statement"] == [FIREHOSE]
