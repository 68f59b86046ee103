from datetime import UTC, datetime
from typing import Any

import pytest

from msklink.aws import cluster_item
from msklink.runs.cluster_record import RunFailure
from tests.support.aws import Accounts
from tests.support.steps import RUN, Steps

OTHER_RUN = "orders-run-2"
FAILURE = RunFailure(run=RUN, status="FAILED", ended=datetime(2026, 1, 1, tzinfo=UTC))

pytestmark = pytest.mark.usefixtures("executions")


@pytest.fixture
def holding(steps: Steps) -> Steps:
    """Return a run that holds the lease, for the first request."""
    cluster_item.add_request(steps.cluster_arn)
    cluster_item.take_lease(steps.cluster_arn, RUN)
    return steps


def test_the_lease_is_released(holding: Steps) -> None:
    assert holding.conclude(1) == {"newer": False}

    assert cluster_item.read_cluster(holding.cluster_arn).holder is None


def test_concluding_twice_changes_nothing(holding: Steps, accounts: Accounts) -> None:
    holding.conclude(1)
    before = accounts.snapshot(holding.cluster_arn)

    assert holding.conclude(1) == {"newer": False}
    assert accounts.snapshot(holding.cluster_arn) == before


def test_a_newer_request_keeps_the_lease(holding: Steps) -> None:
    cluster_item.add_request(holding.cluster_arn)

    assert holding.conclude(1) == {"newer": True}

    assert cluster_item.read_cluster(holding.cluster_arn).holder == RUN
    assert holding.conclude(2) == {"newer": False}


def test_the_lease_of_another_run_is_not_changed(holding: Steps) -> None:
    assert Steps(holding.cluster_arn, run=OTHER_RUN).conclude(1) == {"newer": False}

    assert cluster_item.read_cluster(holding.cluster_arn).holder == RUN


def test_a_run_that_lost_the_lease_and_was_redriven_concludes(holding: Steps) -> None:
    cluster_item.free_lease(holding.cluster_arn, RUN)
    cluster_item.record_failure(holding.cluster_arn, FAILURE)

    assert holding.conclude(1) == {"newer": False}

    assert cluster_item.read_cluster(holding.cluster_arn).failure is None


def test_a_run_that_was_followed_by_another_concludes_nothing(holding: Steps) -> None:
    cluster_item.free_lease(holding.cluster_arn, RUN)
    cluster_item.add_request(holding.cluster_arn)
    cluster_item.take_lease(holding.cluster_arn, OTHER_RUN)
    cluster_item.free_lease(holding.cluster_arn, OTHER_RUN)
    cluster_item.record_failure(holding.cluster_arn, FAILURE)

    holding.conclude(2)

    assert cluster_item.read_cluster(holding.cluster_arn).failure


def test_a_run_with_a_full_history_starts_its_successor(
    holding: Steps, executions: list[dict[str, Any]]
) -> None:
    cluster_item.add_request(holding.cluster_arn)

    assert holding.conclude(1, rounds=1, clients=600) == {"newer": False}

    [following] = executions
    assert cluster_item.read_cluster(holding.cluster_arn).holder == following["run"]
    assert following["run"] != RUN


def test_starting_the_successor_twice_starts_one_run(
    holding: Steps, executions: list[dict[str, Any]]
) -> None:
    """The function died before it returned."""
    cluster_item.add_request(holding.cluster_arn)
    holding.conclude(1, rounds=1, clients=600)

    assert holding.conclude(1, rounds=1, clients=600) == {"newer": False}

    assert len({one["run"] for one in executions}) == 1
