"""What the README promises, with the AWS CLI only, against the deployed stacks."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from localcloud.cloud import Cloud
from tests.e2e.aws_cli import AwsCli
from tests.e2e.deployed_cluster import CLIENT, OTHER, Scene
from tests.e2e.queues import temporary_queue

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]


@pytest.fixture(scope="module")
def scene(cloud: Cloud) -> Scene:
    """A cluster with IAM and SCRAM on, tagged for two clients, one of which tags its VPC."""
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
    scene = Scene(cloud, arn)
    scene.tag_vpc(CLIENT, "iam")
    cloud.until(lambda: scene.status(CLIENT).get("state") == "published")
    cloud.until(scene.quiet)
    return scene


def test_a_client_reads_its_brokers_in_its_own_account(scene: Scene) -> None:
    published = scene.aws(CLIENT).parameters("/msklink/orders/iam")

    brokers = published["/msklink/orders/iam/bootstrap.servers"].split(",")
    assert [broker.split(":")[1] for broker in brokers] == ["14001", "14002", "14003"]
    assert all(broker.startswith(f"b-{n}.iam.") for n, broker in enumerate(brokers, start=1))
    assert published["/msklink/orders/iam/sasl.mechanism"] == "AWS_MSK_IAM"


def test_one_update_carries_all_three_flags(scene: Scene) -> None:
    operations = scene.owner(
        "kafka", "list-cluster-operations-v2", "--cluster-arn", scene.cluster_arn
    )
    updates = [
        operation
        for operation in operations["ClusterOperationInfoList"]
        if operation["OperationType"] == "UPDATE_CONNECTIVITY"
    ]

    assert len(updates) == 1
    described = scene.owner(
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


def test_the_policy_has_one_statement_of_ours_and_only_who_asked_is_in_it(scene: Scene) -> None:
    answer = scene.owner("kafka", "get-cluster-policy", "--cluster-arn", scene.cluster_arn)

    [statement] = json.loads(answer["Policy"])["Statement"]
    assert statement["Sid"] == "MsklinkClients"
    assert statement["Principal"] == {"AWS": [f"arn:aws:iam::{CLIENT}:root"]}


def test_doing_it_again_changes_nothing(scene: Scene) -> None:
    client = scene.aws(CLIENT)
    versions = client.versions("/msklink/orders")
    before, runs = scene.calls(), len(scene.executions())

    scene.tag_vpc(CLIENT, "IAM")
    scene.tag_vpc(CLIENT, "iam")
    tag = "msklink=iam scram tls"
    scene.owner("kafka", "tag-resource", "--resource-arn", scene.cluster_arn, "--tags", tag)
    scene.cloud.until(lambda: len(scene.executions()) > runs and scene.quiet())

    writes = {"UpdateConnectivity", "PutClusterPolicy", "CreateVpcConnection", "PutParameter"}
    after = scene.calls()
    assert {name: after[name] - before[name] for name in writes} == dict.fromkeys(writes, 0)
    assert client.versions("/msklink/orders") == versions


def test_a_request_by_event_is_served_like_a_tag(scene: Scene) -> None:
    entry = {
        "EventBusName": scene.cloud.deployed.bus_arn,
        "Source": "team-of-the-other-client",
        "DetailType": "Client Onboarding Requested",
        "Detail": json.dumps(
            {
                "cluster": "orders",
                "vpc_id": scene.cloud.networks[OTHER].vpc_id,
                "schemes": ["scram", "plaintext"],
            }
        ),
    }

    scene.aws(OTHER)("events", "put-events", "--entries", json.dumps([entry]))

    scene.cloud.until(lambda: scene.schemes(OTHER).get("scram", {}).get("state") == "published")
    name = "/msklink/orders/scram/bootstrap.servers"
    assert name in scene.aws(OTHER).parameters("/msklink/orders/scram")
    assert scene.schemes(OTHER)["tag"]["refusal"]["code"] == "UnknownScheme"


def test_an_account_that_is_not_listed_gets_nothing(scene: Scene) -> None:
    scene.cloud.until(scene.quiet)
    tag = f"msklink/clients={CLIENT}"
    scene.owner("kafka", "tag-resource", "--resource-arn", scene.cluster_arn, "--tags", tag)
    scene.cloud.until(scene.quiet)
    before = scene.calls()

    scene.tag_vpc(OTHER, "iam")
    scene.cloud.until(lambda: scene.calls()["PutEvents"] > before["PutEvents"])
    scene.cloud.until(scene.quiet)

    assert "iam" not in scene.schemes(OTHER)
    assert not scene.aws(OTHER).parameters("/msklink/orders/iam")


def test_what_is_taken_back_goes_after_the_grace_and_what_asks_to_go_at_once(
    scene: Scene,
) -> None:
    """The other client is off the list since the last test, and has scram by request."""
    scene.cloud.until(lambda: scene.status(OTHER).get("state") == "offboarded")
    assert scene.status(OTHER)["refusal"]["code"] == "AccountNotAllowed"
    assert not scene.aws(OTHER).parameters("/msklink/orders/scram")

    entry = {
        "EventBusName": scene.cloud.deployed.bus_arn,
        "Source": "team-of-the-client",
        "DetailType": "Client Offboarding Requested",
        "Detail": json.dumps({"cluster": "orders", "vpc_id": scene.cloud.networks[CLIENT].vpc_id}),
    }
    scene.aws(CLIENT)("events", "put-events", "--entries", json.dumps([entry]))

    scene.cloud.until(lambda: scene.status(CLIENT).get("state") == "offboarded")
    scene.cloud.until(scene.quiet)
    assert [*scene.aws(CLIENT).parameters("/msklink/orders")] == ["/msklink/orders/status"]
    for account in (CLIENT, OTHER):
        client = scene.aws(account)
        left = client("kafka", "list-vpc-connections")["VpcConnections"]
        assert [one for one in left if one["TargetClusterArn"] == scene.cluster_arn] == []
        endpoints = client("ec2", "describe-vpc-endpoints")["VpcEndpoints"]
        assert [one for one in endpoints if is_available(one, scene.cluster_arn)] == []
        ours = "Name=tag-key,Values=msklink/orders"
        groups = client("ec2", "describe-security-groups", "--filters", ours)
        assert groups["SecurityGroups"] == []
    with pytest.raises(RuntimeError, match="NotFound"):
        scene.owner("kafka", "get-cluster-policy", "--cluster-arn", scene.cluster_arn)


@pytest.fixture
def alerts(cloud: Cloud) -> Iterator[Callable[[], list[str]]]:
    """What the topic of the stack tells a queue that is subscribed to it."""
    with temporary_queue(cloud, "alerts") as queue:
        cloud.client("sns", cloud.owner).subscribe(
            TopicArn=cloud.deployed.owner["AlertsTopicArn"],
            Protocol="sqs",
            Endpoint=queue.arn,
            Attributes={"RawMessageDelivery": "true"},
        )
        yield queue.bodies


def test_a_run_that_is_aborted_loses_its_lease_and_people_are_told(
    scene: Scene, alerts: Callable[[], list[str]]
) -> None:
    subnets = scene.cloud.networks[scene.cloud.owner].subnet_ids
    provisioned = {
        "KafkaVersion": "3.6.0",
        "NumberOfBrokerNodes": 3,
        "BrokerNodeGroupInfo": {"InstanceType": "kafka.m7g.large", "ClientSubnets": subnets},
        "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}},
    }
    scene.cloud.fault("CreateClusterV2", slowness=4)  # so that the run still waits
    arn = scene.owner(
        *("kafka", "create-cluster-v2", "--cluster-name", "aborted", "--tags", "msklink=iam"),
        *("--provisioned", json.dumps(provisioned)),
    )["ClusterArn"]
    scene.cloud.until(lambda: [one for one in scene.executions() if "aborted-" in one["name"]])
    [run] = [one for one in scene.executions() if "aborted-" in one["name"]]
    history = ("stepfunctions", "get-execution-history", "--execution-arn", run["executionArn"])
    scene.cloud.until(lambda: "WaitForCluster" in json.dumps(scene.owner(*history)))

    scene.owner("stepfunctions", "stop-execution", "--execution-arn", run["executionArn"])

    scene.cloud.until(lambda: "holder" not in scene.item(arn))
    record = scene.item(arn)
    assert record["failure"]["M"]["run"]["S"] == run["name"]
    assert record["failure"]["M"]["status"]["S"] == "ABORTED"
    assert record["failure"]["M"]["state"]["S"] in {"WaitForCluster", "InspectCluster"}
    [alert] = scene.cloud.until(alerts)
    assert f"run {run['name']} is ABORTED in state" in alert


def test_a_sweep_makes_up_for_the_run_that_was_aborted_and_the_next_finds_nothing(
    scene: Scene,
) -> None:
    def sweeps() -> list[int]:
        return [
            call.status
            for call in scene.cloud.calls()
            if call.service == "function" and "sweep-clusters" in call.operation
        ]

    def ended() -> list[str]:
        return [one["status"] for one in scene.executions() if "aborted-" in one["name"]]

    scene.cloud.until(lambda: sorted(ended()) == ["ABORTED", "SUCCEEDED"])
    before, runs = len(sweeps()), len(scene.executions())
    scene.cloud.until(lambda: len(sweeps()) > before)

    assert set(sweeps()) == {200}
    assert len(scene.executions()) == runs


def test_no_call_of_ours_was_denied_and_no_dead_letter_was_made(scene: Scene) -> None:
    assert [call for call in scene.calls_of_ours() if call.status == 403] == []

    for account in scene.cloud.accounts:
        sqs = scene.cloud.client("sqs", account)
        for url in sqs.list_queues().get("QueueUrls", []):
            held = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            assert held["ApproximateNumberOfMessages"] == "0", url


def is_available(endpoint: dict[str, Any], cluster_arn: str) -> bool:
    """Whether the *endpoint* is one of MSK's to the cluster, and there."""
    tag = {"Key": "ClusterArn", "Value": cluster_arn}
    return endpoint["State"] == "available" and tag in endpoint["Tags"]
