"""One event of a client brings a topic that did not exist, and the permission to use it."""

import json
from typing import Any

import pytest

from localcloud import application
from localcloud.cloud import Cloud
from tests.e2e.deployed_cluster import CLIENT, DeployedCluster, create_cluster
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


def request(cloud: Cloud, *topics: dict[str, Any]) -> None:
    detail = {
        "cluster": "billing",
        "vpc_id": cloud.networks[CLIENT].vpc_id,
        "schemes": ["iam"],
        "access": {"groups": ["billing.*"]},
        "topics": topics,
    }
    entry = {
        "EventBusName": cloud.deployed.bus_arn,
        "Source": "a.team",
        "DetailType": "Client Onboarding Requested",
        "Detail": json.dumps(detail),
    }
    cloud.client("events", CLIENT).put_events(Entries=[entry])


def test_one_event_brings_a_client_to_produce_and_consume(cluster: DeployedCluster) -> None:
    cloud = cluster.cloud
    bounds = {
        "names": ["billing.*"],
        "actions": ["produce", "consume"],
        "topics": {"partitions": 6},
    }
    cloud.client("ssm", cloud.owner).put_parameter(
        Name=f"/msklink/billing/access/{CLIENT}", Value=json.dumps(bounds), Type="String"
    )

    request(
        cloud,
        {"name": "billing.payments", "partitions": 3},
        {"name": "billing.audit", "partitions": 7},
    )

    def entry() -> dict[str, Any]:
        vpcs = cluster.status(CLIENT, "billing").get("vpcs", {})
        return dict(vpcs.get(cloud.networks[CLIENT].vpc_id, {}).get("iam", {}))

    cloud.until(lambda: entry().get("state") == "published")
    assert entry()["topics"] == {"billing.audit": "refused", "billing.payments": "ready"}
    assert [one["code"] for one in entry()["warnings"]] == ["TopicNotAllowed"]
    assert "at most 6" in entry()["warnings"][0]["message"]
    environment = role(cloud, "payments", PERMISSIONS)
    done = application.run(cloud, environment, "billing", "billing.payments")
    assert done.returncode == 0, done.stderr
    refused = application.run(cloud, environment, "billing", "billing.audit")
    assert "TopicAuthorizationFailedError" in refused.stderr
