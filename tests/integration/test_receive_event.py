from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localcloud.msk import faults
from msklink.arns import ClusterArn
from msklink.aws import cluster_item
from msklink.runs.lease import run_name
from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts
from tests.support.client_events import VPC, receive, refusal_codes, request, vpc_tagged
from tests.support.functions import OWNER
from tests.support.step_functions import Engine, engine_in_moto, tag_event
from tests.support.steps import error_of

SOMEWHERE = "arn:aws:kafka:{}:{}:cluster/orders/a-uuid"


# ------------------------------------------------------------------------------------ triggers


def test_a_tagged_cluster_starts_a_run(cluster: str, executions: list[dict[str, Any]]) -> None:
    [run] = receive(tag_event(cluster))

    assert executions == [{"run": run, "cluster_arn": cluster}]
    assert cluster_item.read_cluster(cluster).holder == run


def test_a_second_event_joins_the_running_run(
    cluster: str, executions: list[dict[str, Any]]
) -> None:
    [first] = receive(tag_event(cluster))
    [second] = receive(tag_event(cluster))

    assert first == second
    assert {one["run"] for one in executions} == {first}
    assert cluster_item.read_cluster(cluster).requested == 2


@pytest.mark.parametrize("name", ["orders", "its ARN"])
def test_a_request_is_recorded_with_the_account_of_the_envelope(
    cluster: str, accounts: Accounts, executions: list[dict[str, Any]], name: str
) -> None:
    receive(request(cluster=cluster if name == "its ARN" else name))

    assert len(executions) == 1
    item = accounts.items(cluster)[f"onboarding#{CLIENT}#{VPC}"]
    assert (item["account"], item["schemes"]) == (CLIENT, ["iam"])


def test_a_duplicate_request_is_recorded_once(
    cluster: str, accounts: Accounts, executions: list[dict[str, Any]]
) -> None:
    receive(request())
    receive(request())

    assert len([name for name in accounts.items(cluster) if name.startswith("onboarding#")]) == 1
    assert len({one["run"] for one in executions}) == 1


def test_a_tagged_vpc_starts_a_run(cluster: str, executions: list[dict[str, Any]]) -> None:
    assert receive(vpc_tagged())

    assert executions[0]["cluster_arn"] == cluster


def test_a_cluster_with_the_same_prefix_is_not_matched(
    accounts: Accounts, executions: list[dict[str, Any]]
) -> None:
    accounts.make_cluster("orders-2", tags={"msklink": "iam", "msklink/clients": CLIENT})

    assert not receive(request())
    assert refusal_codes(accounts) == ["ClusterNotFound"]
    assert not executions


# --------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (request(account=OTHER_CLIENT), "AccountNotAllowed"),
        (request(account=""), "AccountNotAllowed"),
        (vpc_tagged(account=OTHER_CLIENT), "AccountNotAllowed"),
        (request(cluster="gone"), "ClusterNotFound"),
        (vpc_tagged(key="msklink/gone"), "ClusterNotFound"),
        (vpc_tagged(key="msklink/"), "ClusterNotFound"),
        (vpc_tagged(key="msklink/two words: 1"), "ClusterNotFound"),
        (
            request(cluster=SOMEWHERE.format("eu-west-1", "999999999999")),
            "ClusterNotFound",
        ),
        (
            request(cluster=SOMEWHERE.format("eu-west-2", OWNER)),
            "ClusterNotFound",
        ),
        (request(cluster="arn:aws:sns:eu-west-1:123456789012:topic"), "ClusterNotFound"),
        (request(account_id=OTHER_CLIENT), "MalformedRequest"),
        (request(account=CLIENT, account_=OTHER_CLIENT), "MalformedRequest"),
        (request(schemes=[]), "MalformedRequest"),
        (request() | {"detail": None}, "MalformedRequest"),
    ],
)
def test_an_invalid_request_is_refused_and_starts_nothing(
    cluster: str,
    accounts: Accounts,
    executions: list[dict[str, Any]],
    event: dict[str, Any],
    code: str,
) -> None:
    before = accounts.snapshot(cluster)

    assert receive(event) == []

    assert refusal_codes(accounts) == [code]
    assert not executions
    assert accounts.snapshot(cluster) == before


