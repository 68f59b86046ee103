"""Connections of accounts that are not listed: reported, and rejected if enabled."""

from collections.abc import Callable

import pytest

from tests.support import external_changes
from tests.support.functions import OWNER
from tests.support.onboarded_client import OnboardedClient

STRANGER = "444444444444"


def connect_stranger(onboarded: OnboardedClient) -> str:
    """Grant and connect an unknown account, and return the ARN of its connection."""
    external_changes.add_vendor_statement(onboarded.accounts, onboarded.cluster, STRANGER)
    return external_changes.connect_manually(onboarded.accounts, onboarded.cluster, STRANGER)


@pytest.mark.parametrize("reject", [False, True])
def test_a_connection_of_an_unknown_account_is_reported_once_and_rejected_if_enabled(
    onboarded: OnboardedClient, repair: Callable[..., None], *, reject: bool
) -> None:
    repair("policy", REJECT_UNKNOWN_CONNECTIONS=str(reject).lower())
    arn = connect_stranger(onboarded)

    assert onboarded.sweep() == 1

    [event] = onboarded.accounts.take_events()
    assert (event["account"], event["connection_arn"]) == (STRANGER, arn)
    assert event["refusal"]["code"] == "UnknownConnection"
    onboarded.advance_hours(1)
    left = onboarded.connections(STRANGER)
    assert left == (["REJECTED"] if reject else ["AVAILABLE"])
    assert onboarded.sweep() == 0


def test_a_connection_of_a_service_of_aws_is_never_rejected(
    onboarded: OnboardedClient, repair: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither is one whose kind of caller is unknown."""
    repair("", REJECT_UNKNOWN_CONNECTIONS="true")
    monkeypatch.setattr("localcloud.msk.connections.KIND_OF_CALLER", "AWSSERVICE")
    connect_stranger(onboarded)

    onboarded.sweep()

    onboarded.advance_hours(1)
    assert onboarded.connections(STRANGER) == ["AVAILABLE"]


def test_a_reported_connection_is_rejected_once_that_is_enabled(
    onboarded: OnboardedClient, repair: Callable[..., None]
) -> None:
    connect_stranger(onboarded)
    onboarded.sweep()
    assert onboarded.connections(STRANGER) == ["AVAILABLE"]

    repair("policy", REJECT_UNKNOWN_CONNECTIONS="true")
    assert onboarded.sweep() == 1

    onboarded.advance_hours(1)
    assert onboarded.connections(STRANGER) == ["REJECTED"]
    assert onboarded.sweep() == 0


def test_a_connection_reported_in_creation_is_rejected_when_available(
    onboarded: OnboardedClient, repair: Callable[..., None]
) -> None:
    repair("policy", REJECT_UNKNOWN_CONNECTIONS="true")
    arn = connect_stranger(onboarded)
    onboarded.accounts.msk.force_connection(arn, "CREATING")
    onboarded.reconcile()
    assert [code for _, code in onboarded.take_events()] == ["UnknownConnection"]

    onboarded.accounts.msk.force_connection(arn, "AVAILABLE")
    onboarded.reconcile()

    onboarded.advance_hours(1)
    assert onboarded.connections(STRANGER) == ["REJECTED"]
    assert onboarded.take_events() == []


def test_the_kind_of_caller_is_read_once_per_connection(
    onboarded: OnboardedClient, repair: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    repair("", REJECT_UNKNOWN_CONNECTIONS="true")
    monkeypatch.setattr("localcloud.msk.connections.KIND_OF_CALLER", "AWSSERVICE")
    connect_stranger(onboarded)
    onboarded.reconcile()
    asked = onboarded.accounts.msk.calls[OWNER, "DescribeClusterOperationV2"]

    onboarded.reconcile()

    assert onboarded.accounts.msk.calls[OWNER, "DescribeClusterOperationV2"] == asked
