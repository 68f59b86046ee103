"""What holds for every operation: the model, pages, faults, observers, time."""

import dataclasses
import threading
from datetime import UTC, datetime, timedelta

import pytest

import localcloud.msk
from localcloud.msk import (
    Assumptions,
    Caller,
    Durations,
    ManualClock,
    MskError,
    ScaledClock,
    Scheme,
    faults,
)
from localcloud.msk.clock import Timeline
from localcloud.msk.errors import STALE_CLUSTER_VERSION, STALE_POLICY_VERSION
from localcloud.msk.service import OPERATIONS
from localcloud.msk.world import Call
from tests.emulator.scenery import CLIENT, OWNER, Json, Scene, account, flags, policy, statement


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


def test_an_error_before_the_effect_changes_nothing(scene: Scene) -> None:
    arn = scene.private_cluster()
    scene.msk.faults.add(faults.error("CreateVpcConnection"))

    wanted = scene.wanted_connection(arn)
    assert scene.refusal(CLIENT, "CreateVpcConnection", **wanted).status == 500

    assert scene.call(CLIENT, "ListVpcConnections")["VpcConnections"] == []
    scene.connect(arn)


def test_an_error_after_the_effect_leaves_it(scene: Scene) -> None:
    arn = scene.private_cluster()
    scene.msk.faults.add(
        faults.error("CreateVpcConnection", "ServiceUnavailableException", when="after")
    )

    wanted = scene.wanted_connection(arn)
    assert scene.refusal(CLIENT, "CreateVpcConnection", **wanted).status == 503

    assert len(scene.call(CLIENT, "ListVpcConnections")["VpcConnections"]) == 1


def test_throttling_ends_after_so_many_times(scene: Scene) -> None:
    scene.msk.faults.add(faults.throttled("ListClustersV2", times=2))

    for _ in range(2):
        error = scene.refusal(OWNER, "ListClustersV2")
        assert (error.code, error.status) == ("TooManyRequestsException", 429)
    scene.call(OWNER, "ListClustersV2")


def test_a_fault_without_an_end_lasts_until_it_is_cleared(scene: Scene) -> None:
    scene.msk.faults.add(faults.throttled("ListClustersV2", times=None))

    for _ in range(5):
        scene.refusal(OWNER, "ListClustersV2")
    scene.msk.faults.clear()
    scene.call(OWNER, "ListClustersV2")


def test_a_fault_can_be_meant_for_one_account(scene: Scene) -> None:
    scene.msk.faults.add(faults.throttled("ListVpcConnections", account=CLIENT.account))

    scene.call(OWNER, "ListVpcConnections")
    scene.refusal(CLIENT, "ListVpcConnections")


def test_a_failed_update_keeps_flags_and_version(scene: Scene) -> None:
    arn = scene.cluster()
    version = scene.version(arn)
    scene.msk.faults.add(faults.fails("UpdateConnectivity", "Broken", "A broker did not come up."))

    operation = scene.update(arn, flags(Scheme.IAM))
    scene.later(45)

    shown = scene.operation(operation)
    assert shown["OperationState"] == "UPDATE_FAILED"
    assert shown["ErrorInfo"] == {
        "ErrorCode": "Broken",
        "ErrorString": "A broker did not come up.",
    }
    old = scene.call(OWNER, "DescribeClusterOperation", ClusterOperationArn=operation)
    assert old["ClusterOperationInfo"]["ErrorInfo"] == shown["ErrorInfo"]
    assert (scene.describe(arn)["State"], scene.version(arn)) == ("ACTIVE", version)


def test_a_slow_update_takes_its_time(scene: Scene) -> None:
    arn = scene.cluster()
    scene.msk.faults.add(faults.slow("UpdateConnectivity", 2.0))
    scene.update(arn, flags(Scheme.IAM))

    scene.later(89)
    assert scene.describe(arn)["State"] == "UPDATING"
    scene.later(1)
    assert scene.describe(arn)["State"] == "ACTIVE"


