"""
One event of a client brings a topic that did not exist, a SCRAM user, and the permission for both.

The owner has agreed before: by the access bounds and, since MSK has no API for them, by ACLs.
"""

import json
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud import application
from localcloud.cloud import Cloud
from localcloud.logins import OwnerLogins
from tests.client.guide import CREDENTIALS, blocks, sections
from tests.e2e import acl_commands
from tests.e2e.deployed_cluster import CLIENT, OTHER, DeployedCluster, leave, request
from tests.e2e.test_applications import PRODUCER, assumed, role

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

BY_IAM = {
    "Effect": "Allow",
    "Action": ["kafka-cluster:*", "ssm:GetParametersByPath"],
    "Resource": "*",
}
BOUNDS = {
    "names": ["billing.*"],
    "actions": ["produce", "consume"],
    "topics": {"partitions": 6},
    "users": ["billing"],
}


def by_scram(account: str) -> list[dict[str, Any]]:
    """Return what docs/credentials.md has a team allow the role of its application."""
    [block] = blocks(sections(CREDENTIALS)["A password for SCRAM"], "json")
    read_parameters = {"Effect": "Allow", "Action": "ssm:GetParametersByPath", "Resource": "*"}
    return [read_parameters, *json.loads(block.replace(CLIENT, account))]


@pytest.fixture(scope="module")
def cluster(cloud: Cloud) -> DeployedCluster:
    """Create a cluster; the owner allows topics, and a user for whom it has added ACLs."""
    owner = OwnerLogins(cloud)
    tags = {"msklink": "iam scram", "msklink/clients": f"{CLIENT} {OTHER}"}
    arn = owner.make_cluster("billing", owner.make_authority("billing"), tags)
    cluster = DeployedCluster(cloud, arn)
    cloud.until(lambda: cluster.state == "ACTIVE" and cluster.is_idle())
    owner.allow_by_acls(arn, ["billing"], "billing.")
    for account, bounds in ((CLIENT, BOUNDS), (OTHER, BOUNDS | {"users": ["reports", "billing"]})):
        cloud.client("ssm", cloud.owner).put_parameter(
            Name=f"/msklink/billing/access/{account}", Value=json.dumps(bounds), Type="String"
        )
    return cluster


def entry(cluster: DeployedCluster, scheme: str = "iam", account: str = CLIENT) -> dict[str, Any]:
    """Return the entry of a connection in the client's status."""
    vpcs = cluster.status(account, "billing").get("vpcs", {})
    return dict(vpcs.get(cluster.cloud.networks[account].vpc_id, {}).get(scheme, {}))


def test_one_event_brings_a_client_to_produce_and_consume(cluster: DeployedCluster) -> None:
    cloud, kafka = cluster.cloud, cluster.cloud.client("kafka", cluster.cloud.owner)
    kafka.create_topic(
        ClusterArn=cluster.arn, TopicName="billing.old", PartitionCount=5, ReplicationFactor=3
    )
    cloud.advance(120)  # MSK shows it after a minute
    kafka.tag_resource(ResourceArn=cluster.arn, Tags={"msklink/freeze": "release"})

    topics = [
        {"name": "billing.payments", "partitions": 3},
        {"name": "billing.audit", "partitions": 7},
        {"name": "billing.old", "partitions": 3},
    ]
    users = [{"name": "billing"}, {"name": "admin"}]
    access = {"groups": ["billing.*"]}
    schemes = ["iam", "scram"]
    request(cloud, CLIENT, "billing", schemes, access=access, topics=topics, users=users)
    cloud.until(lambda: entry(cluster).get("state") == "waiting")
    planned = cluster.plan("billing", tags={"msklink/freeze": None})
    kafka.untag_resource(ResourceArn=cluster.arn, TagKeys=["msklink/freeze"])
    cloud.until(lambda: cluster.status(CLIENT, "billing").get("state") == "published")

    assert planned_for(planned, "kafka:CreateTopic", "TopicName") == ["billing.payments"]
    assert planned_for(planned, "secretsmanager:CreateSecret", "Name") == [
        f"AmazonMSK_msklink_{CLIENT}_billing_billing"
    ]
    found = entry(cluster, "scram")
    assert found["topics"] == {
        "billing.audit": "refused",
        "billing.old": "refused",
        "billing.payments": "ready",
    }
    assert {name: user["state"] for name, user in found["users"].items()} == {
        "admin": "refused",
        "billing": "ready",
    }
    assert [one["code"] for one in found["warnings"]] == [
        "TopicNotAllowed",
        "TopicDiffers",
        "UserNotAllowed",
    ]
    assert "at most 6" in found["warnings"][0]["message"]
    assert "5 partitions, not 3" in found["warnings"][1]["message"]
    assert "the name is none of billing" in found["warnings"][2]["message"]


