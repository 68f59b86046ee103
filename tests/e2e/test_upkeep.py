"""What goes wrong, what others change, and what leaves: on AWS these take days, here minutes."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from localcloud.cloud import Cloud
from localcloud.networks import make_network
from tests.e2e.deployed_cluster import CLIENT, OTHER, Scene, create_cluster, unreachable

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

KEPT = "kept"
FROM_ANYWHERE = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
TAG_OF_MSK = {"Key": "AWSMSKManaged", "Value": "true"}


@pytest.fixture(scope="module")
def scene(cloud: Cloud) -> Scene:
    """A cluster that is being made, for which two clients have tagged their VPCs."""
    cloud.fault("CreateClusterV2", slowness=2)
    arn = create_cluster(cloud, KEPT, {"msklink": "iam", "msklink/clients": f"{CLIENT} {OTHER}"})
    scene = Scene(cloud, arn)
    scene.tag_vpc(CLIENT, "iam", KEPT)
    scene.tag_vpc(OTHER, "iam", KEPT)
    cloud.until(lambda: requests(scene) == 3)  # one for the cluster and one for each tag
    return scene


def requests(scene: Scene) -> int:
    """How often a run was asked for."""
    item = scene.cloud.client("dynamodb", scene.cloud.owner).get_item(**cluster_key(scene))
    return int(item.get("Item", {}).get("requested", {"N": "0"})["N"])


def cluster_key(scene: Scene) -> dict[str, Any]:
    return {
        "TableName": scene.cloud.deployed.owner["TableName"],
        "Key": {"cluster_arn": {"S": scene.cluster_arn}, "item": {"S": "cluster"}},
    }


def lose_lease(scene: Scene) -> None:
    table = scene.cloud.client("dynamodb", scene.cloud.owner)
    table.update_item(**cluster_key(scene), UpdateExpression="REMOVE holder")


def statuses(scene: Scene) -> list[tuple[str, str]]:
    """The name and the status of each run."""
    return [(one["name"], one["status"]) for one in scene.executions()]


def cluster_state(scene: Scene) -> str:
    msk = scene.cloud.client("kafka", scene.cloud.owner)
    state: str = msk.describe_cluster_v2(ClusterArn=scene.cluster_arn)["ClusterInfo"]["State"]
    return state


def tag_cluster(scene: Scene, tags: str) -> None:
    scene.owner("kafka", "tag-resource", "--resource-arn", scene.cluster_arn, "--tags", tags)


def admitted(scene: Scene) -> set[str]:
    """The accounts that the cluster policy lets connect."""
    msk = scene.cloud.client("kafka", scene.cloud.owner)
    text = msk.get_cluster_policy(ClusterArn=scene.cluster_arn)["Policy"]
    [statement] = json.loads(text)["Statement"]
    return {arn.split(":")[4] for arn in statement["Principal"]["AWS"]}


def state_of(scene: Scene, account: str) -> str:
    """What the table says of the connection of *account*, or of the account as a whole."""
    found = scene.cloud.client("dynamodb", scene.cloud.owner).query(
        TableName=scene.cloud.deployed.owner["TableName"],
        KeyConditionExpression="cluster_arn = :arn AND begins_with(#item, :client)",
        ExpressionAttributeNames={"#item": "item"},
        ExpressionAttributeValues={
            ":arn": {"S": scene.cluster_arn},
            ":client": {"S": f"client#{account}#"},
        },
    )["Items"]
    return " ".join(sorted(item["state"]["S"] for item in found))


def connections(scene: Scene, account: str) -> dict[str, str]:
    """States of the connections of *account* to the cluster, by ARN."""
    listed = scene.cloud.client("kafka", account).list_vpc_connections()["VpcConnections"]
    return {
        one["VpcConnectionArn"]: one["State"]
        for one in listed
        if one["TargetClusterArn"] == scene.cluster_arn
    }


def sweep(cloud: Cloud) -> list[str]:
    """The runs that a sweep asks for."""
    answer = cloud.client("lambda", cloud.owner).invoke(FunctionName="msklink-sweep-clusters")
    runs: list[str] = json.loads(answer["Payload"].read())["runs"]
    return runs


def starts_run(scene: Scene) -> bool:
    """Whether a sweep finds something to do for the cluster."""
    return any(run.startswith(KEPT) for run in sweep(scene.cloud))


@contextmanager
def without_rule(cloud: Cloud, part: str) -> Iterator[None]:
    """The rule of the owner stack with *part* in its name tells of nothing meanwhile."""
    events = cloud.client("events", cloud.owner)
    [name] = [rule["Name"] for rule in events.list_rules()["Rules"] if part in rule["Name"]]
    events.disable_rule(Name=name)
    try:
        yield
    finally:
        events.enable_rule(Name=name)


def test_a_run_takes_its_lease_back_and_what_fails_for_one_client_stays_with_it(
    scene: Scene,
) -> None:
    with without_rule(scene.cloud, "SweepClusters"):  # would find that nobody has the lease
        lose_lease(scene)
        scene.cloud.until(lambda: cluster_state(scene) == "UPDATING")
        problem = {"error": "InternalServerErrorException", "message": "ill", "times": None}
        scene.cloud.fault("ListVpcConnections", account=CLIENT, **problem)
        with unreachable(scene.cloud, OTHER):
            scene.cloud.until(scene.quiet)
        scene.cloud.no_faults()

        assert "failed" in state_of(scene, CLIENT)
        assert "refused" in state_of(scene, OTHER)
        [run] = [one for one in scene.executions() if one["name"].startswith(KEPT)]
        assert run["status"] == "SUCCEEDED"


def test_a_connection_that_failed_is_replaced_when_it_is_asked_for_again(scene: Scene) -> None:
    failure = ["CLIENT_ERROR", "no room for an endpoint"]
    scene.cloud.fault("CreateVpcConnection", account=CLIENT, failure=failure)
    scene.tag_vpc(OTHER, "IAM", KEPT)
    scene.cloud.until(lambda: "FAILED" in connections(scene, CLIENT).values())
    scene.cloud.until(scene.quiet)

    scene.tag_vpc(CLIENT, "IAM", KEPT)

    scene.cloud.until(lambda: [*connections(scene, CLIENT).values()] == ["AVAILABLE"])
    scene.cloud.until(lambda: state_of(scene, OTHER) == "published")
    scene.cloud.until(scene.quiet)


def test_what_others_change_is_changed_back(scene: Scene) -> None:
    mine = scene.cloud.client("ec2", CLIENT)
    [group] = mine.describe_security_groups(
        Filters=[{"Name": "tag-key", "Values": [f"msklink/{KEPT}"]}]
    )["SecurityGroups"]
    [gone] = connections(scene, CLIENT)
    scene.cloud.client("kafka", CLIENT).delete_vpc_connection(Arn=gone)
    change = {"GroupId": group["GroupId"], "IpPermissions": [FROM_ANYWHERE]}
    mine.authorize_security_group_ingress(**change)
    scene.cloud.client("kafka", scene.cloud.owner).delete_cluster_policy(
        ClusterArn=scene.cluster_arn
    )

    scene.cloud.until(lambda: [*connections(scene, CLIENT).values()] == ["AVAILABLE"])

    assert gone not in connections(scene, CLIENT)
    [group] = mine.describe_security_groups(GroupIds=[group["GroupId"]])["SecurityGroups"]
    assert {one["IpProtocol"] for one in group["IpPermissions"]} == {"tcp"}
    scene.cloud.until(scene.quiet)
    assert admitted(scene) == {CLIENT, OTHER}


def test_a_tag_that_no_event_told_of_is_found_by_a_sweep(scene: Scene) -> None:
    before = requests(scene)
    tags, calls = "ClusterTagsChanged", "ClusterTaggedByApi"
    with without_rule(scene.cloud, tags), without_rule(scene.cloud, calls):
        tag_cluster(scene, "msklink/note=reviewed")
        scene.cloud.until(lambda: requests(scene) > before)

    scene.cloud.until(scene.quiet)


def test_endpoints_without_the_tags_of_msk_are_told(scene: Scene) -> None:
    ec2 = scene.cloud.client("ec2", OTHER)
    [endpoint] = [
        one["VpcEndpointId"]
        for one in ec2.describe_vpc_endpoints()["VpcEndpoints"]
        if {"Key": "ClusterArn", "Value": scene.cluster_arn} in one["Tags"]
    ]
    before = scene.calls()["PutEvents"]

    ec2.delete_tags(Resources=[endpoint], Tags=[TAG_OF_MSK])
    try:
        scene.cloud.until(lambda: not sweep(scene.cloud) and scene.calls()["PutEvents"] > before)
    finally:
        ec2.create_tags(Resources=[endpoint], Tags=[TAG_OF_MSK])


def test_a_connection_of_an_account_that_is_not_listed_is_rejected(scene: Scene) -> None:
    ec2 = scene.cloud.client("ec2", scene.cloud.owner)
    network = make_network(ec2, scene.cloud.owner, 20)
    group = ec2.create_security_group(
        GroupName="strange", Description="made in a test", VpcId=network.vpc_id
    )["GroupId"]
    msk = scene.cloud.client("kafka", scene.cloud.owner)
    arn = msk.create_vpc_connection(
        TargetClusterArn=scene.cluster_arn,
        Authentication="SASL_IAM",
        VpcId=network.vpc_id,
        ClientSubnets=network.subnet_ids,
        SecurityGroups=[group],
    )["VpcConnectionArn"]

    scene.cloud.until(lambda: connections(scene, scene.cloud.owner)[arn] == "REJECTED")

    scene.cloud.until(scene.quiet)
    msk.delete_vpc_connection(Arn=arn)


def test_a_client_that_leaves_and_cannot_be_reached_is_cut_off(scene: Scene) -> None:
    whole = {"cluster": KEPT, "vpc_id": scene.cloud.networks[OTHER].vpc_id}
    msk = scene.cloud.client("kafka", OTHER)
    with unreachable(scene.cloud, OTHER):
        ask(scene.cloud, "Client Offboarding Requested", whole)
        scene.cloud.until(lambda: [*connections(scene, OTHER).values()] == ["REJECTED"])
        scene.cloud.until(scene.quiet)
        ask(scene.cloud, "Client Onboarding Requested", {"cluster": "none", "vpc_id": "vpc-0"})
        sweep(scene.cloud)
        for arn in connections(scene, OTHER):
            msk.delete_vpc_connection(Arn=arn)
        scene.cloud.until(lambda: not connections(scene, OTHER))

        scene.tag_vpc(CLIENT, "iam", KEPT)

        scene.cloud.until(lambda: "abandoned" not in state_of(scene, OTHER))
        scene.cloud.until(scene.quiet)


def ask(cloud: Cloud, what: str, detail: dict[str, str]) -> None:
    bus = cloud.deployed.bus_arn
    entry = {"EventBusName": bus, "Source": "a.team", "DetailType": what}
    cloud.client("events", OTHER).put_events(Entries=[{**entry, "Detail": json.dumps(detail)}])


def test_the_owner_lets_go_of_a_cluster_and_all_of_it_goes(scene: Scene) -> None:
    scene.cloud.fault("DeleteVpcConnection", slowness=5)
    with without_rule(scene.cloud, "SweepClusters"):  # would find that nobody has the lease
        tag_cluster(scene, "msklink=off")
        scene.cloud.until(lambda: starts_run(scene))
        scene.cloud.until(lambda: "DELETING" in connections(scene, CLIENT).values())
        lose_lease(scene)
        status = f"/msklink/{KEPT}/status"
        scene.cloud.client("ssm", CLIENT).delete_parameters(Names=[status])
        scene.cloud.until(lambda: not connections(scene, CLIENT))
        scene.cloud.until(scene.quiet)

    read = scene.cloud.client("ssm", scene.cloud.owner).get_parameters_by_path
    scene.cloud.until(lambda: not read(Path=f"/msklink/{KEPT}", Recursive=True)["Parameters"])
    with pytest.raises(RuntimeError, match="NotFound"):
        scene.owner("kafka", "get-cluster-policy", "--cluster-arn", scene.cluster_arn)


@pytest.fixture
def waiting(cloud: Cloud) -> Callable[[str], tuple[str, str]]:
    """Create a cluster, and return its ARN and that of the run that waits for it."""

    def make(name: str) -> tuple[str, str]:
        arn = create_cluster(cloud, name, {"msklink": "iam"})
        scene = Scene(cloud, arn)
        runs: list[dict[str, Any]] = cloud.until(
            lambda: [one for one in scene.executions() if one["name"].startswith(name)]
        )
        return arn, runs[0]["executionArn"]

    return make


def test_a_run_that_dies_with_newer_requests_has_a_successor(
    cloud: Cloud, waiting: Callable[[str], tuple[str, str]]
) -> None:
    arn, run = waiting("hasty")
    scene = Scene(cloud, arn)
    tag_cluster(scene, "msklink=auto")
    cloud.until(lambda: requests(scene) > 1)

    cloud.client("stepfunctions", cloud.owner).stop_execution(executionArn=run)

    cloud.until(lambda: sum(one["name"].startswith("hasty") for one in scene.executions()) > 1)
    cloud.until(scene.quiet)


def test_a_sweep_buries_a_run_whose_end_no_event_has_told(
    cloud: Cloud, waiting: Callable[[str], tuple[str, str]]
) -> None:
    with without_rule(cloud, "RunFailed"):
        arn, run = waiting("unheard")
        cloud.client("stepfunctions", cloud.owner).stop_execution(executionArn=run)
        scene = Scene(cloud, arn)

        cloud.until(lambda: "failure" in scene.item(arn))

    cloud.until(lambda: "failure" not in scene.item(arn) and "holder" not in scene.item(arn))


def test_a_run_whose_history_is_full_hands_on_to_another(cloud: Cloud) -> None:
    """The run is made up, and so is its cluster, of which the one that follows says as much."""
    gone = f"arn:aws:kafka:{cloud.region}:{cloud.owner}:cluster/gone/0a0a0a0a-0000-0000-0000-0-1"
    scene, full = Scene(cloud, gone), "gone-0a0a0a0a-1"
    cloud.client("dynamodb", cloud.owner).update_item(
        **cluster_key(scene),
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
    cloud.until(lambda: ("gone-0a0a0a0a-2", "SUCCEEDED") in statuses(scene))
    assert "holder" not in scene.item(gone)
