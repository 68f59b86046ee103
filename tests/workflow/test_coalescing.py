"""A waiting run serves the requests that arrive meanwhile: many requests, one reboot."""

from collections import deque
from collections.abc import Callable
from typing import Any

import pytest

from localcloud.msk.clock import AS_ON_AWS
from tests.support.aws import Accounts
from tests.support.functions import OWNER, invoke
from tests.support.step_functions import Engine

CLIENTS = [f"{number:012d}" for number in range(200000000000, 200000000050)]


def request(account: str, vpc_id: str, scheme: str = "iam") -> dict[str, Any]:
    return {
        "id": "1",
        "detail-type": "Client Onboarding Requested",
        "account": account,
        "detail": {"cluster": "orders", "vpc_id": vpc_id, "schemes": [scheme]},
    }


def make_clients(accounts: Accounts, clients: list[str]) -> dict[str, str]:
    """Create a cluster that lists *clients*, and return a VPC of each without a request."""
    for account in clients:
        accounts.deploy_client(account)
    lists = [clients[start : start + 19] for start in range(0, len(clients), 19)]  # 255 characters
    keys = ["msklink/clients", *(f"msklink/clients/{number}" for number in range(2, 9))]
    tags = {key: " ".join(some) for key, some in zip(keys, lists, strict=False)}
    accounts.make_cluster(tags={"msklink": "iam scram"} | tags)
    return {account: accounts.make_network(account) for account in clients}


@pytest.fixture
def during_waits(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> Callable[[list[dict[str, Any]]], None]:
    """Send events while runs wait, two at the end of each wait."""
    coming: deque[dict[str, Any]] = deque()
    advance = accounts.clock.advance

    def wait(seconds: float) -> None:
        advance(seconds)
        for _ in range(min(2, len(coming))):
            invoke("ReceiveEventFunction", coming.popleft())

    monkeypatch.setattr(accounts.clock, "advance", wait)
    return coming.extend


def updates(accounts: Accounts) -> int:
    return accounts.msk.calls[OWNER, "UpdateConnectivity"]


@pytest.mark.parametrize("durations", [AS_ON_AWS])
def test_fifty_requests_during_one_update_need_no_other_update(
    accounts: Accounts,
    engine: Engine,
    during_waits: Callable[[list[dict[str, Any]]], None],
) -> None:
    vpcs = make_clients(accounts, CLIENTS)
    first, *others = [request(account, vpc_id) for account, vpc_id in vpcs.items()]
    during_waits(others)

    [run] = engine.receive(first)

    assert engine.describe(run)["status"] == "SUCCEEDED"
    executions = accounts.client("stepfunctions").list_executions(
        stateMachineArn=engine.machine_arn
    )["executions"]
    assert [execution["name"] for execution in executions] == [run]
    assert updates(accounts) == 1
    rounds = 1 + engine.states(run).count("GoRoundAgain")
    assert accounts.msk.calls[OWNER, "PutClusterPolicy"] <= 2 * rounds
    for account in CLIENTS:
        assert accounts.status(account)["state"] == "published"
        assert len(accounts.connections(account)) == 1
    [cluster] = accounts.client("kafka").list_clusters_v2()["ClusterInfoList"]
    lease = accounts.items(cluster["ClusterArn"])["cluster"]
    assert lease["requested"] == len(CLIENTS)
    assert "holder" not in lease


def test_another_scheme_requested_meanwhile_needs_one_more_update(
    accounts: Accounts,
    engine: Engine,
    during_waits: Callable[[list[dict[str, Any]]], None],
) -> None:
    few = CLIENTS[:6]
    vpcs = make_clients(accounts, few)
    during_waits([request(account, vpcs[account], "scram") for account in few[1:]])

    [run] = engine.receive(request(few[0], vpcs[few[0]], "iam"))

    assert engine.describe(run)["status"] == "SUCCEEDED"
    assert updates(accounts) == 2
    assert [accounts.status(account)["state"] for account in few] == ["published"] * len(few)
    assert [len(accounts.connections(account)) for account in few] == [1] * len(few)
