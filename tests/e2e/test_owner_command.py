"""The owner's command, from the first look at a cluster to the end of its runs."""

import re

import pytest
from botocore.exceptions import ClientError

from localcloud.cloud import Cloud
from tests.e2e.deployed_cluster import CLIENT, OTHER, DeployedCluster, create_cluster
from tests.e2e.owner_command import Msklink, person

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

NAME = "steered"


@pytest.fixture(scope="module")
def viewer(cloud: Cloud) -> Msklink:
    return person(cloud, "viewer", cloud.deployed.owner["ViewerPolicyArn"])


@pytest.fixture(scope="module")
def operator(cloud: Cloud) -> Msklink:
    return person(cloud, "operator", cloud.deployed.owner["OperatorPolicyArn"])


@pytest.fixture(scope="module")
def cluster(cloud: Cloud) -> DeployedCluster:
    """Create a cluster that needs approval, and tag the VPC of a client for it."""
    arn = create_cluster(cloud, NAME, {"msklink/approval": "required", "team": "payments"})
    found = DeployedCluster(cloud, arn)
    found.tag_vpc(CLIENT, "iam", NAME)
    cloud.until(lambda: found.state == "ACTIVE")
    return found


def tags(cluster: DeployedCluster) -> dict[str, str]:
    msk = cluster.cloud.client("kafka", cluster.cloud.owner)
    return dict(msk.list_tags_for_resource(ResourceArn=cluster.arn)["Tags"])


def test_a_viewer_sees_a_cluster_that_is_not_opted_in(
    viewer: Msklink, cluster: DeployedCluster
) -> None:
    found = viewer.read("clusters", "--query", f"clusters[?name=='{NAME}'] | [0]")

    assert (found["arn"], found["managed"], found["clients"]) == (cluster.arn, False, {})


def test_a_plan_says_by_its_exit_code_whether_there_are_changes(
    viewer: Msklink, cluster: DeployedCluster
) -> None:
    nothing, said, _ = viewer.run("plan", NAME)
    vpc_id = cluster.cloud.networks[CLIENT].vpc_id
    assumed = ("--schemes", "iam", "--client", CLIENT, "--vpc", f"{CLIENT}/{vpc_id}=iam")
    something, planned, _ = viewer.run("plan", NAME, *assumed)

    assert (nothing, something) == (0, 2)
    assert "Nothing to do." in said
    assert "3 brokers reboot once" in planned
    assert re.search(rf"kafka:CreateVpcConnection +{CLIENT} +{vpc_id}", planned)
    assert f'+          "arn:aws:iam::{CLIENT}:root"' in planned
    assert "\x1b" not in planned
    assert "msklink" not in tags(cluster)


@pytest.mark.parametrize(
    "words",
    [
        ("enable", NAME, "iam", "--yes"),
        ("allow", NAME, CLIENT, "--yes"),
        ("freeze", NAME, "--yes"),
    ],
    ids=" ".join,
)
def test_a_viewer_changes_nothing(
    viewer: Msklink, cluster: DeployedCluster, words: tuple[str, ...]
) -> None:
    before = tags(cluster)

    code, said, wrong = viewer.run(*words)

    assert (code, said) == (1, "")
    assert re.fullmatch(r"msklink: AccessDenied\w*: [^\n]*OperatorPolicyArn[^\n]*\n", wrong)
    assert tags(cluster) == before


def test_without_a_policy_the_command_names_the_policies(cloud: Cloud) -> None:
    code, said, wrong = person(cloud, "nobody", None).run("clusters")

    assert (code, said) == (1, "")
    assert "ViewerPolicyArn" in wrong
    assert wrong.count("\n") == 1


def test_nothing_changes_where_nobody_can_agree(
    operator: Msklink, cluster: DeployedCluster
) -> None:
    before = tags(cluster)

    code, _, wrong = operator.run("enable", NAME, "iam")

    assert code == 1
    assert "+ msklink = iam" in wrong
    assert wrong.splitlines()[-1].startswith("msklink: NotConfirmed: ")
    assert tags(cluster) == before


