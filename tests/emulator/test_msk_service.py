"""What holds for every operation: the model, pages, observers, many callers."""

import dataclasses
import threading

import pytest

import localcloud.msk
from localcloud.msk import (
    Assumptions,
    Caller,
    MskError,
    Scheme,
)
from localcloud.msk.service import OPERATIONS
from localcloud.msk.store import Call
from tests.emulator.builders import CLIENT, OWNER, Json, Scene, account, policy, statement


@pytest.mark.parametrize(
    ("operation", "params", "where"),
    [
        ("DescribeClusterV2", {}, "clusterArn"),
        ("DescribeClusterV2", {"ClusterArn": 7}, "clusterArn"),
        ("DescribeClusterV2", {"ClusterArn": "x", "Colour": "red"}, "Colour"),
        ("ListClustersV2", {"MaxResults": 0}, "maxResults"),
        ("ListClustersV2", {"MaxResults": 101}, "maxResults"),
        ("ListClustersV2", {"MaxResults": True}, "maxResults"),
        ("CreateClusterV2", {"ClusterName": ""}, "clusterName"),
        ("TagResource", {"ResourceArn": "x", "Tags": {"a": 1}}, "tags.a"),
        ("UntagResource", {"ResourceArn": "x", "TagKeys": [1]}, "tagKeys[0]"),
        (
            "UpdateConnectivity",
            {"ClusterArn": "x", "CurrentVersion": "K", "ConnectivityInfo": {"NetworkType": "V6"}},
            "connectivityInfo.networkType",
        ),
        (
            "UpdateConnectivity",
            {
                "ClusterArn": "x",
                "CurrentVersion": "K",
                "ConnectivityInfo": {
                    "VpcConnectivity": {"ClientAuthentication": {"Tls": {"Enabled": "TRUE"}}}
                },
            },
            "connectivityInfo.vpcConnectivity.clientAuthentication.tls.enabled",
        ),
    ],
)
def test_a_request_that_does_not_fit_the_model_is_refused(
    scene: Scene, operation: str, params: Json, where: str
) -> None:
    error = scene.refusal(OWNER, operation, **params)

    assert (error.code, error.invalid_parameter) == ("BadRequestException", where)


