"""
`msklink-client` as a person of the client team runs it, with the permissions of its README only.

IAM decides on each of its calls.
"""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from localcloud.cloud import Cloud
from tests.e2e.deployed_cluster import CLIENT, DeployedCluster, create_cluster
from tests.support.cloudformation import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

NAME = "returns"
HOURS = 48
"""More than the grace period."""


@dataclass(frozen=True)
class Person:
    """A person of the client team, in a session of a role."""

    cloud: Cloud
    session: boto3.Session

    def client(self, service: str) -> Any:
        return self.session.client(service, endpoint_url=self.cloud.endpoint)  # type: ignore[call-overload]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `msklink-client` without a terminal, with the words of a script."""
        made = self.session.get_credentials()
        assert made
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "msklink_client.command", *words],
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT / "client/python/src"),
                "AWS_ENDPOINT_URL": self.cloud.endpoint,
                "AWS_ACCESS_KEY_ID": str(made.access_key),
                "AWS_SECRET_ACCESS_KEY": str(made.secret_key),
                "AWS_SESSION_TOKEN": str(made.token),
                "AWS_DEFAULT_REGION": self.cloud.region,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def json(self, *words: str) -> Any:
        done = self.run(*words, "--output", "json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def connections(self) -> list[dict[str, Any]]:
        """Return what `status` shows of the cluster's connections."""
        [cluster] = self.json("status", NAME)["clusters"]
        found: list[dict[str, Any]] = cluster["connections"]
        return found


def documented_policy() -> str:
    """Return the policy in the README of the library, whose accounts are those of the tests."""
    text = (ROOT / "client/python/README.md").read_text()
    [policy] = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    return str(policy)


@pytest.fixture(scope="module")
def cluster(cloud: Cloud) -> DeployedCluster:
    tags = {"msklink": "auto", "msklink/clients": CLIENT}
    return DeployedCluster(cloud, create_cluster(cloud, NAME, tags))


@pytest.fixture
def person(cloud: Cloud) -> Person:
    """Return a person with a new session: one lasts an hour, and runs take longer."""
    iam, name = cloud.client("iam", CLIENT), "kafka-team"
    trust = {"Effect": "Allow", "Principal": {"AWS": CLIENT}, "Action": "sts:AssumeRole"}
    try:
        role = iam.get_role(RoleName=name)["Role"]
    except iam.exceptions.NoSuchEntityException:
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]
        iam.put_role_policy(
            RoleName=name, PolicyName="of-readme", PolicyDocument=documented_policy()
        )
    made = cloud.client("sts", CLIENT).assume_role(
        RoleArn=role["Arn"], RoleSessionName="test", DurationSeconds=43200
    )["Credentials"]
    session = boto3.Session(
        made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"], cloud.region
    )
    return Person(cloud, session)


@pytest.fixture
def vpc_id(cloud: Cloud) -> str:
    return cloud.networks[CLIENT].vpc_id


def test_a_vpc_is_requested_shown_and_left_by_its_tag(
    cloud: Cloud, cluster: DeployedCluster, person: Person, vpc_id: str
) -> None:
    refused = person.run("request", NAME, "--vpc", vpc_id, "--schemes", "iam")
    assert refused.returncode == 1
    assert "NotConfirmed" in refused.stderr

    person.json("request", NAME, "--vpc", vpc_id, "--schemes", "iam", "--yes")
    cloud.until(lambda: cluster.status(CLIENT, NAME).get("state") == "published")
    cloud.until(cluster.is_idle)

    [iam] = person.connections()
    assert (iam["vpc_id"], iam["scheme"], iam["state"]) == (vpc_id, "iam", "published")
    assert [broker.split(".")[0] for broker in iam["brokers"]] == ["b-1", "b-2", "b-3"]
    assert f"/msklink/{NAME}/iam/bootstrap.servers" in cluster.aws(CLIENT).parameters(
        f"/msklink/{NAME}"
    )
    again = person.json("request", NAME, "--vpc", vpc_id, "--schemes", "iam")
    assert again["changed"] == []


