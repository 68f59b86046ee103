"""Failures, drift and offboarding, which take days on AWS and minutes here."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from localcloud.cloud import Cloud
from localcloud.networks import make_network
from tests.e2e.deployed_cluster import CLIENT, OTHER, DeployedCluster, create_cluster, unreachable

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

KEPT = "kept"
FROM_ANYWHERE = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
TAG_OF_MSK = {"Key": "AWSMSKManaged", "Value": "true"}


@pytest.fixture(scope="module")
def cluster(cloud: Cloud) -> DeployedCluster:
    """Create a cluster, and tag the VPCs of two clients while it is CREATING."""
    cloud.fault("CreateClusterV2", slowness=2)
    arn = create_cluster(cloud, KEPT, {"msklink": "iam", "msklink/clients": f"{CLIENT} {OTHER}"})
    cluster = DeployedCluster(cloud, arn)
    cluster.tag_vpc(CLIENT, "iam", KEPT)
    cluster.tag_vpc(OTHER, "iam", KEPT)
    cloud.until(lambda: requests(cluster) == 3)  # one for the cluster and one for each tag
    return cluster


def requests(cluster: DeployedCluster) -> int:
    """Return the number of requested runs."""
    item = cluster.cloud.client("dynamodb", cluster.cloud.owner).get_item(**cluster_key(cluster))
    return int(item.get("Item", {}).get("requested", {"N": "0"})["N"])


def cluster_key(cluster: DeployedCluster) -> dict[str, Any]:
    return {
        "TableName": cluster.cloud.deployed.owner["TableName"],
        "Key": {"cluster_arn": {"S": cluster.arn}, "item": {"S": "cluster"}},
    }


def lose_lease(cluster: DeployedCluster) -> None:
    table = cluster.cloud.client("dynamodb", cluster.cloud.owner)
    table.update_item(**cluster_key(cluster), UpdateExpression="REMOVE holder")


def statuses(cluster: DeployedCluster) -> list[tuple[str, str]]:
    """Return the name and status of each run."""
    return [(one["name"], one["status"]) for one in cluster.executions()]


def tag_cluster(cluster: DeployedCluster, tags: str) -> None:
    cluster.owner("kafka", "tag-resource", "--resource-arn", cluster.arn, "--tags", tags)


def admitted(cluster: DeployedCluster) -> set[str]:
    """Return the accounts that the cluster policy admits."""
    msk = cluster.cloud.client("kafka", cluster.cloud.owner)
    text = msk.get_cluster_policy(ClusterArn=cluster.arn)["Policy"]
    [statement] = json.loads(text)["Statement"]
    return {arn.split(":")[4] for arn in statement["Principal"]["AWS"]}


def state_of(cluster: DeployedCluster, account: str) -> str:
    """Return the states of the connections of *account* in the table."""
    found = cluster.cloud.client("dynamodb", cluster.cloud.owner).query(
        TableName=cluster.cloud.deployed.owner["TableName"],
        KeyConditionExpression="cluster_arn = :arn AND begins_with(#item, :client)",
        ExpressionAttributeNames={"#item": "item"},
        ExpressionAttributeValues={
            ":arn": {"S": cluster.arn},
            ":client": {"S": f"client#{account}#"},
        },
    )["Items"]
    return " ".join(sorted(item["state"]["S"] for item in found))


def connections(cluster: DeployedCluster, account: str) -> dict[str, str]:
    """Return the states of the connections of *account* to the cluster, by ARN."""
    listed = cluster.cloud.client("kafka", account).list_vpc_connections()["VpcConnections"]
    return {
        one["VpcConnectionArn"]: one["State"]
        for one in listed
        if one["TargetClusterArn"] == cluster.arn
    }


def sweep(cloud: Cloud) -> list[str]:
    """Sweep, and return the requested runs."""
    answer = cloud.client("lambda", cloud.owner).invoke(FunctionName="msklink-sweep-clusters")
    runs: list[str] = json.loads(answer["Payload"].read())["runs"]
    return runs


def starts_run(cluster: DeployedCluster) -> bool:
    """Return whether a sweep requests a run for the cluster."""
    return any(run.startswith(KEPT) for run in sweep(cluster.cloud))


@contextmanager
def without_rule(cloud: Cloud, part: str) -> Iterator[None]:
    """Disable the rule of the owner stack with *part* in its name."""
    events = cloud.client("events", cloud.owner)
    [name] = [rule["Name"] for rule in events.list_rules()["Rules"] if part in rule["Name"]]
    events.disable_rule(Name=name)
    try:
        yield
    finally:
        events.enable_rule(Name=name)


def test_a_run_takes_its_lease_back_and_the_failure_of_one_client_is_isolated(
    cluster: DeployedCluster,
) -> None:
    with without_rule(cluster.cloud, "SweepClusters"):  # it would find the missing lease
        lose_lease(cluster)
        cluster.cloud.until(lambda: cluster.state == "UPDATING")
        problem = {"error": "InternalServerErrorException", "message": "ill", "times": None}
        cluster.cloud.fault("ListVpcConnections", account=CLIENT, **problem)
        with unreachable(cluster.cloud, OTHER):
            cluster.cloud.until(cluster.is_idle)
        cluster.cloud.clear_faults()

        assert "failed" in state_of(cluster, CLIENT)
        assert "refused" in state_of(cluster, OTHER)
        [run] = [one for one in cluster.executions() if one["name"].startswith(KEPT)]
        assert run["status"] == "SUCCEEDED"


def test_a_failed_connection_is_replaced_on_a_new_request(
    cluster: DeployedCluster,
) -> None:
    failure = ["CLIENT_ERROR", "no room for an endpoint"]
    cluster.cloud.fault("CreateVpcConnection", account=CLIENT, failure=failure)
    cluster.tag_vpc(OTHER, "IAM", KEPT)
    cluster.cloud.until(lambda: "FAILED" in connections(cluster, CLIENT).values())
    cluster.cloud.until(cluster.is_idle)

    cluster.tag_vpc(CLIENT, "IAM", KEPT)

    cluster.cloud.until(lambda: [*connections(cluster, CLIENT).values()] == ["AVAILABLE"])
    cluster.cloud.until(lambda: state_of(cluster, OTHER) == "published")
    cluster.cloud.until(cluster.is_idle)


def test_drift_is_repaired(cluster: DeployedCluster) -> None:
    mine = cluster.cloud.client("ec2", CLIENT)
    [group] = mine.describe_security_groups(
        Filters=[{"Name": "tag-key", "Values": [f"msklink/{KEPT}"]}]
    )["SecurityGroups"]
    [gone] = connections(cluster, CLIENT)
    cluster.cloud.client("kafka", CLIENT).delete_vpc_connection(Arn=gone)
    change = {"GroupId": group["GroupId"], "IpPermissions": [FROM_ANYWHERE]}
    mine.authorize_security_group_ingress(**change)
    cluster.cloud.client("kafka", cluster.cloud.owner).delete_cluster_policy(ClusterArn=cluster.arn)

    cluster.cloud.until(lambda: [*connections(cluster, CLIENT).values()] == ["AVAILABLE"])

    assert gone not in connections(cluster, CLIENT)
    [group] = mine.describe_security_groups(GroupIds=[group["GroupId"]])["SecurityGroups"]
    assert {one["IpProtocol"] for one in group["IpPermissions"]} == {"tcp"}
    cluster.cloud.until(cluster.is_idle)
    assert admitted(cluster) == {CLIENT, OTHER}


def test_a_sweep_finds_a_tag_whose_event_was_lost(cluster: DeployedCluster) -> None:
    before = requests(cluster)
    tags, calls = "ClusterTagsChanged", "ClusterTaggedByApi"
    with without_rule(cluster.cloud, tags), without_rule(cluster.cloud, calls):
        tag_cluster(cluster, "msklink/note=reviewed")
        cluster.cloud.until(lambda: requests(cluster) > before)

    cluster.cloud.until(cluster.is_idle)


def test_endpoints_without_the_tags_of_msk_are_reported(cluster: DeployedCluster) -> None:
    ec2 = cluster.cloud.client("ec2", OTHER)
    [endpoint] = [
        one["VpcEndpointId"]
        for one in ec2.describe_vpc_endpoints()["VpcEndpoints"]
        if {"Key": "ClusterArn", "Value": cluster.arn} in one["Tags"]
    ]
    before = cluster.calls()["PutEvents"]

    ec2.delete_tags(Resources=[endpoint], Tags=[TAG_OF_MSK])
    try:
        cluster.cloud.until(
            lambda: not sweep(cluster.cloud) and cluster.calls()["PutEvents"] > before
        )
    finally:
        ec2.create_tags(Resources=[endpoint], Tags=[TAG_OF_MSK])


def test_a_connection_of_an_account_that_is_not_listed_is_rejected(
    cluster: DeployedCluster,
) -> None:
    ec2 = cluster.cloud.client("ec2", cluster.cloud.owner)
    network = make_network(ec2, cluster.cloud.owner, 20)
    group = ec2.create_security_group(
        GroupName="unlisted", Description="made in a test", VpcId=network.vpc_id
    )["GroupId"]
    msk = cluster.cloud.client("kafka", cluster.cloud.owner)
    arn = msk.create_vpc_connection(
        TargetClusterArn=cluster.arn,
        Authentication="SASL_IAM",
        VpcId=network.vpc_id,
        ClientSubnets=network.subnet_ids,
        SecurityGroups=[group],
    )["VpcConnectionArn"]

    cluster.cloud.until(lambda: connections(cluster, cluster.cloud.owner)[arn] == "REJECTED")

    cluster.cloud.until(cluster.is_idle)
    msk.delete_vpc_connection(Arn=arn)


def test_an_unreachable_client_is_disconnected_by_rejection(cluster: DeployedCluster) -> None:
    whole = {"cluster": KEPT, "vpc_id": cluster.cloud.networks[OTHER].vpc_id}
    msk = cluster.cloud.client("kafka", OTHER)
    with unreachable(cluster.cloud, OTHER):
        ask(cluster.cloud, "Client Offboarding Requested", whole)
        cluster.cloud.until(lambda: [*connections(cluster, OTHER).values()] == ["REJECTED"])
        cluster.cloud.until(cluster.is_idle)
        ask(cluster.cloud, "Client Onboarding Requested", {"cluster": "none", "vpc_id": "vpc-0"})
        sweep(cluster.cloud)
        for arn in connections(cluster, OTHER):
            msk.delete_vpc_connection(Arn=arn)
        cluster.cloud.until(lambda: not connections(cluster, OTHER))

        cluster.tag_vpc(CLIENT, "iam", KEPT)

        cluster.cloud.until(lambda: "abandoned" not in state_of(cluster, OTHER))
        cluster.cloud.until(cluster.is_idle)


def ask(cloud: Cloud, what: str, detail: dict[str, str]) -> None:
    bus = cloud.deployed.bus_arn
    entry = {"EventBusName": bus, "Source": "a.team", "DetailType": what}
    cloud.client("events", OTHER).put_events(Entries=[{**entry, "Detail": json.dumps(detail)}])


def test_opting_out_removes_everything(cluster: DeployedCluster) -> None:
    cluster.cloud.fault("DeleteVpcConnection", slowness=5)
    with without_rule(cluster.cloud, "SweepClusters"):  # it would find the missing lease
        tag_cluster(cluster, "msklink=off")
        cluster.cloud.until(lambda: starts_run(cluster))
        cluster.cloud.until(lambda: "DELETING" in connections(cluster, CLIENT).values())
        lose_lease(cluster)
        status = f"/msklink/{KEPT}/status"
        cluster.cloud.client("ssm", CLIENT).delete_parameters(Names=[status])
        cluster.cloud.until(lambda: not connections(cluster, CLIENT))
        cluster.cloud.until(cluster.is_idle)

    read = cluster.cloud.client("ssm", cluster.cloud.owner).get_parameters_by_path
    cluster.cloud.until(lambda: not read(Path=f"/msklink/{KEPT}", Recursive=True)["Parameters"])
    with pytest.raises(RuntimeError, match="NotFound"):
        cluster.owner("kafka", "get-cluster-policy", "--cluster-arn", cluster.arn)


@pytest.fixture
def waiting(cloud: Cloud) -> Callable[[str], tuple[str, str]]:
    """Create a cluster, and return its ARN and the ARN of the run that waits for it."""

    def make(name: str) -> tuple[str, str]:
        arn = create_cluster(cloud, name, {"msklink": "iam"})
        cluster = DeployedCluster(cloud, arn)
        runs: list[dict[str, Any]] = cloud.until(
            lambda: [one for one in cluster.executions() if one["name"].startswith(name)]
        )
        return arn, runs[0]["executionArn"]

    return make


def test_a_failed_run_with_newer_requests_has_a_successor(
    cloud: Cloud, waiting: Callable[[str], tuple[str, str]]
) -> None:
    arn, run = waiting("hasty")
    cluster = DeployedCluster(cloud, arn)
    tag_cluster(cluster, "msklink=auto")
    cloud.until(lambda: requests(cluster) > 1)

    cloud.client("stepfunctions", cloud.owner).stop_execution(executionArn=run)

    cloud.until(lambda: sum(one["name"].startswith("hasty") for one in cluster.executions()) > 1)
    cloud.until(cluster.is_idle)


def test_a_sweep_handles_a_failed_run_whose_event_was_lost(
    cloud: Cloud, waiting: Callable[[str], tuple[str, str]]
) -> None:
    with without_rule(cloud, "RunFailed"):
        arn, run = waiting("unheard")
        cloud.client("stepfunctions", cloud.owner).stop_execution(executionArn=run)
        cluster = DeployedCluster(cloud, arn)

        cloud.until(lambda: "failure" in cluster.item(arn))

    cloud.until(lambda: "failure" not in cluster.item(arn) and "holder" not in cluster.item(arn))


def test_a_run_with_a_full_history_starts_its_successor(cloud: Cloud) -> None:
    """The run and its cluster do not exist; the successor finds that."""
    gone = f"arn:aws:kafka:{cloud.region}:{cloud.owner}:cluster/gone/0a0a0a0a-0000-0000-0000-0-1"
    cluster, full = DeployedCluster(cloud, gone), "gone-0a0a0a0a-1"
    cloud.client("dynamodb", cloud.owner).update_item(
        **cluster_key(cluster),
        UpdateExpression="SET holder = :full, taken = :one, requested = :two",
        ExpressionAttributeValues={":full": {"S": full}, ":one": {"N": "1"}, ":two": {"N": "2"}},
    )
    name = cloud.client("cloudformation", cloud.owner).describe_stack_resource(
        StackName="msklink", LogicalResourceId="ConcludeFunction"
    )["StackResourceDetail"]["PhysicalResourceId"]
    task = {"run": full, "cluster_arn": gone, "generation": 1}

    answer = cloud.client("lambda", cloud.owner).invoke(
        FunctionName=name,
        Payload=json.dumps({**task, "rounds": 99, "clients": 1, "fingerprint": "f"}).encode(),
    )

    assert json.loads(answer["Payload"].read()) == {"newer": False}
    cloud.until(lambda: ("gone-0a0a0a0a-2", "SUCCEEDED") in statuses(cluster))
    assert "holder" not in cluster.item(gone)