def test_an_operator_opts_in_lists_clients_and_is_asked_before_the_reboot(
    operator: Msklink, cluster: DeployedCluster, cloud: Cloud
) -> None:
    assert operator.run("enable", NAME, "iam", "--yes")[0] == 0
    assert operator.run("allow", NAME, CLIENT, OTHER, "--yes")[0] == 0
    assert operator.run("deny", NAME, OTHER, "--yes")[0] == 0
    cloud.until(lambda: operator.read("show", NAME)["waiting"])

    found = operator.read("show", NAME)
    code, said, _ = operator.run("show", NAME)

    assert tags(cluster) == {
        "team": "payments",
        "msklink": "iam",
        "msklink/clients": CLIENT,
        "msklink/approval": "required",
    }
    assert found["waiting"][0]["approval"] == ["iam"]
    assert found["connections"][0]["state"] == "waiting"
    assert code == 0
    assert "AwaitingApproval" in said


def test_a_freeze_holds_until_it_is_thawed(
    operator: Msklink, cluster: DeployedCluster, cloud: Cloud
) -> None:
    assert operator.run("freeze", NAME, "--reason", "month end", "--yes")[0] == 0
    assert tags(cluster)["msklink/freeze"] == "month end"
    cloud.until(lambda: operator.read("show", NAME)["waiting"][0]["reason"]["code"] == "Frozen")

    assert operator.run("thaw", NAME, "--yes")[0] == 0

    assert "msklink/freeze" not in tags(cluster)
    cloud.until(
        lambda: operator.read("show", NAME)["waiting"][0]["reason"]["code"] == "AwaitingApproval"
    )


def test_the_time_of_watch_ends_it(viewer: Msklink, cluster: DeployedCluster) -> None:
    code, said, wrong = viewer.run("watch", cluster.arn, "--timeout", "0")

    assert code == 1
    assert "AwaitingApproval" in said
    assert wrong.startswith("msklink: TimedOut: ")


def test_after_the_approval_the_run_is_followed_to_its_end(
    operator: Msklink, viewer: Msklink, cluster: DeployedCluster, cloud: Cloud
) -> None:
    follower = viewer.start("watch", NAME, "--interval", "0.2")
    code, said, _ = operator.run("approve", NAME, "--yes")
    cloud.until(lambda: cluster.status(CLIENT, NAME).get("state") == "published")
    with follower:
        seen, wrong = follower.communicate()

    assert (code, follower.returncode, wrong) == (0, 0, "")
    assert f"msklink watch {NAME}" in said
    assert tags(cluster)["msklink/approved"] == "iam"
    assert "enabling (the brokers reboot), expected by" in seen
    assert "✓ published" in seen
    assert viewer.read("show", NAME)["brokers"]["iam"].startswith("b-1.")


def test_the_runs_say_what_took_how_long(viewer: Msklink, cluster: DeployedCluster) -> None:
    listed = viewer.read("runs", NAME)["runs"]
    longest = max(listed, key=lambda one: one["seconds"])

    run = viewer.read("runs", NAME, longest["name"])

    assert {one["status"] for one in listed} == {"SUCCEEDED"}
    states = {one["name"]: one for one in run["states"]}
    assert states["WaitForCluster"]["seconds"] > 20 * 60
    assert states["EnableConnectivity"]["times"] >= 1
    assert "WaitForCluster" in viewer.run("runs", NAME, longest["name"])[1]
    assert viewer.read("runs", NAME, "--limit", "1")["runs"] == listed[:1]
    assert cluster.arn.split("/")[-1][:8] in longest["name"]


def test_a_run_that_is_not_there_is_named(viewer: Msklink, cluster: DeployedCluster) -> None:
    code, _, wrong = viewer.run("runs", cluster.arn, "another-29ef26ea-1")

    assert code == 1
    assert wrong.startswith("msklink: RunNotFound: ")


def test_an_operator_sets_no_tags_of_others(operator: Msklink, cluster: DeployedCluster) -> None:
    kafka = operator.client("kafka")

    changes = (
        ("tag_resource", {"Tags": {"team": "mine"}}),
        ("tag_resource", {"Tags": {"msklink": "off", "team": ""}}),
        ("untag_resource", {"TagKeys": ["team"]}),
    )
    for operation, change in changes:
        with pytest.raises(ClientError, match="AccessDenied"):
            getattr(kafka, operation)(ResourceArn=cluster.arn, **change)
    assert tags(cluster)["team"] == "payments"
