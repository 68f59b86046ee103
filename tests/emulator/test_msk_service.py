"""Common to all operations: the service model, pages, observers, concurrent callers."""

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
from tests.emulator.builders import CLIENT, OWNER, Emulator, Json, account, policy, statement


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
    emulator: Emulator, operation: str, params: Json, where: str
) -> None:
    error = emulator.refusal(OWNER, operation, **params)

    assert (error.code, error.invalid_parameter) == ("BadRequestException", where)


def test_an_answer_that_does_not_fit_the_model_raises(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nonsense(call: Call) -> Json:
        return {"Clusters": [call.operation]}

    monkeypatch.setitem(OPERATIONS, "ListClustersV2", nonsense)

    with pytest.raises(AssertionError, match="does not fit"):
        emulator.call(OWNER, "ListClustersV2")


def test_an_operation_that_is_not_emulated_raises(emulator: Emulator) -> None:
    assert emulator.refusal(OWNER, "RebootBroker").status == 501


def test_answers_and_arguments_are_not_shared_with_the_caller(emulator: Emulator) -> None:
    arn = emulator.cluster()
    given = {"a": "1"}
    emulator.call(OWNER, "TagResource", ResourceArn=arn, Tags=given)

    given["a"] = "2"
    emulator.describe(arn)["Tags"]["a"] = "3"

    assert emulator.describe(arn)["Tags"] == {"a": "1"}


def all_pages(
    emulator: Emulator, caller: Caller, operation: str, key: str, **params: str
) -> list[int]:
    """Return the number of items on each page, with two items a page."""
    sizes = []
    more: Json = {}
    while True:
        answer = emulator.call(caller, operation, MaxResults=2, **params, **more)
        sizes.append(len(answer[key]))
        if "NextToken" not in answer:
            return sizes
        more = {"NextToken": answer["NextToken"]}


def test_every_list_comes_in_pages(emulator: Emulator) -> None:
    arn = emulator.private_cluster(*Scheme)
    for number in range(2):
        emulator.cluster(f"more-{number}")
        emulator.configuration(b"", f"more-{number}")
    for scheme in Scheme:
        emulator.connect(arn, Authentication=scheme.authentication)

    assert all_pages(emulator, OWNER, "ListClustersV2", "ClusterInfoList") == [2, 1]
    assert all_pages(emulator, OWNER, "ListClusters", "ClusterInfoList") == [2, 1]
    assert all_pages(emulator, OWNER, "ListConfigurations", "Configurations") == [2, 1]
    assert all_pages(emulator, CLIENT, "ListVpcConnections", "VpcConnections") == [2, 1]
    of_cluster = {"ClusterArn": arn}
    for operation, key, sizes in [
        ("ListClientVpcConnections", "ClientVpcConnections", [2, 1]),
        ("ListClusterOperationsV2", "ClusterOperationInfoList", [2, 2]),
        ("ListClusterOperations", "ClusterOperationInfoList", [2, 2]),
    ]:
        assert all_pages(emulator, OWNER, operation, key, **of_cluster) == sizes


def test_a_deletion_between_two_pages_hides_no_item(emulator: Emulator) -> None:
    arns = [emulator.cluster(f"c-{number}") for number in range(4)]
    first = emulator.call(OWNER, "ListClustersV2", MaxResults=2)

    emulator.call(OWNER, "DeleteCluster", ClusterArn=arns[0])
    emulator.later(5)
    second = emulator.call(OWNER, "ListClustersV2", NextToken=first["NextToken"])

    assert [item["ClusterArn"] for item in second["ClusterInfoList"]] == arns[2:]


def test_a_page_has_100_items_unless_chosen_otherwise() -> None:
    emulator = Emulator(Assumptions(default_page=1))
    emulator.cluster("a")
    emulator.cluster("b")

    assert len(emulator.call(OWNER, "ListClustersV2")["ClusterInfoList"]) == 1
    assert Assumptions().default_page == 100


@pytest.mark.parametrize("token", ["nonsense", "", "bnVsbA==", "WzEsMiwzXQ==", "é"])
def test_a_bad_token_is_refused(emulator: Emulator, token: str) -> None:
    error = emulator.refusal(OWNER, "ListClustersV2", NextToken=token)

    assert (error.code, error.invalid_parameter) == ("BadRequestException", "nextToken")


def test_a_token_of_another_list_is_refused(emulator: Emulator) -> None:
    emulator.cluster("a")
    emulator.cluster("b")
    token = emulator.call(OWNER, "ListClustersV2", MaxResults=1)["NextToken"]

    assert emulator.refusal(OWNER, "ListClusters", NextToken=token).status == 400
    assert emulator.refusal(CLIENT, "ListClustersV2", NextToken=token).status == 400


def test_observers_receive_every_call_and_may_make_calls(emulator: Emulator) -> None:
    heard = []

    def observer(
        caller: Caller, operation: str, params: Json, result: Json | None, error: MskError | None
    ) -> None:
        heard.append((caller.account, operation, params, result, error and error.code))
        if operation == "ListVpcConnections":
            emulator.call(OWNER, "ListConfigurations")

    emulator.msk.observers.append(observer)

    emulator.call(CLIENT, "ListVpcConnections", MaxResults=5)
    emulator.refusal(OWNER, "DescribeVpcConnection", Arn="x")

    assert heard == [
        (CLIENT.account, "ListVpcConnections", {"MaxResults": 5}, {"VpcConnections": []}, None),
        (OWNER.account, "ListConfigurations", {}, {"Configurations": []}, None),
        (OWNER.account, "DescribeVpcConnection", {"Arn": "x"}, None, "BadRequestException"),
    ]


def test_calls_are_counted_refused_or_not(emulator: Emulator) -> None:
    emulator.call(OWNER, "ListClustersV2")
    emulator.refusal(OWNER, "ListClustersV2", MaxResults=0)

    assert emulator.msk.calls[OWNER.account, "ListClustersV2"] == 2
    assert emulator.msk.calls[CLIENT.account, "ListClustersV2"] == 0


def test_only_one_of_many_threads_changes_a_version(emulator: Emulator) -> None:
    arn = emulator.cluster()
    won: list[str] = []

    def attempt() -> None:
        try:
            answer = emulator.call(
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


def test_one_cluster_takes_600_client_vpcs(emulator: Emulator) -> None:
    arn = emulator.private_cluster()
    admitted = statement(Principal="*")
    version = emulator.call(OWNER, "GetClusterPolicy", ClusterArn=arn)["CurrentVersion"]
    emulator.call(
        OWNER,
        "PutClusterPolicy",
        ClusterArn=arn,
        Policy=policy(admitted),
        CurrentVersion=version,
    )
    wanted = emulator.wanted_connection(arn)
    for number in range(600):
        client = account(f"{number:012}")
        for zone in ("euw1-az1", "euw1-az2", "euw1-az3"):
            known = (CLIENT.account, f"subnet-vpc-client-{zone}")
            subnet = emulator.network.all_subnets[known]
            emulator.network.add_subnet(client.account, subnet)
        emulator.network.vpcs[client.account, "vpc-client"] = emulator.network.vpcs[
            CLIENT.account, "vpc-client"
        ]
        emulator.network.groups[client.account, "sg-vpc-client"] = emulator.network.groups[
            CLIENT.account, "sg-vpc-client"
        ]
        emulator.call(client, "CreateVpcConnection", **wanted)

    emulator.later(4)
    answer = emulator.call(OWNER, "ListClientVpcConnections", ClusterArn=arn, MaxResults=100)
    assert {item["State"] for item in answer["ClientVpcConnections"]} == {"AVAILABLE"}


def test_the_docstring_lists_every_assumption_that_can_be_switched() -> None:
    table = localcloud.msk.__doc__ or ""

    for field in dataclasses.fields(Assumptions):
        assert f"[{field.name}]" in table
