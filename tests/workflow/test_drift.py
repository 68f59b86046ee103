"""Drift of MSKLink's resources: found by the sweep, repaired or kept, and reported."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from localcloud.msk import faults
from msklink.settings import settings
from tests.support import external_changes
from tests.support.aws import CLIENT
from tests.support.onboarded_client import FIREHOSE, TAGS, OnboardedClient

REPAIRED = "Drift Repaired"
Change = Callable[[OnboardedClient], None]


# ------------------------------------------------------------------------------ changes by others


def the_connection_is_deleted(onboarded: OnboardedClient) -> None:
    external_changes.delete_connections(onboarded.accounts, CLIENT)


def the_connection_breaks(onboarded: OnboardedClient) -> None:
    [made] = onboarded.accounts.connections(CLIENT)
    onboarded.accounts.msk.force_connection(made["VpcConnectionArn"], "FAILED")


def our_statement_is_removed(onboarded: OnboardedClient) -> None:
    onboarded.accounts.put_policy(onboarded.cluster, FIREHOSE)


def our_statement_is_changed(onboarded: OnboardedClient) -> None:
    external_changes.add_to_our_statement(onboarded.accounts, onboarded.cluster, "444444444444")


def a_parameter_is_changed(onboarded: OnboardedClient) -> None:
    external_changes.overwrite_bootstrap_servers(onboarded.accounts, CLIENT)


def a_parameter_is_deleted(onboarded: OnboardedClient) -> None:
    onboarded.accounts.client("ssm", CLIENT).delete_parameter(
        Name="/msklink/orders/iam/security.protocol"
    )


def the_group_is_opened(onboarded: OnboardedClient) -> None:
    external_changes.open_security_groups(onboarded.accounts, CLIENT)


def the_scheme_is_turned_off(onboarded: OnboardedClient) -> None:
    external_changes.set_private_connectivity(onboarded.accounts, onboarded.cluster, on=False)


CHANGES = [
    (the_connection_is_deleted, "connection"),
    (the_connection_breaks, "connection"),
    (our_statement_is_removed, "policy"),
    (our_statement_is_changed, "policy"),
    (a_parameter_is_changed, "parameters"),
    (a_parameter_is_deleted, "parameters"),
    (the_group_is_opened, "security-group"),
    (the_scheme_is_turned_off, "connectivity"),
]
each_change = pytest.mark.parametrize(("change", "kind"), CHANGES)


def picture(onboarded: OnboardedClient) -> dict[str, Any]:
    """Return the state of all resources."""
    parameters = onboarded.accounts.parameters(CLIENT)
    del parameters["/msklink/orders/status"]
    [group] = onboarded.accounts.client("ec2", CLIENT).describe_security_groups(
        GroupIds=onboarded.managed_groups()
    )["SecurityGroups"]
    kafka = onboarded.accounts.client("kafka")
    info = kafka.describe_cluster_v2(ClusterArn=onboarded.cluster)["ClusterInfo"]
    return {
        "connections": onboarded.connections(),
        "policy": sorted(
            map(json.dumps, onboarded.accounts.policy(onboarded.cluster)["Statement"])
        ),
        "parameters": parameters,
        "rules": (group["IpPermissions"], group["IpPermissionsEgress"]),
        "schemes": info["Provisioned"]["BrokerNodeGroupInfo"]["ConnectivityInfo"],
        "state": onboarded.accounts.status(CLIENT)["state"],
    }


def delete_history(onboarded: OnboardedClient, item: str) -> None:
    """Delete the repair history, as a person does who has stopped the other tool."""
    key = {"cluster_arn": {"S": onboarded.cluster}, "item": {"S": item}}
    onboarded.accounts.client("dynamodb").delete_item(TableName=settings().table_name, Key=key)


# ------------------------------------------------------------------------------------- repaired


@each_change
def test_drift_is_repaired_and_reported(
    onboarded: OnboardedClient, repair: Callable[[str], None], change: Change, kind: str
) -> None:
    repair(f"connection,{kind}")
    assert onboarded.sweep() == 0
    before = picture(onboarded)

    change(onboarded)
    assert onboarded.sweep() == 1

    assert picture(onboarded) == before
    events = [one for one in onboarded.accounts.take_events() if one["detail_type"] == REPAIRED]
    assert kind in {one["kind"] for one in events}
    assert all(one["before"] != one["after"] for one in events)
    assert onboarded.sweep() == 0


@pytest.mark.parametrize(
    ("change", "kind"), [pair for pair in CHANGES if pair[1] not in {"connectivity"}]
)
def test_drift_is_reported_once_and_kept_if_repair_is_off(
    onboarded: OnboardedClient, repair: Callable[[str], None], change: Change, kind: str
) -> None:
    repair("")
    change(onboarded)
    changed = picture(onboarded)

    assert onboarded.sweep() == 1

    del changed["state"]
    now = picture(onboarded)
    del now["state"]
    assert now == changed
    codes = [code for _, code in onboarded.take_events()]
    assert codes == ["DriftLeft"]
    assert onboarded.sweep() == 0

    repair(kind)
    assert onboarded.sweep() == 1
    assert (REPAIRED, "") in onboarded.take_events()


def test_repeated_drift_is_contested_and_no_longer_repaired(
    onboarded: OnboardedClient,
) -> None:
    for _ in range(3):
        a_parameter_is_changed(onboarded)
        assert (onboarded.sweep(), onboarded.sweep()) == (1, 0)
    assert [what for what, _ in onboarded.take_events()] == [REPAIRED] * 3

    a_parameter_is_changed(onboarded)
    assert onboarded.sweep() == 1

    assert onboarded.take_events() == [("Client Refused", "DriftContested")]
    assert onboarded.sweep() == 0
    onboarded.advance_hours(48)
    assert onboarded.sweep() == 0
    servers = onboarded.accounts.parameters(CLIENT)["/msklink/orders/iam/bootstrap.servers"]
    assert servers == "b-1:9098"


def test_a_contested_connection_is_created_again_only_after_its_history_is_deleted(
    onboarded: OnboardedClient,
) -> None:
    repaired = [(REPAIRED, ""), ("Client Onboarded", "")]
    for _ in range(3):
        the_connection_is_deleted(onboarded)
        assert (onboarded.sweep(), onboarded.sweep()) == (1, 0)
        assert onboarded.take_events() == repaired
    the_connection_is_deleted(onboarded)
    assert onboarded.sweep() == 1
    assert onboarded.take_events() == [("Client Refused", "DriftContested")]

    onboarded.advance_hours(48)

    assert onboarded.sweep() == 0
    onboarded.reconcile()
    assert (onboarded.connections(), onboarded.take_events()) == ([], [])
    delete_history(onboarded, f"drift#connection#{CLIENT}#{onboarded.vpc_id}#iam")
    assert onboarded.sweep() == 1
    assert (onboarded.connections(), onboarded.take_events()) == (["AVAILABLE"], repaired)


def test_a_contested_scheme_is_turned_on_again_only_after_its_history_is_deleted(
    onboarded: OnboardedClient, repair: Callable[[str], None]
) -> None:
    repair("connection,connectivity")
    for _ in range(3):
        the_scheme_is_turned_off(onboarded)
        assert (onboarded.sweep(), onboarded.sweep()) == (1, 0)
    onboarded.take_events()
    the_scheme_is_turned_off(onboarded)
    assert onboarded.sweep() == 1
    contested = ("Cluster Refused", "DriftContested")
    assert onboarded.take_events().count(contested) == 1

    onboarded.advance_hours(48)

    assert onboarded.sweep() == 0
    onboarded.reconcile()
    assert onboarded.take_events() == []
    delete_history(onboarded, "drift#connectivity###iam")
    assert onboarded.sweep() == 1
    assert ("Cluster Connectivity Enabled", "") in onboarded.take_events()


def test_a_connection_that_is_not_repaired_is_counted_once(
    onboarded: OnboardedClient,
    repair: Callable[[str], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    repair("")
    the_connection_is_deleted(onboarded)

    onboarded.sweep()
    onboarded.reconcile()

    assert capsys.readouterr().out.count('"DriftLeftAlone":[1.0]') == 1


def test_contested_parameters_are_repaired_after_their_history_is_deleted(
    onboarded: OnboardedClient,
) -> None:
    good = picture(onboarded)
    for _ in range(4):
        a_parameter_is_changed(onboarded)
        assert (onboarded.sweep(), onboarded.sweep()) == (1, 0)

    delete_history(onboarded, f"drift#parameters#{CLIENT}##iam")

    assert onboarded.sweep() == 1
    assert picture(onboarded) == good
    assert onboarded.sweep() == 0


@pytest.mark.parametrize("states", [["FAILED"], ["DEACTIVATING", "INACTIVE"]])
def test_a_connection_that_fails_during_a_run_is_left_to_the_next_run(
    onboarded: OnboardedClient, states: list[str]
) -> None:
    [made] = onboarded.accounts.connections(CLIENT)
    for state in states:
        onboarded.accounts.meanwhile(
            "ListClientVpcConnections",
            partial(onboarded.accounts.msk.force_connection, made["VpcConnectionArn"], state),
        )
        onboarded.reconcile()
        assert onboarded.status_entry()["state"] == "published"
    assert onboarded.take_events() == []

    assert onboarded.sweep() == 1

    assert onboarded.connections() == ["AVAILABLE"]
    assert (REPAIRED, "") in onboarded.take_events()


def test_a_connection_deleted_during_a_run_follows_the_repair_setting(
    onboarded: OnboardedClient, repair: Callable[[str], None]
) -> None:
    repair("")
    [made] = onboarded.accounts.connections(CLIENT)
    onboarded.accounts.client("kafka", CLIENT).delete_vpc_connection(Arn=made["VpcConnectionArn"])

    onboarded.reconcile()

    assert onboarded.take_events() == [("Client Refused", "DriftLeft")]
    onboarded.advance_hours(1)
    onboarded.reconcile()
    assert onboarded.connections() == []


def test_a_connection_that_timed_out_is_used_by_the_next_run(
    onboarded: OnboardedClient,
) -> None:
    slow = "444444444444"
    onboarded.accounts.msk.faults.add(faults.slow("CreateVpcConnection", 120, account=slow))
    clients = " ".join((TAGS["msklink/clients"], slow))
    onboarded.accounts.tag_cluster(onboarded.cluster, msklink__clients=clients)
    onboarded.accounts.make_tagged_vpc(slow)
    onboarded.reconcile()
    assert onboarded.take_events() == [("Client Refused", "ConnectionTimedOut")]

    onboarded.reconcile()
    assert onboarded.take_events() == []
    onboarded.advance_hours(1)
    onboarded.reconcile()

    assert onboarded.take_events() == [("Client Onboarded", "")]
    assert onboarded.accounts.status(slow)["state"] == "published"


# ------------------------------------------------------------------------- reported drift


def test_a_connection_that_the_owner_rejected_is_not_created_again(
    onboarded: OnboardedClient,
) -> None:
    [made] = onboarded.accounts.connections(CLIENT)
    onboarded.accounts.client("kafka").reject_client_vpc_connection(
        ClusterArn=onboarded.cluster, VpcConnectionArn=made["VpcConnectionArn"]
    )
    onboarded.advance_hours(1)

    assert onboarded.sweep() == 1

    assert onboarded.connections() == ["REJECTED"]
    assert onboarded.take_events() == [("Client Refused", "ConnectionRejected")]
    assert onboarded.sweep() == 0


def test_unrepaired_drift_is_reported_again_after_it_was_resolved(
    onboarded: OnboardedClient, repair: Callable[[str], None]
) -> None:
    repair("")
    ours = onboarded.accounts.policy(onboarded.cluster)["Statement"]

    for _ in range(2):
        our_statement_is_removed(onboarded)
        onboarded.sweep()
        onboarded.accounts.put_policy(onboarded.cluster, *ours)
        assert onboarded.sweep() == 0

    assert onboarded.take_events() == [("Cluster Refused", "DriftLeft")] * 2


def test_a_deleted_status_is_written_again(onboarded: OnboardedClient) -> None:
    onboarded.accounts.client("ssm", CLIENT).delete_parameter(Name="/msklink/orders/status")

    assert onboarded.sweep() == 1

    assert onboarded.accounts.status(CLIENT)["state"] == "published"
    assert onboarded.take_events() == []
    assert onboarded.sweep() == 0


def test_drift_of_a_connection_in_removal_starts_no_run(
    onboarded: OnboardedClient,
) -> None:
    onboarded.remove_vpc_tag()
    the_group_is_opened(onboarded)
    a_parameter_is_changed(onboarded)

    assert onboarded.sweep() == 0
