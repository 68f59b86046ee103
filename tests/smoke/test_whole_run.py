"""The whole smoke test in the embedded AWS: with an interrupt in each step, and a named cluster."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from localcloud.deploy import deploy
from localcloud.msk.assumptions import DEFAULTS
from localcloud.networks import make_network
from localcloud.settings import REPOSITORY
from tests.smoke.cloud import SmokeInCloud, smoke_in_cloud
from tools.smoke import runner
from tools.smoke.questions import QUESTIONS
from tools.smoke.steps import NAMES

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("smoke")]

OPEN = {"default_page", "express_stays_active", "express_brokers"}
"""Questions for which a new account with Standard brokers has no answer."""

IDS = re.compile(r"(?<!\d)\d{12}(?!\d)|arn:aws|vpc-[0-9a-f]|sg-[0-9a-f]|amazonaws|127\.0\.0\.1")


@pytest.fixture(scope="module")
def smoked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmokeInCloud]:
    with smoke_in_cloud(tmp_path_factory.mktemp("smoke")) as found:
        yield found


def report(folder: Path) -> dict[str, Any]:
    """Return the answers by key. Neither file may have an id."""
    texts = [(folder / f"smoke-report.{form}").read_text() for form in ("json", "md")]
    for text in texts:
        assert IDS.findall(text) == []
    return {one["key"]: one for one in json.loads(texts[0])["questions"]}


def left(smoked: SmokeInCloud) -> list[object]:
    """Return what is left of a smoke test in both accounts."""
    cloud, found = smoked.cloud, list[object]()
    for account in (cloud.owner, cloud.clients[0]):

        def client(service: str, account: str = account) -> Any:
            return cloud.client(service, account)

        named = [{"Name": "tag-key", "Values": ["smoke-test-msklink"]}]
        found += client("ec2").describe_vpcs(Filters=named)["Vpcs"]
        found += client("ec2").describe_subnets(Filters=named)["Subnets"]
        found += client("sqs").list_queues(QueueNamePrefix="smoke-").get("QueueUrls", [])
        found += client("events").list_rules(NamePrefix="smoke-")["Rules"]
        found += client("dynamodb").list_tables()["TableNames"]
        found += client("kafka").list_vpc_connections()["VpcConnections"]
        found += client("ssm").describe_parameters()["Parameters"]
        found += client("lambda").list_functions()["Functions"]
        found += [
            one
            for one in client("cloudformation").describe_stacks()["Stacks"]
            if one["StackName"].startswith("smoke-") and one["StackStatus"] != "DELETE_COMPLETE"
        ]
    kafka = cloud.client("kafka", cloud.owner)
    found += kafka.list_configurations()["Configurations"]
    clusters = kafka.list_clusters_v2()["ClusterInfoList"]
    return found + [one for one in clusters if one["ClusterName"].startswith("smoke-")]


def test_a_whole_run_is_gone_on_with_after_an_interrupt_in_each_step(
    smoked: SmokeInCloud,
) -> None:
    smoked.interrupt_at = 3
    codes = []
    for _ in range(2 * len(NAMES)):
        smoked.reader.answers = ["yes", "no"]  # go on; do not delete what exists
        codes.append(smoked.run())
        if codes[-1] == runner.DONE:
            break

    assert set(codes[:-1]) == {runner.INTERRUPTED}, smoked.reader.text[-2000:]
    assert codes[-1] == runner.DONE
    assert set(smoked.interrupted) == set(NAMES)
    answers = report(smoked.folder)
    wanted = {key for key, one in QUESTIONS.items() if one.step} - OPEN
    assert {key: answers[key]["verdict"] for key in wanted} == dict.fromkeys(wanted, "confirmed")
    assert {answers[key]["verdict"] for key in QUESTIONS.keys() - wanted} == {"not answered"}
    assert left(smoked) == []
    assert not (smoked.folder / "smoke-state.json").exists()


OTHERWISE = {
    "omitted_scheme_is_off": False,
    "policy_is_normalised": True,
    "tags_at_creation_emit": True,
    "default_page": 1,
    "name_is_free_while_deleting": True,
    "fresh_shows_flags": False,
    "bad_principal_is_named": True,
    "mixed_is_refused": True,
    "policy_delay_seconds": 20,
    "role_delay_seconds": 5,
    "busy_takes_connections": True,
    "unconnected_cannot_list": False,
    "list_leaves_out": "EncryptionInfo",
    "topic_configs_are_json": False,
    "active_operation": "never",
}


def test_a_whole_run_finds_all_that_msk_does_otherwise(smoked: SmokeInCloud) -> None:
    cloud = smoked.cloud
    other = cloud.client("kafka", cloud.owner).create_configuration(Name="a", ServerProperties=b"")
    smoked.interrupt_at = 0
    cloud.assume(**OTHERWISE)
    try:
        assert smoked.run(yes=True) == runner.DONE, smoked.reader.text[-2000:]
    finally:
        cloud.assume(**asdict(DEFAULTS))
        cloud.client("kafka", cloud.owner).delete_configuration(Arn=other["Arn"])

    answers = report(smoked.folder)
    different = {key for key, one in answers.items() if one["verdict"] == "different"}
    # An account has its service-linked role since the first test.
    assert different - {"role_delay_seconds"} == OTHERWISE.keys() - {"role_delay_seconds"}
    assert left(smoked) == []


def test_a_named_cluster_is_left_as_it_was_but_for_the_scheme_that_is_on(
    smoked: SmokeInCloud,
) -> None:
    cloud = smoked.cloud
    smoked.interrupt_at = 0
    kafka, arn = cloud.client("kafka", cloud.owner), make_express_cluster(smoked)
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Others",
                "Effect": "Allow",
                "Principal": {"AWS": cloud.clients[1]},
                "Action": "kafka:DescribeCluster",
                "Resource": arn,
            }
        ],
    }
    kafka.put_cluster_policy(ClusterArn=arn, Policy=json.dumps(policy))

    def described() -> tuple[Any, Any]:
        tags = kafka.describe_cluster_v2(ClusterArn=arn)["ClusterInfo"]["Tags"]
        return tags, json.loads(kafka.get_cluster_policy(ClusterArn=arn)["Policy"])

    # A wrong name: nothing reboots, and what exists is kept.
    smoked.reader.answers = ["yes", "payments-eu", "no"]
    assert smoked.run(cluster="payments") == runner.FAILED
    assert described() == ({"team": "payments"}, policy)
    assert kafka.list_cluster_operations_v2(ClusterArn=arn)["ClusterOperationInfoList"] == []

    # Ctrl-C while its brokers reboot: all is deleted, MSKLink included.
    smoked.reader.answers = ["yes", "payments", "yes"]
    smoked.clock.interrupts = 1
    assert smoked.run(cluster="payments") == runner.INTERRUPTED
    assert described() == ({"team": "payments"}, policy)
    assert left(smoked) == []

    smoked.reader.answers = ["yes", "payments"]
    assert smoked.run(cluster="payments") == runner.DONE, smoked.reader.text[-2000:]

    assert described() == ({"team": "payments"}, policy)
    assert left(smoked) == []
    answers = report(smoked.folder)
    for key in ("published", "C5", "C8", "A1", "express_brokers", "redeploy"):
        assert answers[key]["verdict"] == "confirmed", key
    assert answers["C1"]["reason"] == "The smoke test does this to its own cluster only."
    assert f"update-connectivity --cluster-arn {arn}" in smoked.reader.text
    assert "payments" not in (smoked.folder / "smoke-report.md").read_text()


NEEDS_TWO = {
    *("C1", "C8", "policy_delay_seconds"),
    *("missing_cluster", "shown_by_policy", "statement_removed"),
}
ONCE = {"role_delay_seconds", "C2"}
"""Questions that the first connection of an account answers."""


def test_one_account_is_enough_for_what_needs_no_second(smoked: SmokeInCloud) -> None:
    smoked.interrupt_at, smoked.alone = 0, True
    try:
        assert smoked.run(yes=True) == runner.DONE, smoked.reader.text[-2000:]
    finally:
        smoked.alone = False

    answers = report(smoked.folder)
    wanted = {key for key, one in QUESTIONS.items() if one.step} - OPEN - ONCE
    assert {key: answers[key]["verdict"] for key in wanted} == {
        key: "not answered" if key in NEEDS_TWO else "confirmed" for key in wanted
    }
    assert left(smoked) == []


def test_the_command_takes_profiles_and_goes_on_and_cleans_up(
    smoked: SmokeInCloud, tmp_path: Path
) -> None:
    first = command(smoked, tmp_path, "--until", "network", "--yes")
    out, _ = first.communicate()
    assert first.returncode == 0, out
    assert "aws ec2 delete-vpc" in out
    assert "--profile client" in out
    assert len(left(smoked)) > 0

    second = command(smoked, tmp_path, "--cleanup")
    out, _ = second.communicate()
    assert second.returncode == 0, out
    assert left(smoked) == []


def test_control_c_ends_the_command_with_a_report(smoked: SmokeInCloud, tmp_path: Path) -> None:
    process = command(smoked, tmp_path, "--until", "account", "--yes")
    assert process.stdout
    for line in process.stdout:
        if "calls of TestState" in line:
            process.send_signal(signal.SIGINT)
            break
    out, _ = process.communicate()

    assert process.returncode == runner.INTERRUPTED, out
    assert "Interrupted." in out
    assert "Traceback" not in out
    assert (tmp_path / "smoke-report.json").exists()


def test_an_installation_that_exists_is_used_and_stays(smoked: SmokeInCloud) -> None:
    cloud = smoked.cloud
    deployed = deploy(cloud.endpoint, 24, clients=cloud.clients[:1])
    smoked.reader.answers = []

    assert smoked.run(namespace="msklink", until="offboard") == runner.DONE
    assert smoked.run(namespace="msklink", cleanup=True) == runner.DONE

    answers = report(smoked.folder)
    assert answers["published"]["verdict"] == "confirmed"
    assert answers["A1"]["verdict"] == "confirmed"
    assert answers["C8"]["reason"] == "The policy of the bus is not the smoke test's own."
    for account, name in ((cloud.owner, "msklink"), (cloud.clients[0], "msklink-client")):
        stacks = cloud.client("cloudformation", account).describe_stacks(StackName=name)["Stacks"]
        assert stacks[0]["StackStatus"] == "CREATE_COMPLETE"
    topic = deployed.owner["AlertsTopicArn"]
    sns = cloud.client("sns", cloud.owner)
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    kafka = cloud.client("kafka", cloud.owner)
    assert not [
        one
        for one in kafka.list_clusters_v2()["ClusterInfoList"]
        if one["ClusterName"].startswith("smoke-")
    ]


def command(smoked: SmokeInCloud, folder: Path, *words: str) -> "subprocess.Popen[str]":
    """Start the command with a profile for each account."""
    accounts = {"owner": smoked.cloud.owner, "client": smoked.cloud.clients[0]}
    config = folder / "config"
    config.write_text(
        "".join(
            f"[profile {name}]\nregion = {smoked.cloud.region}\n"
            f"aws_access_key_id = {account}\naws_secret_access_key = x\n"
            for name, account in accounts.items()
        )
    )
    paths = (REPOSITORY, REPOSITORY / "layers/core", REPOSITORY / "cli/src")
    return subprocess.Popen(
        [
            *(sys.executable, "-u", "-m", "tools.smoke", "--folder", str(folder)),
            *("--owner-profile", "owner", "--client-profile", "client", *words),
        ],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": ":".join(map(str, paths)),
            "AWS_CONFIG_FILE": str(config),
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_ENDPOINT_URL": smoked.cloud.endpoint,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def make_express_cluster(smoked: SmokeInCloud) -> str:
    cloud = smoked.cloud
    network = make_network(cloud.client("ec2", cloud.owner), cloud.owner, 0)
    kafka = cloud.client("kafka", cloud.owner)
    arn: str = kafka.create_cluster_v2(
        ClusterName="payments",
        Tags={"team": "payments"},
        Provisioned={
            "KafkaVersion": "3.8.x",
            "NumberOfBrokerNodes": 3,
            "BrokerNodeGroupInfo": {
                "InstanceType": "express.m7g.large",
                "ClientSubnets": network.subnet_ids,
            },
            "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}},
        },
    )["ClusterArn"]

    def is_active() -> bool:
        found = kafka.describe_cluster_v2(ClusterArn=arn)["ClusterInfo"]["State"]
        return bool(found == "ACTIVE")

    cloud.until(is_active)
    return arn
