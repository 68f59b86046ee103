"""What others change of what MSKLink made: found by the sweep, changed back or left alone, told."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from localcloud.msk import faults
from msklink.aws.cluster_snapshot import read_snapshot
from msklink.connections.sweep_rules import records_by_client
from msklink.services.account_scan import AccountScanner
from msklink.services.change_detection import report_untagged_endpoints
from msklink.settings import settings
from tests.support import external_changes
from tests.support.aws import CLIENT, OTHER_CLIENT
from tests.support.functions import function_arn
from tests.support.onboarded_client import FIREHOSE, TAGS, Served

REPAIRED = "Drift Repaired"
Change = Callable[[Served], None]


# ------------------------------------------------------------------------------ what can happen


def the_connection_is_deleted(served: Served) -> None:
    external_changes.delete_connections(served.accounts, CLIENT)


def the_connection_breaks(served: Served) -> None:
    [made] = served.accounts.connections(CLIENT)
    served.accounts.msk.force_connection(made["VpcConnectionArn"], "FAILED")


def our_statement_is_removed(served: Served) -> None:
    served.accounts.put_policy(served.cluster, FIREHOSE)


def our_statement_is_changed(served: Served) -> None:
    external_changes.let_in(served.accounts, served.cluster, "444444444444")


def a_parameter_is_changed(served: Served) -> None:
    external_changes.change_servers(served.accounts, CLIENT)


def a_parameter_is_deleted(served: Served) -> None:
    served.accounts.client("ssm", CLIENT).delete_parameter(
        Name="/msklink/orders/iam/security.protocol"
    )


def the_group_is_opened(served: Served) -> None:
    external_changes.open_groups(served.accounts, CLIENT)


def the_scheme_is_turned_off(served: Served) -> None:
    external_changes.turn(served.accounts, served.cluster, on=False)


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


def picture(served: Served) -> dict[str, Any]:
    """How things are, whoever made them."""
    parameters = served.accounts.parameters(CLIENT)
    del parameters["/msklink/orders/status"]
    [group] = served.accounts.client("ec2", CLIENT).describe_security_groups(
        GroupIds=served.managed_groups()
    )["SecurityGroups"]
    kafka = served.accounts.client("kafka")
    info = kafka.describe_cluster_v2(ClusterArn=served.cluster)["ClusterInfo"]
    return {
        "connections": served.connections(),
        "policy": sorted(map(json.dumps, served.accounts.policy(served.cluster)["Statement"])),
        "parameters": parameters,
        "rules": (group["IpPermissions"], group["IpPermissionsEgress"]),
        "schemes": info["Provisioned"]["BrokerNodeGroupInfo"]["ConnectivityInfo"],
        "state": served.accounts.status(CLIENT)["state"],
    }


# ------------------------------------------------------------------------------------- repaired


@each_change
def test_what_others_change_is_changed_back_and_told(
    served: Served, repair: Callable[[str], None], change: Change, kind: str
) -> None:
    repair(f"connection,{kind}")
    assert served.sweep() == 0
    before = picture(served)

    change(served)
    assert served.sweep() == 1

    assert picture(served) == before
    told = [one for one in served.accounts.told() if one["what"] == REPAIRED]
    assert kind in {one["kind"] for one in told}
    assert all(one["before"] != one["after"] for one in told)
    assert served.sweep() == 0


@pytest.mark.parametrize(
    ("change", "kind"), [pair for pair in CHANGES if pair[1] not in {"connectivity"}]
)
def test_what_is_not_to_be_repaired_is_left_alone_and_told_once(
    served: Served, repair: Callable[[str], None], change: Change, kind: str
) -> None:
    repair("")
    change(served)
    changed = picture(served)

    assert served.sweep() == 1

    del changed["state"]
    now = picture(served)
    del now["state"]
    assert now == changed
    codes = [code for _, code in served.told()]
    assert codes == ["DriftLeft"]
    assert served.sweep() == 0

    repair(kind)
    assert served.sweep() == 1
    assert (REPAIRED, "") in served.told()


def test_what_is_changed_back_all_day_is_contested_and_left_to_people(served: Served) -> None:
    for _ in range(3):
        a_parameter_is_changed(served)
        assert (served.sweep(), served.sweep()) == (1, 0)
    assert [what for what, _ in served.told()] == [REPAIRED] * 3

    a_parameter_is_changed(served)
    assert served.sweep() == 1

    assert served.told() == [("Client Refused", "DriftContested")]
    assert served.sweep() == 0
    served.pass_hours(48)
    assert served.sweep() == 0
    servers = served.accounts.parameters(CLIENT)["/msklink/orders/iam/bootstrap.servers"]
    assert servers == "b-1:9098"


def test_contested_parameters_are_put_back_once_their_memory_is_deleted(served: Served) -> None:
    good = picture(served)
    for _ in range(4):
        a_parameter_is_changed(served)
        assert (served.sweep(), served.sweep()) == (1, 0)

    served.accounts.client("dynamodb").delete_item(
        TableName=settings().table_name,
        Key={
            "cluster_arn": {"S": served.cluster},
            "item": {"S": f"drift#parameters#{CLIENT}##iam"},
        },
    )

    assert served.sweep() == 1
    assert picture(served) == good
    assert served.sweep() == 0


@pytest.mark.parametrize("states", [["FAILED"], ["DEACTIVATING", "INACTIVE"]])
def test_a_connection_that_breaks_while_a_run_looks_is_left_to_the_next(
    served: Served, states: list[str]
) -> None:
    [made] = served.accounts.connections(CLIENT)
    for state in states:
        served.accounts.meanwhile(
            "ListClientVpcConnections",
            partial(served.accounts.msk.force_connection, made["VpcConnectionArn"], state),
        )
        served.reconcile()
        assert served.entry()["state"] == "published"
    assert served.told() == []

    assert served.sweep() == 1

    assert served.connections() == ["AVAILABLE"]
    assert (REPAIRED, "") in served.told()


def test_a_connection_that_somebody_deletes_while_a_run_looks_follows_the_switch(
    served: Served, repair: Callable[[str], None]
) -> None:
    repair("")
    [made] = served.accounts.connections(CLIENT)
    served.accounts.client("kafka", CLIENT).delete_vpc_connection(Arn=made["VpcConnectionArn"])

    served.reconcile()

    assert served.told() == [("Client Refused", "DriftLeft")]
    served.pass_hours(1)
    served.reconcile()
    assert served.connections() == []


def test_a_connection_that_took_too_long_is_taken_up_by_the_next_run(served: Served) -> None:
    slow = "444444444444"
    served.accounts.msk.faults.add(faults.slow("CreateVpcConnection", 120, account=slow))
    clients = " ".join((TAGS["msklink/clients"], slow))
    served.accounts.tag_cluster(served.cluster, msklink__clients=clients)
    served.accounts.make_tagged_vpc(slow)
    served.reconcile()
    assert served.told() == [("Client Refused", "ConnectionTimedOut")]

    served.reconcile()
    assert served.told() == []
    served.pass_hours(1)
    served.reconcile()

    assert served.told() == [("Client Onboarded", "")]
    assert served.accounts.status(slow)["state"] == "published"


# ------------------------------------------------------------------------- others, and what is told


def test_a_connection_that_the_owner_rejected_is_not_made_anew(served: Served) -> None:
    [made] = served.accounts.connections(CLIENT)
    served.accounts.client("kafka").reject_client_vpc_connection(
        ClusterArn=served.cluster, VpcConnectionArn=made["VpcConnectionArn"]
    )
    served.pass_hours(1)

    assert served.sweep() == 1

    assert served.connections() == ["REJECTED"]
    assert served.told() == [("Client Refused", "ConnectionRejected")]
    assert served.sweep() == 0


def test_endpoints_without_the_tags_of_msk_are_told_once(served: Served) -> None:
    ec2 = served.accounts.client("ec2", CLIENT)
    [endpoint] = ec2.describe_vpc_endpoints()["VpcEndpoints"]
    ec2.delete_tags(Resources=[endpoint["VpcEndpointId"]], Tags=[{"Key": "AWSMSKManaged"}])

    assert served.sweep() == 0
    assert served.sweep() == 0

    assert served.told() == [("Client Refused", "EndpointTagsMissing")]


def test_what_one_client_lacks_is_told_whatever_another_did(served: Served) -> None:
    external_changes.strip_endpoints(served.accounts, OTHER_CLIENT)
    external_changes.change_servers(served.accounts, CLIENT)

    assert served.sweep() == 1

    assert ("Client Refused", "EndpointTagsMissing") in served.told()


def test_endpoints_that_a_run_made_after_the_sweep_had_looked_are_not_missed(
    served: Served,
) -> None:
    """A sweep looks once at each account, for all clusters, which may take minutes."""
    snapshot = read_snapshot(served.cluster)
    [client] = [
        one for one in records_by_client((CLIENT,), snapshot.connections, (), ()) if one.is_listed
    ]
    sights = AccountScanner(function_arn("SweepClustersFunction"), "sweep")
    [sight] = sights.scan([CLIENT])
    assert sight is not None
    before = replace(sight, endpoints=Counter())

    report_untagged_endpoints(
        served.cluster, client, snapshot, before, lambda: sights.rescan(CLIENT)
    )
    assert served.told() == []

    external_changes.strip_endpoints(served.accounts, CLIENT)
    report_untagged_endpoints(
        served.cluster, client, snapshot, before, lambda: sights.rescan(CLIENT)
    )
    assert served.told() == [("Client Refused", "EndpointTagsMissing")]


def test_endpoints_that_a_run_took_away_after_the_sweep_had_read_the_table_are_not_missed(
    served: Served,
) -> None:
    snapshot = read_snapshot(served.cluster)
    [client] = [
        one for one in records_by_client((CLIENT,), snapshot.connections, (), ()) if one.is_listed
    ]
    sights = AccountScanner(function_arn("SweepClustersFunction"), "sweep")
    served.accounts.untag_vpc(CLIENT, served.vpc_id)
    served.reconcile()
    served.pass_hours(24)
    served.sweep()
    served.told()
    [sight] = sights.scan([CLIENT])
    assert sight is not None
    assert not sight.endpoints

    report_untagged_endpoints(
        served.cluster, client, snapshot, sight, lambda: sights.rescan(CLIENT)
    )

    assert served.told() == []


def test_endpoints_that_lose_their_tags_again_are_told_again(served: Served) -> None:
    ec2 = served.accounts.client("ec2", CLIENT)
    [endpoint] = ec2.describe_vpc_endpoints()["VpcEndpoints"]
    tag = {"Key": "AWSMSKManaged", "Value": "true"}

    for _ in range(2):
        ec2.delete_tags(Resources=[endpoint["VpcEndpointId"]], Tags=[{"Key": tag["Key"]}])
        served.sweep()
        ec2.create_tags(Resources=[endpoint["VpcEndpointId"]], Tags=[tag])
        served.sweep()

    assert served.told() == [("Client Refused", "EndpointTagsMissing")] * 2


def test_what_is_left_is_told_again_when_it_was_well_between(
    served: Served, repair: Callable[[str], None]
) -> None:
    repair("")
    ours = served.accounts.policy(served.cluster)["Statement"]

    for _ in range(2):
        our_statement_is_removed(served)
        served.sweep()
        served.accounts.put_policy(served.cluster, *ours)
        assert served.sweep() == 0

    assert served.told() == [("Cluster Refused", "DriftLeft")] * 2


def test_a_status_that_somebody_deletes_comes_back(served: Served) -> None:
    served.accounts.client("ssm", CLIENT).delete_parameter(Name="/msklink/orders/status")

    assert served.sweep() == 1

    assert served.accounts.status(CLIENT)["state"] == "published"
    assert served.told() == []
    assert served.sweep() == 0


def test_what_others_change_of_a_connection_that_is_leaving_starts_no_run(served: Served) -> None:
    served.untag()
    the_group_is_opened(served)
    a_parameter_is_changed(served)

    assert served.sweep() == 0
