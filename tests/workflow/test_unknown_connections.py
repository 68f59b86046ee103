"""Connections of accounts that are not on the list of the cluster: told of, rejected if wanted."""

from collections.abc import Callable

import pytest

from tests.support import external_changes
from tests.support.functions import OWNER
from tests.support.onboarded_client import Served

STRANGER = "444444444444"


def connect_stranger(served: Served) -> str:
    """Somebody else lets the stranger in, who connects; the ARN of its connection."""
    external_changes.let_in_beside(served.accounts, served.cluster, STRANGER)
    return external_changes.connect_by_hand(served.accounts, served.cluster, STRANGER)


@pytest.mark.parametrize("reject", [False, True])
def test_a_connection_of_an_unknown_account_is_told_once_and_rejected_if_wanted(
    served: Served, repair: Callable[..., None], *, reject: bool
) -> None:
    repair("policy", REJECT_UNKNOWN_CONNECTIONS=str(reject).lower())
    arn = connect_stranger(served)

    assert served.sweep() == 1

    [told] = served.accounts.told()
    assert (told["account"], told["connection_arn"]) == (STRANGER, arn)
    assert told["refusal"]["code"] == "UnknownConnection"
    served.pass_hours(1)
    left = served.connections(STRANGER)
    assert left == (["REJECTED"] if reject else ["AVAILABLE"])
    assert served.sweep() == 0


def test_a_connection_of_a_service_of_aws_is_never_rejected(
    served: Served, repair: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither is one of which it cannot be told."""
    repair("", REJECT_UNKNOWN_CONNECTIONS="true")
    monkeypatch.setattr("localcloud.msk.connections.KIND_OF_CALLER", "AWSSERVICE")
    connect_stranger(served)

    served.sweep()

    served.pass_hours(1)
    assert served.connections(STRANGER) == ["AVAILABLE"]


def test_what_was_told_of_before_it_could_be_rejected_is_rejected_then(
    served: Served, repair: Callable[..., None]
) -> None:
    connect_stranger(served)
    served.sweep()
    assert served.connections(STRANGER) == ["AVAILABLE"]

    repair("policy", REJECT_UNKNOWN_CONNECTIONS="true")
    assert served.sweep() == 1

    served.pass_hours(1)
    assert served.connections(STRANGER) == ["REJECTED"]
    assert served.sweep() == 0


def test_a_stranger_that_was_told_of_on_its_way_is_rejected_when_it_is_there(
    served: Served, repair: Callable[..., None]
) -> None:
    repair("policy", REJECT_UNKNOWN_CONNECTIONS="true")
    arn = connect_stranger(served)
    served.accounts.msk.force_connection(arn, "CREATING")
    served.reconcile()
    assert [code for _, code in served.told()] == ["UnknownConnection"]

    served.accounts.msk.force_connection(arn, "AVAILABLE")
    served.reconcile()

    served.pass_hours(1)
    assert served.connections(STRANGER) == ["REJECTED"]
    assert served.told() == []


def test_whose_a_connection_is_is_judged_once(
    served: Served, repair: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    repair("", REJECT_UNKNOWN_CONNECTIONS="true")
    monkeypatch.setattr("localcloud.msk.connections.KIND_OF_CALLER", "AWSSERVICE")
    connect_stranger(served)
    served.reconcile()
    asked = served.accounts.msk.calls[OWNER, "DescribeClusterOperationV2"]

    served.reconcile()

    assert served.accounts.msk.calls[OWNER, "DescribeClusterOperationV2"] == asked
