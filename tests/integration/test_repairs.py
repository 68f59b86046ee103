"""Functions that die during a repair: the next one reports the repair and counts it once."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.client import BaseClient

from msklink.aws import run_state
from msklink.drift.kinds import DriftKind, history_item
from msklink.settings import settings
from tests.support.aws import CLIENT, Accounts
from tests.support.steps import Steps

READS = ("Get", "List", "Describe", "Query", "Assume")
LAST = 7
"""No function here makes more writes."""

Until = Callable[[int, Callable[[], object]], None]


class Killed(BaseException):
    """Stops a function."""


@pytest.fixture
def until(monkeypatch: pytest.MonkeyPatch) -> Until:
    """Return a call of a function that dies before its *nth* write."""
    call = BaseClient._make_api_call  # type: ignore[attr-defined]  # the one way of all calls

    def until(nth: int, function: Callable[[], object]) -> None:
        writes: list[str] = []

        def count(client: Any, name: str, parameters: dict[str, Any]) -> Any:
            if not name.startswith(READS):
                writes.append(name)
                if len(writes) == nth:
                    raise Killed
            return call(client, name, parameters)

        with monkeypatch.context() as patched:
            patched.setattr(BaseClient, "_make_api_call", count)
            try:
                function()
            except Killed:
                return
        assert len(writes) < LAST

    return until


everywhere = pytest.mark.parametrize("nth", range(2, LAST + 1))


def assert_repaired_once(accounts: Accounts, cluster_arn: str, kind: DriftKind, item: str) -> None:
    events = [one for one in accounts.take_events("Drift Repaired") if one["kind"] == kind]
    assert 1 <= len(events) <= 2  # again where it is not known whether the event was sent
    history = run_state.repair_history(cluster_arn, item)
    assert (len(history.repaired_at), history.attempt) == (1, None)


@everywhere
def test_of_parameters(
    connected: Steps,
    accounts: Accounts,
    until: Until,
    nth: int,
) -> None:
    connected.publish(CLIENT)
    good = accounts.parameters(CLIENT)
    for name in ("bootstrap.servers", "security.protocol"):
        accounts.client("ssm", CLIENT).put_parameter(
            Name=f"/msklink/orders/iam/{name}", Value="b-1:9098", Overwrite=True
        )

    until(nth, lambda: connected.publish(CLIENT))
    connected.publish(CLIENT)
    connected.publish(CLIENT)

    assert accounts.parameters(CLIENT) == good
    item = history_item(DriftKind.PARAMETERS, CLIENT, scheme="iam")
    assert_repaired_once(accounts, connected.cluster_arn, DriftKind.PARAMETERS, item)


@everywhere
def test_of_the_policy(
    connected: Steps,
    accounts: Accounts,
    until: Until,
    nth: int,
) -> None:
    good = accounts.policy(connected.cluster_arn)
    other = {**good["Statement"][0], "Sid": "Other"}
    accounts.put_policy(connected.cluster_arn, other)

    until(nth, connected.grant)
    connected.grant()
    connected.grant()

    assert len(accounts.policy(connected.cluster_arn)["Statement"]) == 2
    item = history_item(DriftKind.POLICY)
    assert_repaired_once(accounts, connected.cluster_arn, DriftKind.POLICY, item)


@everywhere
@pytest.mark.parametrize("state", ["FAILED", "gone"])
def test_of_a_connection(
    connected: Steps,
    accounts: Accounts,
    *,
    vpc_id: str,
    until: Until,
    nth: int,
    state: str,
) -> None:
    connected.publish(CLIENT)
    [made] = accounts.connections(CLIENT)
    if state == "gone":
        accounts.client("kafka", CLIENT).delete_vpc_connection(Arn=made["VpcConnectionArn"])
        accounts.clock.advance(3600)
    else:
        accounts.msk.force_connection(made["VpcConnectionArn"], state)

    until(nth, lambda: connected.connect(CLIENT))
    for _ in range(2):
        connected.connect(CLIENT)
        accounts.clock.advance(3600)
        connected.inspect_connections()
        connected.inspect_connections()

    assert [one["State"] for one in accounts.connections(CLIENT)] == ["AVAILABLE"]
    item = history_item(DriftKind.CONNECTION, CLIENT, vpc_id, "iam")
    assert_repaired_once(accounts, connected.cluster_arn, DriftKind.CONNECTION, item)


@everywhere
def test_of_a_security_group(
    connected: Steps,
    accounts: Accounts,
    *,
    vpc_id: str,
    monkeypatch: pytest.MonkeyPatch,
    until: Until,
    nth: int,
) -> None:
    monkeypatch.setenv("REPAIR", "security-group")
    settings.cache_clear()
    connected.publish(CLIENT)
    ec2 = accounts.client("ec2", CLIENT)
    ours = [{"Name": "tag-key", "Values": ["msklink/managed-by"]}]
    [group] = ec2.describe_security_groups(Filters=ours)["SecurityGroups"]
    ec2.authorize_security_group_ingress(
        GroupId=group["GroupId"],
        IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    )

    until(nth, lambda: connected.connect(CLIENT))
    connected.connect(CLIENT)
    connected.connect(CLIENT)

    [now] = ec2.describe_security_groups(Filters=ours)["SecurityGroups"]
    assert now["IpPermissions"] == group["IpPermissions"]
    item = history_item(DriftKind.SECURITY_GROUP, CLIENT, vpc_id)
    assert_repaired_once(accounts, connected.cluster_arn, DriftKind.SECURITY_GROUP, item)
