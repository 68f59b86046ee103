"""Questions about an update, connections and topics of the own cluster, answered either way."""

from collections.abc import Iterable
from typing import Any

import pytest

from localcloud.msk import Fault, MskError
from tests.smoke.builders import SmokeInMoto
from tests.smoke.left import nothing_is_left
from tools.smoke import runner
from tools.smoke.smoke import StepFailed
from tools.smoke.steps.fresh import private_schemes

TO_UPDATE = ("network", "cluster", "update")
TO_CONNECTION = (*TO_UPDATE, "connection")


UPDATE = (
    "mixed_is_refused",
    "active_operation",
    "unfit_cluster",
    "new_version",
    "policy_while_updating",
    "topics_while_updating",
)


@pytest.mark.parametrize(
    ("assumptions", "different"),
    [
        ({}, set()),
        (
            {"mixed_is_refused": True, "active_operation": "latest"},
            {"mixed_is_refused", "active_operation"},
        ),
        ({"active_operation": "never"}, {"active_operation"}),
    ],
)
def test_each_question_about_an_update_is_answered_as_msk_does_it(
    smoked: SmokeInMoto, assumptions: dict[str, Any], different: set[str]
) -> None:
    smoked.accounts.msk.assume(**assumptions)

    smoked.run(*TO_UPDATE)

    assert smoked.verdicts(UPDATE) == expected(UPDATE, different)
    assert private_schemes(smoked.smoke.cluster()) == {"Scram"}


def expected(keys: Iterable[str], different: set[str]) -> dict[str, str]:
    return {key: "different" if key in different else "confirmed" for key in keys}


def test_a_mixed_cluster_that_msk_refuses_is_replaced(smoked: SmokeInMoto) -> None:
    smoked.accounts.msk.assume(mixed_is_refused=True)

    smoked.run(*TO_UPDATE)

    clusters = smoked.accounts.client("kafka").list_clusters_v2()["ClusterInfoList"]
    assert [one["ClusterArn"] for one in clusters] == [smoked.smoke.cluster_arn]
    access = clusters[0]["Provisioned"]["ClientAuthentication"]["Unauthenticated"]
    assert access == {"Enabled": False}


def test_an_update_is_not_begun_twice(smoked: SmokeInMoto) -> None:
    smoked.run("network", "cluster")
    smoked.clock.interrupt_at = smoked.clock.sleeps + 2
    with pytest.raises(KeyboardInterrupt):
        smoked.run("update")
    smoked.smoke.state.data["facts"].pop("update_operation")  # interrupted before it was kept
    smoked.smoke.state.save()

    smoked.run("update")

    operations = smoked.accounts.client("kafka").list_cluster_operations_v2(
        ClusterArn=smoked.smoke.cluster_arn
    )["ClusterOperationInfoList"]
    assert [one["OperationType"] for one in operations] == ["UPDATE_CONNECTIVITY"]
    assert private_schemes(smoked.smoke.cluster()) == {"Scram"}


def test_an_update_that_fails_ends_the_step_with_what_msk_says(smoked: SmokeInMoto) -> None:
    smoked.run("network", "cluster")
    refusal = MskError("BadRequestException", "no")
    smoked.accounts.msk.faults.add(
        Fault("UpdateConnectivity", error=refusal),
        Fault("UpdateConnectivity", failure=("Broken", "the brokers did not come back")),
    )

    with pytest.raises(StepFailed, match="did not come back"):
        smoked.run("update")


CONNECTION = (
    "policy_delay_seconds",
    "C1",
    "role_delay_seconds",
    "C2",
    "C7",
    "second_connection",
    "deletion_while_creating",
    "connection_operations",
    "shown_by_policy",
    "statement_removed",
    "endpoint_gone",
    "connection_subnets",
    "connection_dns",
    "connection_own_vpc",
    "missing_cluster",
    "durations",
)


@pytest.mark.parametrize(
    ("assumptions", "different"),
    [
        ({}, set()),
        (
            {"policy_delay_seconds": 20, "role_delay_seconds": 5, "active_operation": "latest"},
            {"policy_delay_seconds", "role_delay_seconds", "C7"},
        ),
        ({"policy_delay_seconds": 55}, {"policy_delay_seconds", "C1"}),
    ],
)
def test_each_question_about_a_connection_is_answered_as_msk_does_it(
    smoked: SmokeInMoto, assumptions: dict[str, Any], different: set[str]
) -> None:
    smoked.accounts.msk.assume(**assumptions)

    smoked.run(*TO_CONNECTION)

    assert smoked.verdicts(CONNECTION) == expected(CONNECTION, different)
    connections = smoked.accounts.client("kafka", smoked.smoke.client.id).list_vpc_connections()
    assert connections["VpcConnections"] == []


def test_a_text_about_the_role_that_msklink_does_not_know_is_different(
    smoked: SmokeInMoto,
) -> None:
    smoked.run(*TO_UPDATE)
    other = MskError("BadRequestException", "A role is being made.")
    smoked.accounts.msk.faults.add(Fault("CreateVpcConnection", error=other))

    with pytest.raises(StepFailed, match="A role is being made"):
        smoked.run("connection")

    assert smoked.verdict("C2") == "different"


@pytest.mark.parametrize("sleep", [1, 2, 3, 6])
def test_an_interrupted_connection_is_not_made_twice(smoked: SmokeInMoto, sleep: int) -> None:
    smoked.run(*TO_UPDATE)
    smoked.clock.interrupt_at = smoked.clock.sleeps + sleep
    with pytest.raises(KeyboardInterrupt):
        smoked.run("connection")

    smoked.run("connection")
    assert smoked.verdict("endpoint_gone") == "confirmed"

    runner.run(smoked.again(cleanup=True))
    assert nothing_is_left(smoked)


def test_what_msk_should_have_refused_is_deleted(
    smoked: SmokeInMoto, monkeypatch: pytest.MonkeyPatch
) -> None:
    smoked.run(*TO_UPDATE)
    for check in ("_check_vpc", "_check_subnets", "_check_first"):
        monkeypatch.setattr(f"localcloud.msk.connection_checks.{check}", lambda *_: None)

    smoked.run("connection")

    for key in ("connection_subnets", "connection_dns", "second_connection", "connection_own_vpc"):
        assert smoked.verdict(key) == "different"
    runner.run(smoked.again(cleanup=True))
    assert nothing_is_left(smoked)


TOPICS = ("topic_configs_are_json", "topic_update", "topic_view", "topic_states")


@pytest.mark.parametrize(
    ("as_json", "different"), [(True, set()), (False, {"topic_configs_are_json"})]
)
def test_each_question_about_topics_is_answered_as_msk_does_it(
    smoked: SmokeInMoto, as_json: bool, different: set[str]
) -> None:
    smoked.accounts.msk.assume(topic_configs_are_json=as_json)

    smoked.run("network", "cluster", "topics")

    assert smoked.verdicts(TOPICS) == expected(TOPICS, different)
    assert smoked.accounts.msk.topics_of(smoked.smoke.cluster_arn) == []


def test_a_cluster_that_takes_no_topics_leaves_their_questions_open(smoked: SmokeInMoto) -> None:
    smoked.run("network", "cluster")
    smoked.accounts.msk.force_kafka_version(smoked.smoke.cluster_arn, "3.5.1")

    smoked.run("topics")

    assert smoked.verdict("topic_configs_are_json") == "not answered"