def test_an_answer_that_does_not_fit_the_model_is_a_loud_failure(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nonsense(call: Call) -> Json:
        return {"Clusters": [call.operation]}

    monkeypatch.setitem(OPERATIONS, "ListClustersV2", nonsense)

    with pytest.raises(AssertionError, match="does not fit"):
        scene.call(OWNER, "ListClustersV2")


def test_an_operation_that_is_not_emulated_says_so(scene: Scene) -> None:
    assert scene.refusal(OWNER, "RebootBroker").status == 501


def test_answers_and_arguments_are_not_shared_with_the_caller(scene: Scene) -> None:
    arn = scene.cluster()
    given = {"a": "1"}
    scene.call(OWNER, "TagResource", ResourceArn=arn, Tags=given)

    given["a"] = "2"
    scene.describe(arn)["Tags"]["a"] = "3"

    assert scene.describe(arn)["Tags"] == {"a": "1"}


def all_pages(scene: Scene, caller: Caller, operation: str, key: str, **params: str) -> list[int]:
    """Return the sizes of the pages of two."""
    sizes = []
    more: Json = {}
    while True:
        answer = scene.call(caller, operation, MaxResults=2, **params, **more)
        sizes.append(len(answer[key]))
        if "NextToken" not in answer:
            return sizes
        more = {"NextToken": answer["NextToken"]}


def test_every_list_comes_in_pages(scene: Scene) -> None:
    arn = scene.private_cluster(*Scheme)
    for number in range(2):
        scene.cluster(f"more-{number}")
        scene.configuration(b"", f"more-{number}")
    for scheme in Scheme:
        scene.connect(arn, Authentication=scheme.authentication)

    assert all_pages(scene, OWNER, "ListClustersV2", "ClusterInfoList") == [2, 1]
    assert all_pages(scene, OWNER, "ListClusters", "ClusterInfoList") == [2, 1]
    assert all_pages(scene, OWNER, "ListConfigurations", "Configurations") == [2, 1]
    assert all_pages(scene, CLIENT, "ListVpcConnections", "VpcConnections") == [2, 1]
    of_cluster = {"ClusterArn": arn}
    for operation, key, sizes in [
        ("ListClientVpcConnections", "ClientVpcConnections", [2, 1]),
        ("ListClusterOperationsV2", "ClusterOperationInfoList", [2, 2]),
        ("ListClusterOperations", "ClusterOperationInfoList", [2, 2]),
    ]:
        assert all_pages(scene, OWNER, operation, key, **of_cluster) == sizes


def test_what_vanishes_between_two_pages_hides_nothing(scene: Scene) -> None:
    arns = [scene.cluster(f"c-{number}") for number in range(4)]
    first = scene.call(OWNER, "ListClustersV2", MaxResults=2)

    scene.call(OWNER, "DeleteCluster", ClusterArn=arns[0])
    scene.later(5)
    second = scene.call(OWNER, "ListClustersV2", NextToken=first["NextToken"])

    assert [item["ClusterArn"] for item in second["ClusterInfoList"]] == arns[2:]


def test_a_page_has_100_items_unless_chosen_otherwise() -> None:
    scene = Scene(Assumptions(default_page=1))
    scene.cluster("a")
    scene.cluster("b")

    assert len(scene.call(OWNER, "ListClustersV2")["ClusterInfoList"]) == 1
    assert Assumptions().default_page == 100


@pytest.mark.parametrize("token", ["nonsense", "", "bnVsbA==", "WzEsMiwzXQ==", "é"])
def test_a_bad_token_is_refused(scene: Scene, token: str) -> None:
    error = scene.refusal(OWNER, "ListClustersV2", NextToken=token)

    assert (error.code, error.invalid_parameter) == ("BadRequestException", "nextToken")


def test_a_token_of_another_list_is_refused(scene: Scene) -> None:
    scene.cluster("a")
    scene.cluster("b")
    token = scene.call(OWNER, "ListClustersV2", MaxResults=1)["NextToken"]

    assert scene.refusal(OWNER, "ListClusters", NextToken=token).status == 400
    assert scene.refusal(CLIENT, "ListClustersV2", NextToken=token).status == 400


def test_observers_hear_every_call_and_may_call_themselves(scene: Scene) -> None:
    heard = []

    def observer(
        caller: Caller, operation: str, params: Json, result: Json | None, error: MskError | None
    ) -> None:
        heard.append((caller.account, operation, params, result, error and error.code))
        if operation == "ListVpcConnections":
            scene.call(OWNER, "ListConfigurations")

    scene.msk.observers.append(observer)

    scene.call(CLIENT, "ListVpcConnections", MaxResults=5)
    scene.refusal(OWNER, "DescribeVpcConnection", Arn="x")

    assert heard == [
        (CLIENT.account, "ListVpcConnections", {"MaxResults": 5}, {"VpcConnections": []}, None),
        (OWNER.account, "ListConfigurations", {}, {"Configurations": []}, None),
        (OWNER.account, "DescribeVpcConnection", {"Arn": "x"}, None, "BadRequestException"),
    ]


def test_calls_are_counted_refused_or_not(scene: Scene) -> None:
    scene.call(OWNER, "ListClustersV2")
    scene.refusal(OWNER, "ListClustersV2", MaxResults=0)

    assert scene.msk.calls[OWNER.account, "ListClustersV2"] == 2
    assert scene.msk.calls[CLIENT.account, "ListClustersV2"] == 0


def test_of_many_threads_one_wins_each_version(scene: Scene) -> None:
    arn = scene.cluster()
    won: list[str] = []

    def attempt() -> None:
        try:
            answer = scene.call(
                OWNER, "PutClusterPolicy", ClusterArn=arn, Policy=policy(statement())
            )
        except MskError:
            return
        won.append(answer["CurrentVersion"])

    threads = [threading.Thread(target=attempt) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(won) == 1


def test_one_cluster_takes_600_client_vpcs(scene: Scene) -> None:
    arn = scene.private_cluster()
    admitted = statement(Principal="*")
    version = scene.call(OWNER, "GetClusterPolicy", ClusterArn=arn)["CurrentVersion"]
    scene.call(
        OWNER,
        "PutClusterPolicy",
        ClusterArn=arn,
        Policy=policy(admitted),
        CurrentVersion=version,
    )
    wanted = scene.wanted_connection(arn)
    for number in range(600):
        client = account(f"{number:012}")
        for zone in ("euw1-az1", "euw1-az2", "euw1-az3"):
            known = (CLIENT.account, f"subnet-vpc-client-{zone}")
            subnet = scene.network.all_subnets[known]
            scene.network.add_subnet(client.account, subnet)
        scene.network.vpcs[client.account, "vpc-client"] = scene.network.vpcs[
            CLIENT.account, "vpc-client"
        ]
        scene.network.groups[client.account, "sg-vpc-client"] = scene.network.groups[
            CLIENT.account, "sg-vpc-client"
        ]
        scene.call(client, "CreateVpcConnection", **wanted)

    scene.later(4)
    answer = scene.call(OWNER, "ListClientVpcConnections", ClusterArn=arn, MaxResults=100)
    assert {item["State"] for item in answer["ClientVpcConnections"]} == {"AVAILABLE"}


def test_the_docstring_lists_every_assumption_that_can_be_switched() -> None:
    table = localcloud.msk.__doc__ or ""

    for field in dataclasses.fields(Assumptions):
        assert f"[{field.name}]" in table
