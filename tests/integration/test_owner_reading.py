"""What the command of the owner reads: clusters, their clients, and with how many calls."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest
from botocore.client import BaseClient

from msklink import clock
from msklink.aws import cluster_item, dynamodb, msk_clusters, step_functions
from msklink.connections.record import ConnectionRecord, State
from msklink.settings import settings
from msklink_cli import reading
from msklink_cli.doctor.installation import count_parameters
from msklink_cli.errors import CommandError
from msklink_cli.page.overview import OverviewReader
from tests.support.aws import CLIENT, Accounts
from tests.support.functions import OWNER
from tests.support.steps import Steps

CLUSTERS, CLIENTS_OF_EACH = 100, 6


@contextmanager
def calls_made() -> Iterator[Counter[str]]:
    made: Counter[str] = Counter()
    call = BaseClient._make_api_call  # type: ignore[attr-defined]  # all calls pass here

    def counted(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        made[operation] += 1
        return call(client, operation, parameters)

    with mock.patch.object(BaseClient, "_make_api_call", counted):
        yield made


def test_a_connection_is_shown_as_its_run_recorded_it(connected: Steps, vpc_id: str) -> None:
    found = reading.one_cluster("orders")

    assert found.arn == connected.cluster_arn
    assert found.on == ("iam",)
    assert found.asked == "iam scram"
    assert found.policy
    assert found.policy.accounts == (CLIENT,)
    [client] = found.connections
    assert (client.account, client.vpc_id, client.scheme) == (CLIENT, vpc_id, "iam")
    assert client.state is State.CONNECTED
    assert client.connection_arn


def test_the_list_says_the_same_as_the_cluster_alone(connected: Steps, accounts: Accounts) -> None:
    accounts.make_cluster("ledger", tags={})

    ledger, orders = reading.all_clusters()

    one = reading.one_cluster(connected.cluster_arn)
    assert orders.model_dump() == one.model_dump(include=set(type(orders).model_fields))
    assert (ledger.name, ledger.managed, ledger.clients) == ("ledger", False, {})


@pytest.mark.usefixtures("accounts")
def test_a_cluster_that_is_not_there_is_named() -> None:
    for text in ("nope", "arn:aws:kafka:eu-west-1:123456789012:cluster/nope/1-1"):
        with pytest.raises(CommandError) as refused:
            reading.one_cluster(text)
        assert refused.value.code == "ClusterNotFound"


@pytest.mark.usefixtures("accounts")
@pytest.mark.parametrize("text", ["arn:aws:kafka", "arn:aws:s3:::bucket", "", "no name", "x" * 99])
def test_what_is_no_name_is_refused_before_aws_is_asked(text: str) -> None:
    with calls_made() as made, pytest.raises(CommandError) as refused:
        reading.one_cluster(text)

    assert refused.value.code == "MalformedCluster"
    assert not made


@pytest.mark.usefixtures("accounts")
def test_a_cluster_of_another_region_names_the_option() -> None:
    with pytest.raises(CommandError) as refused:
        reading.one_cluster("arn:aws:kafka:us-east-1:123456789012:cluster/orders/1-1")

    assert refused.value.code == "ClusterElsewhere"
    assert "--region us-east-1" in refused.value.remedy


def test_two_clusters_of_one_name_need_an_arn(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = accounts.make_cluster()
    both = [arn, f"{arn[:-1]}2"]
    monkeypatch.setattr(msk_clusters, "find_clusters", lambda *_: both)

    with pytest.raises(CommandError) as refused:
        reading.find("orders")

    assert refused.value.code == "ClusterAmbiguous"
    assert all(one in refused.value.remedy for one in both)


@pytest.fixture
def state_machine(accounts: Accounts) -> Accounts:
    """Create the state machine, without any run."""
    step_functions.client().create_state_machine(
        name=settings().state_machine_arn.rpartition(":")[2],
        definition='{"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}',
        roleArn="arn:aws:iam::123456789012:role/msklink",
    )
    return accounts


@pytest.fixture
def hundred_clusters(accounts: Accounts) -> list[str]:
    """Create clusters that have 600 clients, one of them with a run at work; return their ARNs."""
    arns = [
        accounts.make_cluster(f"orders-{number}", tags={"msklink": "iam"})
        for number in range(CLUSTERS)
    ]
    for arn in arns:
        for client in range(CLIENTS_OF_EACH):
            record = ConnectionRecord(
                cluster_arn=arn,
                account=f"{client:012}",
                vpc_id=f"vpc-{client}",
                scheme="iam",
                state=State.PUBLISHED,
                requested_at=clock.now(),
            )
            dynamodb.save(record, clock.now())
    cluster_item.take_lease(arns[-1], "orders-99-0b1c2d3e-1")
    return arns


@pytest.mark.usefixtures("hundred_clusters")
def test_a_hundred_clusters_take_a_few_calls() -> None:
    """Lists come by pages; the run at work is described."""
    with calls_made() as made:
        found = reading.all_clusters()

    assert sum(one.clients["published"] for one in found) == CLUSTERS * CLIENTS_OF_EACH
    assert made.pop("DescribeExecution") == 1
    assert made.keys() == {"ListClustersV2", "Scan"}
    assert made.total() <= 4


def test_parameters_are_counted_page_by_page_up_to_the_most(accounts: Accounts) -> None:
    ssm = accounts.client("ssm", OWNER)
    for number in range(120):
        ssm.put_parameter(Name=f"/others/{number}", Value="x", Type="String")

    assert count_parameters(1000) == 120
    assert count_parameters(100) == 100


@pytest.mark.usefixtures("state_machine")
def test_the_page_reads_a_policy_only_when_it_may_be_another(
    hundred_clusters: list[str], accounts: Accounts
) -> None:
    """The first reading reads all policies; a run with the lease that is not at work has died."""
    accounts.make_cluster("without-clients", tags={"msklink": "iam"})
    reader = OverviewReader()
    with calls_made() as first:
        overview = reader.read()
    with calls_made() as second:
        reader.read()
    cluster_item.take_lease(hundred_clusters[0], "orders-0-0b1c2d3e-7")
    with calls_made() as third:
        reader.read()

    assert len(overview.clusters) == CLUSTERS + 1
    assert sum(len(one.connections) for one in overview.clusters) == CLUSTERS * CLIENTS_OF_EACH
    assert first.pop("GetClusterPolicy") == CLUSTERS
    assert first.keys() == {"ListClustersV2", "Scan", "ListExecutions", "DescribeExecution"}
    assert first.total() <= 6
    assert second.keys() == first.keys()
    assert second.total() <= 6
    assert third["GetClusterPolicy"] == 1


@pytest.mark.usefixtures("state_machine")
def test_a_policy_that_cannot_be_read_leaves_the_rest(
    connected: Steps, failing: Callable[[str, str, str], Callable[[], None]]
) -> None:
    failing("kafka", "GetClusterPolicy", "AccessDeniedException")

    [found] = OverviewReader().read().clusters

    assert (found.arn, found.policy) == (connected.cluster_arn, None)
    assert found.connections