def test_a_detail_cannot_request_for_another_account(
    cluster: str, accounts: Accounts, executions: list[dict[str, Any]]
) -> None:
    forged = request(account=OTHER_CLIENT)
    forged["detail"]["account"] = CLIENT

    receive(forged)

    [refused] = accounts.take_events("Client Refused")
    assert refused["account"] == OTHER_CLIENT
    assert [*accounts.items(cluster)] == []
    assert not executions


def test_a_cluster_that_is_not_opted_in_is_refused(
    accounts: Accounts, executions: list[dict[str, Any]]
) -> None:
    accounts.make_cluster(tags={"msklink/clients": CLIENT})

    receive(request())

    assert refusal_codes(accounts) == ["ClusterNotManaged"]
    assert not executions


texts = st.text(max_size=30)


@settings(
    max_examples=25,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    detail=st.dictionaries(
        st.sampled_from(["cluster", "vpc_id", "schemes", "subnet_ids", "more"]),
        texts | st.lists(texts, max_size=4) | st.none() | st.sampled_from(["orders", VPC]),
    )
)
def test_no_request_makes_the_function_fail(
    cluster: str,
    executions: list[dict[str, Any]],
    detail: dict[str, Any],
) -> None:
    assert cluster
    assert receive(request() | {"detail": detail}) in ([], [one["run"] for one in executions[-1:]])


def test_a_name_that_two_clusters_have_is_refused(
    cluster: str, accounts: Accounts, executions: list[dict[str, Any]]
) -> None:
    """MSK keeps names of existing clusters unique; nothing is documented for deleted ones."""
    other = accounts.make_cluster("orders-2", tags={"msklink": "iam", "msklink/clients": CLIENT})
    accounts.msk.rename(other, "orders")

    assert receive(request()) == []

    assert refusal_codes(accounts) == ["ClusterAmbiguous"]
    assert not executions
    assert receive(request(cluster=cluster))


# ------------------------------------------------------------------------------------- lease


def test_a_run_that_was_never_started_is_started(cluster: str, accounts: Accounts) -> None:
    """The function died after it took the lease and before it started the run."""
    with engine_in_moto(accounts) as engine:
        cluster_item.add_request(cluster)
        cluster_item.take_lease(cluster, "orders-lost-1")

        assert engine.receive(tag_event(cluster)) == ["orders-lost-1"]
        assert cluster_item.read_cluster(cluster).holder is None


def test_a_run_that_died_loses_its_lease(cluster: str, accounts: Accounts) -> None:
    with engine_in_moto(accounts) as engine:
        accounts.msk.force_state(cluster, "UPDATING")
        name = run_name(ClusterArn.parse(cluster), 1)
        accounts.meanwhile("DescribeClusterV2", lambda: engine.kill(name))
        [first] = engine.receive(tag_event(cluster))
        accounts.msk.force_state(cluster, "ACTIVE")
        assert cluster_item.read_cluster(cluster).holder == first == name

        [second] = engine.receive(tag_event(cluster))

        assert first != second
        assert status(engine, second) == "SUCCEEDED"
        assert cluster_item.read_cluster(cluster).holder is None


def status(engine: Engine, run: str) -> str:
    return str(engine.describe(run)["status"])


# ------------------------------------------------------------------------------------ faults


@pytest.mark.parametrize("operation", ["ListClustersV2", "DescribeClusterV2"])
def test_a_throttled_read_is_retried_by_lambda(
    cluster: str, accounts: Accounts, operation: str
) -> None:
    accounts.msk.faults.add(faults.throttled(operation, times=None))

    assert error_of(receive, request()) == "TooManyRequestsException"
    assert [*accounts.items(cluster)] == []


@pytest.mark.usefixtures("accounts")
def test_an_event_that_eventbridge_rejects_is_an_error(failing: Any) -> None:
    failing("events", "PutEvents", "InternalException")

    assert error_of(receive, request(cluster="gone")) == "InternalException"