def test_leave_removes_what_it_said(
    cloud: Cloud, cluster: DeployedCluster, person: Person, vpc_id: str
) -> None:
    [gone] = person.json("leave", NAME, "--vpc", vpc_id, "--yes")["removed"]
    cloud.until(lambda: "leaving" in str(cluster.status(CLIENT, NAME)))
    cloud.until(cluster.is_idle)

    [iam] = person.connections()
    assert iam["until"] == iam["leaving"]["due"]
    announced = person.run("leave", NAME, "--vpc", vpc_id)
    assert f"iam is removed at {iam['until']}, as announced." in announced.stdout

    cloud.until(lambda: cluster.status(CLIENT, NAME).get("state") == "offboarded", HOURS)
    cloud.until(cluster.is_idle)
    left = cluster.aws(CLIENT).parameters(f"/msklink/{NAME}")
    assert gone["parameters"]
    assert not left.keys() & {*gone["parameters"]}
    existing = cluster.aws(CLIENT)("kafka", "list-vpc-connections")["VpcConnections"]
    assert gone["connection_arn"] not in {one["VpcConnectionArn"] for one in existing}


def test_a_vpc_is_requested_with_access_and_left_at_once_by_events(
    cloud: Cloud, cluster: DeployedCluster, person: Person, vpc_id: str
) -> None:
    bus = ("--event-bus", cloud.deployed.bus_arn)
    access = ("--produce", "billing.*", "--groups", "billing.app")
    place = ("--vpc", vpc_id)

    person.json("request", NAME, *place, "--schemes", "iam", *bus, *access, "--yes")
    cloud.until(lambda: cluster.status(CLIENT, NAME).get("state") == "published")
    cloud.until(cluster.is_idle)

    status = person.run("status", NAME)
    assert "AccessNotAllowed" in status.stdout  # the owner has set no bounds
    stays = person.run("leave", NAME, *place, "--yes")
    assert (stays.returncode, "RequestedByEvent" in stays.stderr) == (1, True)

    person.json("leave", NAME, *place, *bus, "--yes")
    cloud.until(lambda: cluster.status(CLIENT, NAME).get("state") == "offboarded", hours=1)
    cloud.until(cluster.is_idle)
    assert person.connections() == []


def test_the_permissions_reach_no_other_tag_parameter_or_bus(
    cloud: Cloud, person: Person, vpc_id: str
) -> None:
    ec2, ssm = person.client("ec2"), person.client("ssm")
    theirs = [{"Key": "team", "Value": "x"}]
    ours = [{"Key": "msklink/none", "Value": "off"}]
    subnet = cloud.networks[CLIENT].subnet_ids[0]

    for call, parameters in (
        (ec2.create_tags, {"Resources": [vpc_id], "Tags": theirs}),
        (ec2.create_tags, {"Resources": [vpc_id], "Tags": [*ours, *theirs]}),
        (ec2.create_tags, {"Resources": [subnet], "Tags": ours}),
        (ec2.delete_tags, {"Resources": [vpc_id], "Tags": theirs}),
        (ec2.delete_tags, {"Resources": [vpc_id]}),
        (ssm.get_parameters_by_path, {"Path": "/other"}),
        (ssm.put_parameter, {"Name": "/msklink/x", "Value": "x", "Type": "String"}),
    ):
        with pytest.raises(ClientError, match="not authorized to perform"):
            call(**parameters)


def test_a_denied_call_names_what_to_allow(cloud: Cloud, person: Person, vpc_id: str) -> None:
    iam = cloud.client("iam", CLIENT)
    policy = {"RoleName": "kafka-team", "PolicyName": "of-readme"}
    whole = json.loads(documented_policy())
    fewer = [one for one in whole["Statement"] if one["Sid"] != "TagVpcsForClusters"]
    iam.put_role_policy(**policy, PolicyDocument=json.dumps({**whole, "Statement": fewer}))
    try:
        said = person.run("request", NAME, "--vpc", vpc_id, "--schemes", "iam", "--yes")
    finally:
        iam.put_role_policy(**policy, PolicyDocument=documented_policy())

    assert said.returncode == 1
    [line] = said.stderr.splitlines()
    assert line.startswith("msklink-client: NoPermission: ")
    assert f"ec2:CreateTags on arn:aws:ec2:{cloud.region}:{CLIENT}:vpc/{vpc_id}" in line
