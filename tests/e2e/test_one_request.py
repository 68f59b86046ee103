"""One event of a client brings a topic that did not exist, and the permission to use it."""

import json
from typing import Any

import pytest

from localcloud import application
from localcloud.cloud import Cloud
from tests.e2e.deployed_cluster import CLIENT, DeployedCluster, create_cluster, request
from tests.e2e.test_applications import role

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

PERMISSIONS = {
    "Effect": "Allow",
    "Action": ["kafka-cluster:*", "ssm:GetParametersByPath"],
    "Resource": "*",
}


@pytest.fixture(scope="module")
def cluster(cloud: Cloud) -> DeployedCluster:
    tags = {"msklink": "iam", "msklink/clients": CLIENT}
    return DeployedCluster(cloud, create_cluster(cloud, "billing", tags))


def entry(cluster: DeployedCluster) -> dict[str, Any]:
    """Return the entry of the connection in the client's status."""
    vpcs = cluster.status(CLIENT, "billing").get("vpcs", {})
    return dict(vpcs.get(cluster.cloud.networks[CLIENT].vpc_id, {}).get("iam", {}))


def test_one_event_brings_a_client_to_produce_and_consume(cluster: DeployedCluster) -> None:
    cloud, kafka = cluster.cloud, cluster.cloud.client("kafka", cluster.cloud.owner)
    cloud.until(lambda: cluster.state == "ACTIVE" and cluster.is_idle())
    kafka.create_topic(
        ClusterArn=cluster.arn, TopicName="billing.old", PartitionCount=5, ReplicationFactor=3
    )
    cloud.advance(120)  # MSK shows it after a minute
    bounds = {
        "names": ["billing.*"],
        "actions": ["produce", "consume"],
        "topics": {"partitions": 6},
    }
    cloud.client("ssm", cloud.owner).put_parameter(
        Name=f"/msklink/billing/access/{CLIENT}", Value=json.dumps(bounds), Type="String"
    )
    kafka.tag_resource(ResourceArn=cluster.arn, Tags={"msklink/freeze": "release"})

    topics = [
        {"name": "billing.payments", "partitions": 3},
        {"name": "billing.audit", "partitions": 7},
        {"name": "billing.old", "partitions": 3},
    ]
    request(cloud, CLIENT, "billing", access={"groups": ["billing.*"]}, topics=topics)
    cloud.until(lambda: entry(cluster).get("state") == "waiting")
    planned = cluster.plan("billing", tags={"msklink/freeze": None})
    kafka.untag_resource(ResourceArn=cluster.arn, TagKeys=["msklink/freeze"])
    cloud.until(lambda: entry(cluster).get("state") == "published")

    made = [one for one in planned["steps"] if one["call"] == "kafka:CreateTopic"]
    assert [one["parameters"]["TopicName"] for one in made] == ["billing.payments"]
    found = entry(cluster)
    assert found["topics"] == {
        "billing.audit": "refused",
        "billing.old": "refused",
        "billing.payments": "ready",
    }
    assert [one["code"] for one in found["warnings"]] == ["TopicNotAllowed", "TopicDiffers"]
    assert "at most 6" in found["warnings"][0]["message"]
    assert "5 partitions, not 3" in found["warnings"][1]["message"]


def test_the_client_uses_the_topic_and_no_other(cluster: DeployedCluster) -> None:
    environment = role(cluster.cloud, "payments", PERMISSIONS)

    done = application.run(cluster.cloud, environment, "billing", "billing.payments")
    refused = application.run(cluster.cloud, environment, "billing", "billing.audit")

    assert done.returncode == 0, done.stderr
    assert "TopicAuthorizationFailedError" in refused.stderr
