"""The growth of the history and the payloads of a run with its clients."""

import json

import pytest

from msklink.arns import ClusterArn
from msklink.policy.document import ACTIONS, SIZE_LIMIT, ClusterGrant, Policy
from msklink.runs import lease
from msklink.runs.task_input import Survey
from tests.support.aws import Accounts
from tests.support.cloudformation import definition
from tests.support.functions import invoke
from tests.support.onboarded_client import OnboardedClient
from tests.support.step_functions import SUBSTITUTIONS, Engine, tag_event
from tests.unit.factories import ARN

PAYLOAD_LIMIT = 262_144
MOST_CLIENTS = 611
"""More than a cluster policy has room for."""


def make_clients(accounts: Accounts, count: int, name: str = "orders") -> tuple[str, list[str]]:
    ids = [f"{200_000_000_000 + number}" for number in range(count)]
    for account in ids:
        accounts.make_tagged_vpc(account, cluster=name)
    tags = {"msklink": "iam", "msklink/clients": " ".join(ids)}
    return accounts.make_cluster(name, tags=tags), ids


def connected(accounts: Accounts, ids: list[str]) -> int:
    """Return how many of the accounts have a connection."""
    return sum(bool(accounts.connections(account)) for account in ids)


def test_each_client_uses_as_much_history_as_calculated(accounts: Accounts, engine: Engine) -> None:
    """moto writes the events of a Map iteration and of its task as Step Functions does."""
    lengths = []
    for name, count in (("few", 2), ("more", 6)):
        cluster, _ = make_clients(accounts, count, name)
        [run] = engine.receive(tag_event(cluster))
        assert engine.describe(run)["status"] == "SUCCEEDED"
        lengths.append(len(engine.history(run)))

    few, more = lengths
    assert more - few == (6 - 2) * lease.EVENTS_PER_CLIENT
    assert few - 2 * lease.EVENTS_PER_CLIENT < lease.EVENTS_PER_ROUND


def test_a_policy_admits_no_more_clients_than_a_history() -> None:
    clients = frozenset(f"{number:012d}" for number in range(MOST_CLIENTS))

    policy = Policy.parse(None).with_grant(ClusterArn.parse(ARN), ClusterGrant(clients), "msklink")

    assert len(policy.to_json()) > SIZE_LIMIT
    assert lease.has_room(0, MOST_CLIENTS)
    assert set(ACTIONS) == set(policy.statements[0]["Action"])


def test_a_run_has_room_for_as_many_clients_as_a_policy_but_not_for_all_that_tags_can_list() -> (
    None
):
    """Beyond that the accounts are refused; tests/integration/test_inspect_cluster.py."""
    most_listed = 49 * 19  # tags besides that of the schemes, ids in the 255 characters of each

    assert lease.most_clients() == MOST_CLIENTS
    assert not lease.has_room(0, lease.most_clients() + 1)
    assert lease.most_clients() < most_listed


def test_a_run_with_more_accounts_than_room_serves_some_refuses_the_others_and_succeeds(
    accounts: Accounts, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = lease.EVENTS_PER_ROUND + 2 * lease.EVENTS_PER_CLIENT
    monkeypatch.setattr(lease, "HISTORY_LIMIT", room)
    cluster, ids = make_clients(accounts, 3)

    [run] = engine.receive(tag_event(cluster))

    assert engine.describe(run)["status"] == "SUCCEEDED"
    assert len(engine.history(run)) <= room
    assert [bool(accounts.connections(account)) for account in ids] == [True, True, False]
    [event] = accounts.take_events("Cluster Refused")
    assert event["refusal"]["code"] == "TooManyAccounts"


def test_the_surveys_of_all_clients_fit_into_a_payload() -> None:
    surveys = [
        Survey(account=f"{number:012d}", schemes=("iam", "scram"), held=("tls",)).model_dump(
            mode="json"
        )
        for number in range(MOST_CLIENTS)
    ]

    assert len(json.dumps({"cluster_arn": "c" * 256, "surveys": surveys})) < PAYLOAD_LIMIT / 3


def test_a_run_with_a_full_history_starts_its_successor_and_all_are_served(
    accounts: Accounts, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster, [first, second] = make_clients(accounts, 2)
    monkeypatch.setattr(lease, "HISTORY_LIMIT", lease.EVENTS_PER_ROUND + 100)
    accounts.meanwhile(
        "ListClientVpcConnections", lambda: invoke("ReceiveEventFunction", tag_event(cluster))
    )

    [run] = engine.receive(tag_event(cluster))

    following = run.replace("-1", "-2")
    engine.wait(following)
    assert [engine.describe(one)["status"] for one in (run, following)] == ["SUCCEEDED"] * 2
    assert "GoRoundAgain" not in engine.states(run)
    assert "holder" not in accounts.items(cluster)["cluster"]
    assert {accounts.status(account)["state"] for account in (first, second)} == {"published"}


def test_clients_beyond_the_removal_limit_of_a_run_are_removed_by_the_next(
    accounts: Accounts, engine: Engine
) -> None:
    """The limit of the real machine is tried in tests/template/test_expressions.py."""
    limit_disconnections(accounts, engine, "0..1")
    cluster, ids = make_clients(accounts, 5)
    engine.reconcile(cluster)
    onboarded = OnboardedClient(accounts, engine, cluster, vpc_id="")
    accounts.tag_cluster(cluster, msklink="off")
    engine.reconcile(cluster)
    onboarded.advance_hours(24)

    left = [connected(accounts, ids)]
    while onboarded.sweep():
        left.append(connected(accounts, ids))

    assert left == [5, 3, 1, 0]


def limit_disconnections(accounts: Accounts, engine: Engine, places: str) -> None:
    text = json.dumps(definition(SUBSTITUTIONS))
    assert text.count("[[0..99]]") == 1
    accounts.client("stepfunctions").update_state_machine(
        stateMachineArn=engine.machine_arn, definition=text.replace("0..99", places)
    )
