"""Reboots wait for the owner's approval and window, and a freeze holds everything."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from localcloud.cloud import Cloud
from msklink.aws.dry_run.call import READS
from tests.e2e.deployed_cluster import CLIENT, OTHER, DeployedCluster, create_cluster
from tests.e2e.queues import temporary_queue

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

GUARDED, NIGHTLY, FROZEN, VAGUE = "guarded", "nightly", "frozen", "vague"
TOKYO = ZoneInfo("Asia/Tokyo")
"""A time zone in which the clocks never change."""

Alerts = Callable[[], list[str]]


@pytest.fixture(scope="module")
def alerts(cloud: Cloud) -> Iterator[Alerts]:
    """Subscribe a queue to the alerts topic, and return what it has received."""
    with temporary_queue(cloud, "change-requests") as queue:
        topic = cloud.deployed.owner["AlertsTopicArn"]
        owner = DeployedCluster(cloud, "").owner
        owner(
            *("sns", "subscribe", "--topic-arn", topic, "--protocol", "sqs"),
            *("--notification-endpoint", queue.arn, "--attributes", "RawMessageDelivery=true"),
        )
        yield queue.bodies


@pytest.fixture(scope="module")
def create(cloud: Cloud, alerts: Alerts) -> Callable[[str, str], DeployedCluster]:  # noqa: ARG001 subscribed before the first run
    """Create a cluster with further tags, for whose brokers a client has tagged its VPC."""

    def make(name: str, tags: str) -> DeployedCluster:
        arn = create_cluster(cloud, name, {})
        cluster = DeployedCluster(cloud, arn)
        tag(cluster, f"msklink=iam,msklink/clients={CLIENT} {OTHER},{tags}")
        cluster.tag_vpc(CLIENT, "iam", name)
        return cluster

    return make


@pytest.fixture(scope="module")
def guarded(create: Callable[[str, str], DeployedCluster]) -> DeployedCluster:
    return create(GUARDED, "msklink/approval=required")


@pytest.fixture(scope="module")
def frozen(create: Callable[[str, str], DeployedCluster]) -> DeployedCluster:
    return create(FROZEN, "msklink/freeze=incident")


def tag(cluster: DeployedCluster, tags: str) -> None:
    cluster.owner("kafka", "tag-resource", "--resource-arn", cluster.arn, "--tags", tags)


def untag(cluster: DeployedCluster, key: str) -> None:
    cluster.owner("kafka", "untag-resource", "--resource-arn", cluster.arn, "--tag-keys", key)


def read_status(cluster: DeployedCluster, account: str, name: str) -> dict[str, Any]:
    """Return the status of the cluster *name* as a person in *account* reads it."""
    path = f"/msklink/{name}"
    found = cluster.aws(account).parameters(path).get(f"{path}/status", "{}")
    status: dict[str, Any] = json.loads(found)
    return status


def entry(cluster: DeployedCluster, account: str, name: str) -> dict[str, Any]:
    """Return the part of the status about the only connection of *account* to *name*."""
    [[one]] = (vpc.values() for vpc in read_status(cluster, account, name)["vpcs"].values())
    found: dict[str, Any] = one
    return found


def state(cluster: DeployedCluster, account: str, name: str) -> str | None:
    return cluster.status(account, name).get("state")


def updates(cluster: DeployedCluster) -> list[dict[str, Any]]:
    """Return the updates of connectivity, each of which reboots the brokers."""
    listed = cluster.owner("kafka", "list-cluster-operations-v2", "--cluster-arn", cluster.arn)
    return [
        operation
        for operation in listed["ClusterOperationInfoList"]
        if operation["OperationType"] == "UPDATE_CONNECTIVITY"
    ]


def about(alerts: Alerts, name: str) -> list[str]:
    """Return the messages of *alerts* about the cluster *name*."""
    return [message for message in alerts() if f"cluster/{name}/" in message]


# ------------------------------------------------------------------------------- approval


def test_the_client_reads_that_it_waits_for_approval(guarded: DeployedCluster) -> None:
    guarded.cloud.until(lambda: state(guarded, CLIENT, GUARDED) == "waiting")
    guarded.cloud.until(guarded.is_idle)

    waiting = entry(guarded, CLIENT, GUARDED)
    assert waiting["state"] == "waiting"
    assert waiting["waiting"]["code"] == "AwaitingApproval"
    assert "set tag msklink/approved of the cluster to iam" in waiting["waiting"]["remedy"]
    assert updates(guarded) == []


def test_the_owner_reads_a_change_request(guarded: DeployedCluster, alerts: Alerts) -> None:
    [request] = guarded.cloud.until(lambda: about(alerts, GUARDED))

    assert request.splitlines() == [
        '"MSK cluster guarded: turning on iam for private connectivity waits for your approval."',
        '"Effect: MSK reboots the 3 brokers one after the other, expected to take 75 minutes. '
        "Clients reconnect once for each broker. MSK takes no other update of the cluster "
        'meanwhile."',
        f'"Accounts that wait: {CLIENT}."',
        '"Plan: 3 brokers reboot once, one after the other, for iam (27 to 120 minutes). '
        f'1 connection to create in {CLIENT}. All calls: parameter /msklink/guarded/plan."',
        '"Begins: as soon as you approve it; no maintenance window is set."',
        f'"To approve: aws kafka tag-resource --resource-arn {guarded.arn} '
        "--tags 'msklink/approved=iam'\"",
        '"To decline: do nothing. The clients go on waiting, and their status says so."',
        f'"Cluster {guarded.arn}. What can happen to it: docs/change-control.md of MSKLink."',
    ]


def test_the_owner_asks_for_the_plan_and_reads_the_same_in_the_parameter(
    guarded: DeployedCluster,
) -> None:
    planned = guarded.plan(GUARDED)

    written = json.loads(
        guarded.owner.parameters(f"/msklink/{GUARDED}")[f"/msklink/{GUARDED}/plan"]
    )
    calls, before = (
        [step["call"] for step in one["steps"] if not step["call"].startswith("ssm:")]
        for one in (planned, written)  # the parameters that the held run wrote are there now
    )
    assert calls == before
    assert calls.count("kafka:UpdateConnectivity") == 1
    assert planned["reboot"] == {"schemes": ["iam"], "brokers": 3, "minutes": [27, 120]}
    assert [one["reason"]["code"] for one in planned["held"]] == ["AwaitingApproval"]
    assert updates(guarded) == []


def test_planning_only_reads(guarded: DeployedCluster) -> None:
    made = [
        call.operation
        for call in guarded.cloud.calls()
        if "PlanClusterFunctionRole" in call.principal or call.principal.endswith("/plan")
    ]

    assert {"DescribeClusterV2", "DescribeVpcs", "GetClusterPolicy", "Query"} <= {*made}
    assert [operation for operation in made if not operation.startswith(READS)] == []


def test_a_plan_during_the_update_shows_what_follows(guarded: DeployedCluster) -> None:
    tag(guarded, "msklink/approved=iam")
    guarded.cloud.until(lambda: updates(guarded))

    planned = guarded.plan(GUARDED)

    assert "the cluster is UPDATING now" in planned["depends_on"][0]
    assert planned["reboot"] is None
    assert "kafka:CreateVpcConnection" in [step["call"] for step in planned["steps"]]


def test_the_approved_change_is_made_once(guarded: DeployedCluster) -> None:
    guarded.cloud.until(lambda: state(guarded, CLIENT, GUARDED) == "published")
    guarded.cloud.until(guarded.is_idle)
    assert len(updates(guarded)) == 1
    path = f"/msklink/{GUARDED}/iam"
    assert f"{path}/bootstrap.servers" in guarded.aws(CLIENT).parameters(path)


# --------------------------------------------------------------------------------- windows


def test_a_window_begins_by_itself_and_clients_share_its_reboot(
    cloud: Cloud, alerts: Alerts, create: Callable[[str, str], DeployedCluster]
) -> None:
    begins = (cloud.now() + timedelta(hours=4)).astimezone(TOKYO)
    begins = begins.replace(minute=0, second=0, microsecond=0)
    window = f"{begins:%a %H%M}-{begins + timedelta(hours=3):%a %H%M} Asia/Tokyo".lower()
    window = window.replace("asia/tokyo", "Asia/Tokyo")

    nightly = create(NIGHTLY, f"msklink/window={window}")
    cloud.until(lambda: state(nightly, CLIENT, NIGHTLY) == "waiting")
    nightly.tag_vpc(OTHER, "iam", NIGHTLY)
    cloud.until(lambda: state(nightly, OTHER, NIGHTLY) == "waiting")
    cloud.until(nightly.is_idle)

    for account in (CLIENT, OTHER):
        waiting = entry(nightly, account, NIGHTLY)["waiting"]
        assert waiting["code"] == "OutsideWindow"
        assert datetime.fromisoformat(waiting["until"]) == begins
    [planned] = about(alerts, NIGHTLY)
    assert f"Begins: by itself on {begins:%a %Y-%m-%d %H:%M} Asia/Tokyo" in planned
    assert f"in window {window}." in planned
    assert f"--resource-arn {nightly.arn} --tags msklink/window=always" in planned
    assert updates(nightly) == []
    assert cloud.now() < begins

    cloud.until(lambda: state(nightly, CLIENT, NIGHTLY) == "published")
    cloud.until(lambda: state(nightly, OTHER, NIGHTLY) == "published")
    cloud.until(nightly.is_idle)
    [update] = updates(nightly)
    began = datetime.fromisoformat(update["StartTime"])
    assert begins <= began < begins + timedelta(minutes=5)
    assert len(about(alerts, NIGHTLY)) == 1


def test_a_window_that_is_none_is_refused_with_the_remedy(
    create: Callable[[str, str], DeployedCluster],
) -> None:
    vague = create(VAGUE, "msklink/window=whenever")
    vague.cloud.until(lambda: state(vague, CLIENT, VAGUE) == "waiting")
    vague.cloud.until(vague.is_idle)

    [refusal] = read_status(vague, vague.cloud.owner, VAGUE)["refusals"]
    assert refusal["code"] == "MalformedWindow"
    assert "'whenever' is not like sun 0200-sun 0500" in refusal["message"]
    assert "write always, or hours of the week such as sun 0200-sun 0500" in refusal["remedy"]
    assert entry(vague, CLIENT, VAGUE)["waiting"]["code"] == "MalformedWindow"
    assert updates(vague) == []

    tag(vague, "msklink/window=always")

    vague.cloud.until(lambda: state(vague, CLIENT, VAGUE) == "published")
    vague.cloud.until(vague.is_idle)
    assert "refusals" not in read_status(vague, vague.cloud.owner, VAGUE)
    assert len(updates(vague)) == 1


# --------------------------------------------------------------------------------- freezes


def test_a_frozen_cluster_is_left_alone(frozen: DeployedCluster, alerts: Alerts) -> None:
    frozen.cloud.until(lambda: state(frozen, CLIENT, FROZEN) == "waiting")
    frozen.cloud.until(frozen.is_idle)

    assert entry(frozen, CLIENT, FROZEN)["waiting"]["code"] == "Frozen"
    [held] = about(alerts, FROZEN)
    assert "turning on iam for private connectivity is held by a freeze" in held
    assert f"--resource-arn {frozen.arn} --tag-keys msklink/freeze" in held
    assert updates(frozen) == []
    with pytest.raises(RuntimeError, match="NotFound"):
        frozen.owner("kafka", "get-cluster-policy", "--cluster-arn", frozen.arn)


def test_a_freeze_holds_removals_until_it_ends(frozen: DeployedCluster) -> None:
    untag(frozen, "msklink/freeze")
    frozen.cloud.until(lambda: state(frozen, CLIENT, FROZEN) == "published")
    frozen.cloud.until(frozen.is_idle)
    tag(frozen, "msklink/freeze=incident")
    frozen.cloud.until(frozen.is_idle)
    vpc_id = frozen.cloud.networks[CLIENT].vpc_id

    detail = json.dumps({"cluster": FROZEN, "vpc_id": vpc_id})
    bus = frozen.cloud.deployed.bus_arn
    offboarding = {"EventBusName": bus, "Source": "team", "Detail": detail}
    offboarding["DetailType"] = "Client Offboarding Requested"
    frozen.aws(CLIENT)("events", "put-events", "--entries", json.dumps([offboarding]))
    frozen.cloud.until(lambda: "leaving" in entry(frozen, CLIENT, FROZEN))
    frozen.cloud.until(frozen.is_idle)

    listed = frozen.aws(CLIENT)("kafka", "list-vpc-connections")["VpcConnections"]
    states = [one["State"] for one in listed if one["TargetClusterArn"] == frozen.arn]
    assert states == ["AVAILABLE"]

    untag(frozen, "msklink/freeze")

    frozen.cloud.until(lambda: state(frozen, CLIENT, FROZEN) == "offboarded")
    frozen.cloud.until(frozen.is_idle)
    assert len(updates(frozen)) == 1
