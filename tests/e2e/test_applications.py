"""Applications of a client team connect with their credentials and the cluster's name."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from localcloud import application
from localcloud.cloud import Cloud
from localcloud.settings import credentials
from tests.e2e.deployed_cluster import CLIENT, OTHER, DeployedCluster, create_cluster, request

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

PRODUCER = "tests.e2e.long_producer"
STRING = "BootstrapBrokerStringVpcConnectivitySaslIam"
ACTIONS = ("produce", "consume", "create")
USING = {
    "Effect": "Allow",
    "Action": "kafka-cluster:*",
    "Resource": [
        "arn:aws:kafka:eu-west-1:111111111111:cluster/ledger/*",
        "arn:aws:kafka:eu-west-1:111111111111:topic/ledger/*/entries",
        "arn:aws:kafka:eu-west-1:111111111111:group/ledger/*/entries",
    ],
}
READING = {
    "Effect": "Allow",
    "Action": ["ssm:GetParametersByPath", "ssm:GetParameter"],
    "Resource": f"arn:aws:ssm:eu-west-1:{CLIENT}:parameter/msklink/ledger/*",
}


@pytest.fixture(scope="module")
def cluster(cloud: Cloud) -> DeployedCluster:
    """Create a cluster, and connect a client that requests access to a topic by an event."""
    tags = {"msklink": "iam", "msklink/clients": CLIENT}
    cluster = DeployedCluster(cloud, create_cluster(cloud, "ledger", tags))
    cloud.client("ssm", cloud.owner).put_parameter(
        Name=f"/msklink/ledger/access/{CLIENT}",
        Value=json.dumps({"names": ["entries"], "actions": ACTIONS}),
        Type="String",
    )
    access = {key: ["entries"] for key in (*ACTIONS, "groups")}
    request(cloud, CLIENT, "ledger", access=access)
    cloud.until(lambda: cluster.status(CLIENT, "ledger").get("state") == "published")
    return cluster


def role(
    cloud: Cloud, name: str, *statements: Mapping[str, Any], account: str = CLIENT
) -> dict[str, str]:
    """Create a role for an application in a client's account, and return its credentials."""
    iam = cloud.client("iam", account)
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "sts:AssumeRole",
    }
    iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )
    if statements:
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_role_policy(RoleName=name, PolicyName="Application", PolicyDocument=document)
    return assumed(cloud, name, account)


def assumed(cloud: Cloud, name: str, account: str = CLIENT) -> dict[str, str]:
    """Return credentials of a role, which end after an hour."""
    arn = f"arn:aws:iam::{account}:role/{name}"
    given = cloud.client("sts", account).assume_role(RoleArn=arn, RoleSessionName="test")
    found = given["Credentials"]
    return credentials(account) | {
        "AWS_ACCESS_KEY_ID": found["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": found["SecretAccessKey"],
        "AWS_SESSION_TOKEN": found["SessionToken"],
    }


def test_a_plan_keeps_the_access_that_is_granted(cluster: DeployedCluster) -> None:
    planned = cluster.plan("ledger")

    assert planned["steps"] == []


def test_an_application_writes_and_reads_a_message(cluster: DeployedCluster) -> None:
    done = application.run(
        cluster.cloud, role(cluster.cloud, "billing", READING, USING), "ledger", "entries"
    )

    assert done.returncode == 0, done.stderr
    said = f"produced and consumed 1 message by iam as {CLIENT} through b-1.iam.ledger."
    assert done.stdout.startswith(said)


def test_a_role_needs_the_permission_to_connect_in_a_policy_of_its_own(
    cluster: DeployedCluster,
) -> None:
    done = application.run(
        cluster.cloud, role(cluster.cloud, "reader", READING), "ledger", "entries"
    )

    assert done.returncode
    assert "no identity-based policy allows the kafka-cluster:Connect action" in done.stderr


def test_a_role_with_all_permissions_gets_only_what_the_cluster_policy_allows(
    cluster: DeployedCluster,
) -> None:
    everything = {"Effect": "Allow", "Action": "kafka-cluster:*", "Resource": "*"}
    environment = role(cluster.cloud, "ambitious", READING, everything)

    done = application.run(cluster.cloud, environment, "ledger", "salaries")

    assert done.returncode
    assert "TopicAuthorizationFailedError" in done.stderr


def test_a_role_that_may_not_read_gets_the_missing_permission(cluster: DeployedCluster) -> None:
    done = application.run(cluster.cloud, role(cluster.cloud, "forgotten"), "ledger", "entries")

    assert done.returncode
    assert "NoPermission" in done.stderr
    arn = f"arn:aws:ssm:eu-west-1:{CLIENT}:parameter/msklink/ledger/iam"
    assert f"Allow ssm:GetParametersByPath on {arn}" in done.stderr


def test_an_account_that_is_not_connected_gets_the_remedy(cluster: DeployedCluster) -> None:
    done = application.run(cluster.cloud, credentials(OTHER), "ledger", "entries")

    assert done.returncode
    assert "NotOnboarded" in done.stderr
    assert "Tag your VPC msklink/ledger = auto" in done.stderr


def test_a_connected_client_goes_on_while_brokers_are_added(cluster: DeployedCluster) -> None:
    cloud, kafka = cluster.cloud, cluster.cloud.client("kafka", cluster.cloud.owner)
    environment = role(cloud, "steady", READING, USING)
    made = application.run(cloud, environment, "ledger", "entries")
    assert made.returncode == 0, made.stderr

    with application.started(cloud, environment, PRODUCER, "ledger", "entries", "iam") as producer:
        assert producer.stdout
        assert producer.stdin
        assert producer.stdout.readline() == "connected\n"
        version = kafka.describe_cluster_v2(ClusterArn=cluster.arn)["ClusterInfo"]["CurrentVersion"]
        kafka.update_broker_count(
            ClusterArn=cluster.arn, CurrentVersion=version, TargetNumberOfBrokerNodes=6
        )
        before = brokers(cluster)
        cloud.until(lambda: cluster.state == "ACTIVE")
        while "b-1." not in kafka.get_bootstrap_brokers(ClusterArn=cluster.arn)[STRING]:
            pass  # the next answer of MSK names the other three
        cloud.until(lambda: brokers(cluster) != before)  # published anew
        seen = json.loads(producer.communicate(timeout=60)[0])

    assert producer.returncode == 0
    assert seen["offsets"] == list(range(seen["offsets"][0], seen["offsets"][-1] + 1))
    assert seen["brokers"] == ["b-1", "b-2", "b-3", "b-4", "b-5", "b-6"]
    anew = assumed(cloud, "steady")  # it was up to an hour until the sweep published
    later = application.run(cloud, anew, "ledger", "entries")
    assert later.returncode == 0, later.stderr
    assert not set(brokers(cluster)) & set(before)


def brokers(cluster: DeployedCluster) -> list[str]:
    """Return the published brokers."""
    path = "/msklink/ledger/iam"
    servers = cluster.aws(CLIENT).parameters(path)[f"{path}/bootstrap.servers"]
    return servers.split(",")
