import pytest

from localcloud.msk import faults
from tests.support.aws import CLIENT, Accounts
from tests.support.functions import OWNER
from tests.support.steps import Steps, error_of


def states(accounts: Accounts, steps: Steps) -> list[str]:
    items = accounts.items(steps.cluster_arn)
    return [item["state"] for name, item in items.items() if name.startswith("client#")]


def codes(accounts: Accounts) -> list[str]:
    return [event["refusal"]["code"] for event in accounts.take_events("Client Refused")]


def test_a_connection_in_creation_is_waited_for(granted: Steps, accounts: Accounts) -> None:
    granted.connect(CLIENT)

    answer = granted.inspect_connections()

    assert answer["move"] == "wait"
    assert answer["wait_seconds"] > 0
    assert states(accounts, granted) == ["connecting"]


def test_a_connection_that_was_seen_available_twice_can_be_published(
    granted: Steps, accounts: Accounts
) -> None:
    granted.connect(CLIENT)
    accounts.clock.advance(3600)

    first = granted.inspect_connections()
    assert (first["move"], states(accounts, granted)) == ("wait", ["connecting"])
    answer = granted.inspect_connections()

    assert (answer["move"], answer["accounts"]) == ("publish", [CLIENT])
    assert [*answer["bootstrap_brokers"]] == ["iam"]
    assert states(accounts, granted) == ["connected"]


def test_inspecting_twice_changes_nothing(connected: Steps, accounts: Accounts) -> None:
    before = accounts.snapshot(connected.cluster_arn)

    connected.inspect_connections()

    assert accounts.snapshot(connected.cluster_arn) == before
    assert not accounts.take_events()


def test_one_call_returns_all_connections(granted: Steps, accounts: Accounts) -> None:
    for _ in range(3):
        accounts.make_tagged_vpc(CLIENT)
    granted.survey(CLIENT)
    granted.connect(CLIENT)

    assert granted.inspect_connections()["move"] == "wait"
    assert states(accounts, granted) == ["connecting"] * 4
    assert accounts.msk.calls[OWNER, "ListClientVpcConnections"] == 1


def test_a_connection_that_failed_is_refused_once(granted: Steps, accounts: Accounts) -> None:
    accounts.msk.faults.add(faults.fails("CreateVpcConnection", "Broken", "it broke"))
    granted.connect(CLIENT)
    accounts.clock.advance(3600)

    assert granted.inspect_connections()["move"] == "publish"
    granted.inspect_connections()

    assert codes(accounts) == ["ConnectionFailed"]
    assert states(accounts, granted) == ["failed"]


def test_waiting_for_a_connection_ends(granted: Steps, accounts: Accounts) -> None:
    accounts.msk.faults.add(faults.slow("CreateVpcConnection", 1e6))
    granted.connect(CLIENT)

    assert granted.inspect_connections(waited_seconds=1799)["move"] == "wait"
    assert granted.inspect_connections(waited_seconds=1800)["move"] == "publish"

    assert codes(accounts) == ["ConnectionTimedOut"]


def test_a_connection_that_the_owner_rejected_is_refused(
    connected: Steps, accounts: Accounts
) -> None:
    [connection] = accounts.connections(CLIENT)
    accounts.client("kafka").reject_client_vpc_connection(
        ClusterArn=connected.cluster_arn, VpcConnectionArn=connection["VpcConnectionArn"]
    )
    accounts.clock.advance(3600)

    connected.inspect_connections()

    assert codes(accounts) == ["ConnectionRejected"]


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("ListClientVpcConnections", "TooManyRequestsException"),
        ("ListClientVpcConnections", "ServiceUnavailableException"),
        ("GetBootstrapBrokers", "ConflictException"),
    ],
)
def test_a_busy_msk_has_the_name_that_is_retried(
    connected: Steps, accounts: Accounts, operation: str, code: str
) -> None:
    accounts.msk.faults.add(faults.error(operation, code, times=None))

    assert error_of(connected.inspect_connections) == "TransientError"