@pytest.mark.parametrize("operation", ["CreateClusterV2", "CreateVpcConnection"])
def test_a_creation_can_end_in_failure(scene: Scene, operation: str) -> None:
    scene.msk.faults.add(faults.fails(operation, "Broken", "It broke."))

    if operation == "CreateClusterV2":
        assert scene.describe(scene.cluster())["State"] == "FAILED"
        return
    connection = scene.connect(scene.private_cluster())
    scene.later(4)
    assert scene.connection_state(connection) == "FAILED"
    scene.call(CLIENT, "DeleteVpcConnection", Arn=connection)


def test_versions_can_go_stale_just_before_the_call(scene: Scene) -> None:
    arn = scene.private_cluster(Scheme.IAM)
    scene.msk.faults.add(faults.stale("UpdateConnectivity"), faults.stale("PutClusterPolicy"))
    version = scene.call(OWNER, "GetClusterPolicy", ClusterArn=arn)["CurrentVersion"]

    both = flags(Scheme.IAM, Scheme.TLS)
    assert scene.update_refusal(arn, both).message == STALE_CLUSTER_VERSION
    scene.update(arn, both)
    error = scene.refusal(
        OWNER,
        "PutClusterPolicy",
        ClusterArn=arn,
        CurrentVersion=version,
        Policy=policy(statement()),
    )
    assert error.message == STALE_POLICY_VERSION


def test_somebody_else_can_act_just_before_the_call(scene: Scene) -> None:
    arn = scene.cluster()

    def tag() -> None:
        scene.call(OWNER, "TagResource", ResourceArn=arn, Tags={"a": "1"})

    scene.msk.faults.add(faults.meanwhile("ListTagsForResource", tag))

    assert scene.call(OWNER, "ListTagsForResource", ResourceArn=arn)["Tags"] == {"a": "1"}
    assert len(scene.tag_changes) == 1


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


def test_a_manual_clock_moves_only_when_told() -> None:
    clock = ManualClock(datetime(2026, 5, 1, tzinfo=UTC))

    clock.advance(90)

    assert clock.now() == datetime(2026, 5, 1, 0, 1, 30, tzinfo=UTC)


def test_a_scaled_clock_runs_ahead_of_real_time() -> None:
    clock = ScaledClock(1e-6)
    first = clock.now()

    assert first.tzinfo is UTC
    assert clock.now() > first
    with pytest.raises(ValueError, match="positive"):
        ScaledClock(0)


def test_steps_happen_at_their_own_time_however_late_one_looks() -> None:
    clock = ManualClock()
    start = clock.now()
    timeline = Timeline(clock)
    happened: list[tuple[str, timedelta]] = []

    def second() -> None:
        happened.append(("second", timeline.now() - start))

    def first() -> None:
        happened.append(("first", timeline.now() - start))
        timeline.after(5, second)

    timeline.after(10, first)
    clock.advance(1000)
    timeline.settle()

    assert happened == [("first", timedelta(seconds=10)), ("second", timedelta(seconds=15))]
    assert timeline.now() == clock.now()


def test_without_durations_everything_is_there_at_once() -> None:
    at_once = {field.name: 0.0 for field in dataclasses.fields(Durations)}
    scene = Scene(durations=Durations(**at_once))
    made = scene.call(
        OWNER, "CreateClusterV2", ClusterName="orders", Provisioned=scene.provisioned()
    )

    operation = scene.update(made["ClusterArn"], flags(Scheme.IAM))

    assert scene.operation(operation)["OperationState"] == "UPDATE_COMPLETE"


def test_the_docstring_lists_every_assumption_that_can_be_switched() -> None:
    table = localcloud.msk.__doc__ or ""

    for field in dataclasses.fields(Assumptions):
        assert f"[{field.name}]" in table