def planned_for(plan: dict[str, Any], call: str, parameter: str) -> list[str]:
    return [one["parameters"][parameter] for one in plan["steps"] if one["call"] == call]


def test_the_client_uses_the_topic_and_no_other(cluster: DeployedCluster) -> None:
    environment = role(cluster.cloud, "payments", BY_IAM)

    done = application.run(cluster.cloud, environment, "billing", "billing.payments")
    refused = application.run(cluster.cloud, environment, "billing", "billing.audit")

    assert done.returncode == 0, done.stderr
    assert "TopicAuthorizationFailedError" in refused.stderr


def test_the_user_logs_in_with_what_the_team_can_read(cluster: DeployedCluster) -> None:
    environment = role(cluster.cloud, "scram-billing", *by_scram(CLIENT)) | {
        "KAFKA_USER": "billing"
    }

    done = application.run(cluster.cloud, environment, "billing", "billing.payments", "scram")

    assert done.returncode == 0, done.stderr


def test_the_commands_in_the_status_add_the_acls_that_a_user_needs(
    cluster: DeployedCluster,
) -> None:
    cloud = cluster.cloud
    topics = [{"name": "billing.reports", "partitions": 3}]
    users = [{"name": "reports"}, {"name": "billing"}]
    access = {"groups": ["billing.reports"]}
    request(cloud, OTHER, "billing", ["scram"], topics=topics, users=users, access=access)
    cloud.until(lambda: entry(cluster, "scram", OTHER).get("state") == "published")
    found = entry(cluster, "scram", OTHER)
    environment = role(cloud, "scram-reports", *by_scram(OTHER), account=OTHER) | {
        "KAFKA_USER": "reports"
    }
    run = partial(application.run, cloud, environment, "billing", "billing.reports", "scram")

    refused = run()
    acl_commands.run(cloud, cluster.arn, found["users"]["reports"]["acls"])
    done = run()

    assert "AuthorizationFailedError" in refused.stderr
    assert done.returncode == 0, done.stderr
    assert found["users"]["billing"] == {"state": "refused"}
    assert [one["code"] for one in found["warnings"]] == ["UserTaken"]


def test_no_other_account_reads_the_password(cluster: DeployedCluster) -> None:
    secret = entry(cluster, "scram")["users"]["billing"]["secret_arn"]
    theirs = cluster.cloud.client("secretsmanager", OTHER)

    with pytest.raises(ClientError, match="AccessDenied"):
        theirs.get_secret_value(SecretId=secret)


def test_a_rotated_password_leaves_a_connected_client(cluster: DeployedCluster) -> None:
    cloud = cluster.cloud
    environment = assumed(cloud, "scram-billing") | {"KAFKA_USER": "billing"}
    secrets = cloud.client("secretsmanager", cloud.owner)
    secret = entry(cluster, "scram")["users"]["billing"]["secret_arn"]
    before = secrets.get_secret_value(SecretId=secret)["SecretString"]
    arguments = ("billing", "billing.payments", "scram")
    with application.started(cloud, environment, PRODUCER, *arguments) as producer:
        assert producer.stdout
        assert producer.stdout.readline() == "connected\n"
        secrets.rotate_secret(SecretId=secret)  # now, not in 30 days
        cloud.until(lambda: secrets.get_secret_value(SecretId=secret)["SecretString"] != before)
        seen = json.loads(producer.communicate(timeout=60)[0])
    later = application.run(cloud, environment, *arguments)

    assert seen["offsets"] == list(range(seen["offsets"][0], seen["offsets"][-1] + 1))
    assert later.returncode == 0, later.stderr


def test_the_user_goes_with_the_last_connection_of_its_account(cluster: DeployedCluster) -> None:
    cloud = cluster.cloud
    secret = entry(cluster, "scram")["users"]["billing"]["secret_arn"]
    kafka = cloud.client("kafka", cloud.owner)

    leave(cloud, CLIENT, "billing", ["scram"])
    listed = partial(kafka.list_scram_secrets, ClusterArn=cluster.arn)
    cloud.until(lambda: secret not in listed()["SecretArnList"])

    assert "DeletedDate" in cloud.client("secretsmanager", cloud.owner).describe_secret(
        SecretId=secret
    )
    names = cluster.aws(CLIENT).parameters("/msklink/billing")
    assert not [name for name in names if "/users/" in name]
    assert entry(cluster)["state"] == "published"
