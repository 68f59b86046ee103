"""Each cause of "nothing happens" is made to happen, and the doctor names it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from localcloud.cloud import Cloud
from localcloud.trails import NAME as TRAIL
from tests.e2e.deployed_cluster import CLIENT, OTHER, DeployedCluster, create_cluster, unreachable
from tests.e2e.owner_command import Msklink, person

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

NAME = "examined"
UNKNOWN = "444444444444"


@pytest.fixture(scope="module")
def viewer(cloud: Cloud) -> Msklink:
    return person(cloud, "examiner", cloud.deployed.owner["ViewerPolicyArn"])


@pytest.fixture(scope="module")
def cluster(cloud: Cloud) -> DeployedCluster:
    found = DeployedCluster(cloud, create_cluster(cloud, NAME, {}))
    cloud.until(lambda: found.state == "ACTIVE")
    return found


def found(viewer: Msklink, *words: str) -> dict[str, str]:
    """Return what the doctor finds: by code, what it is about."""
    return {one["code"]: one["about"] for one in viewer.read("doctor", *words)["findings"]}


def tag(cluster: DeployedCluster, **tags: str) -> None:
    """Set tags of the cluster, where `_` stands for a slash."""
    named = {key.replace("_", "/"): value for key, value in tags.items()}
    kafka = cluster.cloud.client("kafka", cluster.cloud.owner)
    kafka.tag_resource(ResourceArn=cluster.arn, Tags=named)


@contextmanager
def disabled(cloud: Cloud, part: str) -> Iterator[str]:
    """Disable the rule of the owner stack with *part* in its name, and yield the name."""
    events: Any = cloud.client("events", cloud.owner)
    names = [one["Name"] for one in events.list_rules(NamePrefix="msklink-")["Rules"]]
    [name] = [one for one in names if part in one]
    events.disable_rule(Name=name)
    try:
        yield name
    finally:
        events.enable_rule(Name=name)


def test_a_trail_that_does_not_log_is_missed(viewer: Msklink, cloud: Cloud) -> None:
    assert "NoTrail" not in found(viewer)
    cloudtrail = cloud.client("cloudtrail", cloud.owner)
    cloudtrail.stop_logging(Name=TRAIL)
    try:
        assert found(viewer)["NoTrail"] == "AWS CloudTrail"
    finally:
        cloudtrail.start_logging(Name=TRAIL)


def test_a_disabled_rule_is_named(viewer: Msklink, cloud: Cloud) -> None:
    with disabled(cloud, "SweepClusters") as name:
        assert found(viewer)["RuleDisabled"] == name


def test_messages_in_a_queue_and_alarms_are_named(viewer: Msklink, cloud: Cloud) -> None:
    queues = cloud.client("sqs", cloud.owner)
    urls = queues.list_queues(QueueNamePrefix="msklink-")["QueueUrls"]
    [url] = [one for one in urls if "FailedInvocations" in one]
    watches = cloud.client("cloudwatch", cloud.owner)
    alarms = [one["AlarmName"] for one in watches.describe_alarms()["MetricAlarms"]]
    [alarm] = [one for one in alarms if "InvocationsFailed" in one]
    queues.send_message(QueueUrl=url, MessageBody="{}")
    watches.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="test")
    try:
        findings = found(viewer)
    finally:
        queues.purge_queue(QueueUrl=url)
        watches.set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="test")

    assert findings["MessagesInQueue"] == "FailedInvocations"
    assert findings["AlarmOn"] == alarm


def test_a_cluster_that_is_not_opted_in_is_named(viewer: Msklink, cluster: DeployedCluster) -> None:
    assert found(viewer, NAME)["NotOptedIn"] == NAME
    assert cluster.arn


def test_a_word_that_means_nothing_is_named(
    viewer: Msklink, cluster: DeployedCluster, cloud: Cloud
) -> None:
    tag(cluster, msklink="iamm")
    cloud.until(lambda: found(viewer, NAME).get("UnknownScheme") == NAME)


def test_accounts_are_named_by_what_keeps_them_out(
    viewer: Msklink, cluster: DeployedCluster, cloud: Cloud
) -> None:
    tag(cluster, msklink="iam", msklink_clients=f"{CLIENT} {UNKNOWN}", msklink_freeze="test")
    cloud.until(lambda: "ClientStackMissing" in found(viewer, NAME))

    findings = found(viewer, NAME)

    assert findings["Frozen"] == NAME
    assert findings["ClientStackMissing"] == f"{NAME} {UNKNOWN}"
    assert findings["AccountCannotSendEvents"] == UNKNOWN
    assert findings["NothingAsked"] == f"{NAME} {CLIENT}"
    assert found(viewer, NAME, "--account", OTHER) == {
        "Frozen": NAME,
        "AccountNotAllowed": f"{NAME} {OTHER}",
    }


def test_another_external_id_is_named_at_once(
    viewer: Msklink, cluster: DeployedCluster, cloud: Cloud
) -> None:
    tag(cluster, msklink_clients=CLIENT)
    with unreachable(cloud, CLIENT):
        assert found(viewer, NAME)["ExternalIdWrong"] == f"{NAME} {CLIENT}"


def test_a_change_that_waits_for_approval_is_waiting(
    viewer: Msklink, cluster: DeployedCluster, cloud: Cloud
) -> None:
    tag(cluster, msklink_approval="required")
    cluster.tag_vpc(CLIENT, "iam", NAME)
    kafka = cloud.client("kafka", cloud.owner)
    kafka.untag_resource(ResourceArn=cluster.arn, TagKeys=["msklink/freeze"])
    cloud.until(lambda: "AwaitingApproval" in found(viewer, NAME))

    code, said, _ = viewer.run("doctor", NAME)

    assert code == 2
    assert f"‖ {NAME}: AwaitingApproval" in said
    assert f"$ msklink approve {NAME}" in said


def test_the_lease_of_a_dead_run_is_named(
    viewer: Msklink, cluster: DeployedCluster, cloud: Cloud
) -> None:
    states = cloud.client("stepfunctions", cloud.owner)
    machine = cloud.deployed.owner["StateMachineArn"]
    tag(cluster, msklink_approved="iam")
    cloud.until(lambda: cluster.state == "UPDATING")
    running = states.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]
    [run] = [one for one in running if one["name"].startswith(f"{NAME}-")]
    with disabled(cloud, "ReleaseLease"):
        states.stop_execution(executionArn=run["executionArn"])
        cloud.settle()
        assert found(viewer, NAME)["LeaseOfDeadRun"] == NAME

    cloud.until(lambda: cluster.status(CLIENT, NAME).get("state") == "published")
    assert found(viewer, NAME) == {}
