"""The workflow of the README, with the AWS CLI only, on the deployed stacks."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from localcloud.cloud import Cloud
from tests.e2e.aws_cli import AwsCli
from tests.e2e.deployed_cluster import CLIENT, OTHER, DeployedCluster
from tests.e2e.queues import temporary_queue

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]


@pytest.fixture(scope="module")
def cluster(cloud: Cloud) -> DeployedCluster:
    """Create a cluster with IAM and SCRAM on, tagged for two clients; one tags its VPC."""
    owner = AwsCli(cloud, cloud.owner)
    configuration = owner(
        *("kafka", "create-configuration", "--name", "acls-decide"),
        *("--server-properties", "allow.everyone.if.no.acl.found=false"),
    )
    provisioned = {
        "KafkaVersion": "3.6.0",
        "NumberOfBrokerNodes": 3,
        "BrokerNodeGroupInfo": {
            "InstanceType": "kafka.m7g.large",
            "ClientSubnets": cloud.networks[cloud.owner].subnet_ids,
        },
        "ClientAuthentication": {
            "Sasl": {"Iam": {"Enabled": True}, "Scram": {"Enabled": True}},
            "Unauthenticated": {"Enabled": False},
        },
        "ConfigurationInfo": {"Arn": configuration["Arn"], "Revision": 1},
    }
    arn = owner(
        *("kafka", "create-cluster-v2", "--cluster-name", "orders"),
        *("--provisioned", json.dumps(provisioned)),
    )["ClusterArn"]
    tags = f"msklink=auto,msklink/clients={CLIENT} {OTHER}"
    owner("kafka", "tag-resource", "--resource-arn", arn, "--tags", tags)
    cluster = DeployedCluster(cloud, arn)
    cluster.tag_vpc(CLIENT, "iam")
    cloud.until(lambda: cluster.status(CLIENT).get("state") == "published")
    cloud.until(cluster.is_idle)
    return cluster


def test_a_client_reads_its_brokers_in_its_own_account(cluster: DeployedCluster) -> None:
    published = cluster.aws(CLIENT).parameters("/msklink/orders/iam")

    brokers = published["/msklink/orders/iam/bootstrap.servers"].split(",")
    assert [broker.split(":")[1] for broker in brokers] == ["14001", "14002", "14003"]
    assert all(broker.startswith(f"b-{n}.iam.") for n, broker in enumerate(brokers, start=1))
    assert published["/msklink/orders/iam/sasl.mechanism"] == "AWS_MSK_IAM"


def test_one_update_carries_all_three_flags(cluster: DeployedCluster) -> None:
    operations = cluster.owner("kafka", "list-cluster-operations-v2", "--cluster-arn", cluster.arn)
    updates = [
        operation
        for operation in operations["ClusterOperationInfoList"]
        if operation["OperationType"] == "UPDATE_CONNECTIVITY"
    ]

    assert len(updates) == 1
    described = cluster.owner(
        "kafka",
        "describe-cluster-operation-v2",
        "--cluster-operation-arn",
        updates[0]["OperationArn"],
    )["ClusterOperationInfo"]
    target = described["Provisioned"]["TargetClusterInfo"]["ConnectivityInfo"]["VpcConnectivity"]
    assert target["ClientAuthentication"] == {
        "Sasl": {"Iam": {"Enabled": True}, "Scram": {"Enabled": False}},
        "Tls": {"Enabled": False},
    }


def test_the_policy_has_one_statement_with_the_accounts_that_requested(
    cluster: DeployedCluster,
) -> None:
    answer = cluster.owner("kafka", "get-cluster-policy", "--cluster-arn", cluster.arn)

    [statement] = json.loads(answer["Policy"])["Statement"]
    assert statement["Sid"] == "MsklinkClients"
    assert statement["Principal"] == {"AWS": [f"arn:aws:iam::{CLIENT}:root"]}


def test_the_same_tags_again_change_nothing(cluster: DeployedCluster) -> None:
    client = cluster.aws(CLIENT)
    versions = client.versions("/msklink/orders")
    before, runs = cluster.calls(), len(cluster.executions())

    cluster.tag_vpc(CLIENT, "IAM")
    cluster.tag_vpc(CLIENT, "iam")
    tag = "msklink=iam scram"  # tls is off, which the status of the owner would show
    cluster.owner("kafka", "tag-resource", "--resource-arn", cluster.arn, "--tags", tag)
    cluster.cloud.until(lambda: len(cluster.executions()) > runs and cluster.is_idle())

    writes = {"UpdateConnectivity", "PutClusterPolicy", "CreateVpcConnection", "PutParameter"}
    after = cluster.calls()
    assert {name: after[name] - before[name] for name in writes} == dict.fromkeys(writes, 0)
    assert client.versions("/msklink/orders") == versions


def test_a_plan_for_a_cluster_that_is_as_it_should_be_has_no_step(
    cluster: DeployedCluster,
) -> None:
    planned = cluster.plan("orders")

    assert planned["steps"] == planned["held"] == planned["refusals"] == []
    assert planned["policy"] is None
    assert CLIENT in {one["account"] for one in planned["clients"]}


def test_a_request_by_event_works_like_a_tag(cluster: DeployedCluster) -> None:
    entry = {
        "EventBusName": cluster.cloud.deployed.bus_arn,
        "Source": "team-of-the-other-client",
        "DetailType": "Client Onboarding Requested",
        "Detail": json.dumps(
            {
                "cluster": "orders",
                "vpc_id": cluster.cloud.networks[OTHER].vpc_id,
                "schemes": ["scram", "plaintext"],
            }
        ),
    }

    cluster.aws(OTHER)("events", "put-events", "--entries", json.dumps([entry]))

    cluster.cloud.until(lambda: cluster.schemes(OTHER).get("scram", {}).get("state") == "published")
    name = "/msklink/orders/scram/bootstrap.servers"
    assert name in cluster.aws(OTHER).parameters("/msklink/orders/scram")
    assert cluster.schemes(OTHER)["tag"]["refusal"]["code"] == "UnknownScheme"


def test_an_account_that_is_not_listed_gets_nothing(cluster: DeployedCluster) -> None:
    cluster.cloud.until(cluster.is_idle)
    tag = f"msklink/clients={CLIENT}"
    cluster.owner("kafka", "tag-resource", "--resource-arn", cluster.arn, "--tags", tag)
    cluster.cloud.until(cluster.is_idle)
    before = cluster.calls()

    cluster.tag_vpc(OTHER, "iam")
    cluster.cloud.until(lambda: cluster.calls()["PutEvents"] > before["PutEvents"])
    cluster.cloud.until(cluster.is_idle)

    assert "iam" not in cluster.schemes(OTHER)
    assert not cluster.aws(OTHER).parameters("/msklink/orders/iam")


def test_offboarding_is_immediate_by_event_and_after_the_grace_period_by_tag(
    cluster: DeployedCluster,
) -> None:
    """The other client was removed from the list in the last test, and has scram by request."""
    cluster.cloud.until(lambda: cluster.status(OTHER).get("state") == "offboarded")
    assert cluster.status(OTHER)["refusal"]["code"] == "AccountNotAllowed"
    assert not cluster.aws(OTHER).parameters("/msklink/orders/scram")

    entry = {
        "EventBusName": cluster.cloud.deployed.bus_arn,
        "Source": "team-of-the-client",
        "DetailType": "Client Offboarding Requested",
        "Detail": json.dumps(
            {"cluster": "orders", "vpc_id": cluster.cloud.networks[CLIENT].vpc_id}
        ),
    }
    cluster.aws(CLIENT)("events", "put-events", "--entries", json.dumps([entry]))

    cluster.cloud.until(lambda: cluster.status(CLIENT).get("state") == "offboarded")
    cluster.cloud.until(cluster.is_idle)
    assert [*cluster.aws(CLIENT).parameters("/msklink/orders")] == ["/msklink/orders/status"]
    for account in (CLIENT, OTHER):
        client = cluster.aws(account)
        left = client("kafka", "list-vpc-connections")["VpcConnections"]
        assert [one for one in left if one["TargetClusterArn"] == cluster.arn] == []
        endpoints = client("ec2", "describe-vpc-endpoints")["VpcEndpoints"]
        assert [one for one in endpoints if is_available(one, cluster.arn)] == []
        ours = "Name=tag-key,Values=msklink/orders"
        groups = client("ec2", "describe-security-groups", "--filters", ours)
        assert groups["SecurityGroups"] == []
    with pytest.raises(RuntimeError, match="NotFound"):
        cluster.owner("kafka", "get-cluster-policy", "--cluster-arn", cluster.arn)


@pytest.fixture
def alerts(cloud: Cloud) -> Iterator[Callable[[], list[str]]]:
    """Return what the alerts topic of the stack delivers to a queue."""
    with temporary_queue(cloud, "alerts") as queue:
        cloud.client("sns", cloud.owner).subscribe(
            TopicArn=cloud.deployed.owner["AlertsTopicArn"],
            Protocol="sqs",
            Endpoint=queue.arn,
            Attributes={"RawMessageDelivery": "true"},
        )
        yield queue.bodies


def test_an_aborted_run_loses_its_lease_and_sends_an_alert(
    cluster: DeployedCluster, alerts: Callable[[], list[str]]
) -> None:
    subnets = cluster.cloud.networks[cluster.cloud.owner].subnet_ids
    provisioned = {
        "KafkaVersion": "3.6.0",
        "NumberOfBrokerNodes": 3,
        "BrokerNodeGroupInfo": {"InstanceType": "kafka.m7g.large", "ClientSubnets": subnets},
        "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}},
    }
    cluster.cloud.fault("CreateClusterV2", slowness=4)  # so that the run waits
    arn = cluster.owner(
        *("kafka", "create-cluster-v2", "--cluster-name", "aborted", "--tags", "msklink=iam"),
        *("--provisioned", json.dumps(provisioned)),
    )["ClusterArn"]
    cluster.cloud.until(lambda: [one for one in cluster.executions() if "aborted-" in one["name"]])
    [run] = [one for one in cluster.executions() if "aborted-" in one["name"]]
    history = ("stepfunctions", "get-execution-history", "--execution-arn", run["executionArn"])
    cluster.cloud.until(lambda: "WaitForCluster" in json.dumps(cluster.owner(*history)))

    cluster.owner("stepfunctions", "stop-execution", "--execution-arn", run["executionArn"])

    cluster.cloud.until(lambda: "holder" not in cluster.item(arn))
    record = cluster.item(arn)
    assert record["failure"]["M"]["run"]["S"] == run["name"]
    assert record["failure"]["M"]["status"]["S"] == "ABORTED"
    assert record["failure"]["M"]["state"]["S"] in {"WaitForCluster", "InspectCluster"}
    [alert] = cluster.cloud.until(alerts)
    assert f"run {run['name']} is ABORTED in state" in alert


def test_a_sweep_replaces_the_aborted_run_and_the_next_finds_nothing(
    cluster: DeployedCluster,
) -> None:
    def sweeps() -> list[int]:
        return [
            call.status
            for call in cluster.cloud.calls()
            if call.service == "function" and "sweep-clusters" in call.operation
        ]

    def ended() -> list[str]:
        return [one["status"] for one in cluster.executions() if "aborted-" in one["name"]]

    cluster.cloud.until(lambda: sorted(ended()) == ["ABORTED", "SUCCEEDED"])
    before, runs = len(sweeps()), len(cluster.executions())
    cluster.cloud.until(lambda: len(sweeps()) > before)

    assert set(sweeps()) == {200}
    assert len(cluster.executions()) == runs


def test_no_call_of_ours_was_denied_and_the_dead_letter_queues_are_empty(
    cluster: DeployedCluster,
) -> None:
    assert [call for call in cluster.calls_of_ours() if call.status == 403] == []

    for account in cluster.cloud.accounts:
        sqs = cluster.cloud.client("sqs", account)
        for url in sqs.list_queues().get("QueueUrls", []):
            held = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            assert held["ApproximateNumberOfMessages"] == "0", url


def is_available(endpoint: dict[str, Any], cluster_arn: str) -> bool:
    """Return whether the *endpoint* is an available one of MSK for the cluster."""
    tag = {"Key": "ClusterArn", "Value": cluster_arn}
    return endpoint["State"] == "available" and tag in endpoint["Tags"]
