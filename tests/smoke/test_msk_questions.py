"""Questions about an update, connections and topics of the own cluster, answered either way."""

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


@pytest.mark.parametrize(
    ("key", "assumption", "verdict"),
    [
        ("mixed_is_refused", {"mixed_is_refused": False}, "confirmed"),
        ("mixed_is_refused", {"mixed_is_refused": True}, "different"),
        ("active_operation", {"active_operation": "updates"}, "confirmed"),
        ("active_operation", {"active_operation": "latest"}, "different"),
        ("active_operation", {"active_operation": "never"}, "different"),
        ("unfit_cluster", {}, "confirmed"),
        ("new_version", {}, "confirmed"),
        ("policy_while_updating", {}, "confirmed"),
        ("topics_while_updating", {}, "confirmed"),
    ],
)
def test_each_question_about_an_update_is_answered_as_msk_does_it(
    smoked: SmokeInMoto, key: str, assumption: dict[str, Any], verdict: str
) -> None:
    smoked.accounts.msk.assume(**assumption)

    smoked.run(*TO_UPDATE)

    answer = smoked.smoke.state.answers[key]
    assert (answer.verdict, bool(answer.evidence)) == (verdict, True)
    assert private_schemes(smoked.smoke.cluster()) == {"Scram"}


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


@pytest.mark.parametrize(
    ("key", "assumption", "verdict"),
    [
        ("policy_delay_seconds", {"policy_delay_seconds": 0}, "confirmed"),
        ("policy_delay_seconds", {"policy_delay_seconds": 20}, "different"),
        ("C1", {"policy_delay_seconds": 20}, "confirmed"),
        ("C1", {"policy_delay_seconds": 55}, "different"),
        ("role_delay_seconds", {"role_delay_seconds": 0}, "confirmed"),
        ("role_delay_seconds", {"role_delay_seconds": 45}, "different"),
        ("C2", {"role_delay_seconds": 45}, "confirmed"),
        ("C7", {"active_operation": "updates"}, "confirmed"),
        ("C7", {"active_operation": "latest"}, "different"),
        ("second_connection", {}, "confirmed"),
        ("deletion_while_creating", {}, "confirmed"),
        ("connection_operations", {}, "confirmed"),
        ("shown_by_policy", {}, "confirmed"),
        ("statement_removed", {}, "confirmed"),
        ("endpoint_gone", {}, "confirmed"),
        ("connection_subnets", {}, "confirmed"),
        ("connection_dns", {}, "confirmed"),
        ("connection_own_vpc", {}, "confirmed"),
        ("missing_cluster", {}, "confirmed"),
        ("durations", {}, "confirmed"),
    ],
)
def test_each_question_about_a_connection_is_answered_as_msk_does_it(
    smoked: SmokeInMoto, key: str, assumption: dict[str, Any], verdict: str
) -> None:
    smoked.accounts.msk.assume(**assumption)

    smoked.run(*TO_CONNECTION)

    answer = smoked.smoke.state.answers[key]
    assert (answer.verdict, bool(answer.evidence)) == (verdict, True)
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


@pytest.mark.parametrize(
    ("key", "assumption", "verdict"),
    [
        ("topic_configs_are_json", {"topic_configs_are_json": True}, "confirmed"),
        ("topic_configs_are_json", {"topic_configs_are_json": False}, "different"),
        ("topic_update", {}, "confirmed"),
        ("topic_update", {"topic_configs_are_json": False}, "confirmed"),
        ("topic_view", {}, "confirmed"),
        ("topic_states", {}, "confirmed"),
    ],
)
def test_each_question_about_topics_is_answered_as_msk_does_it(
    smoked: SmokeInMoto, key: str, assumption: dict[str, Any], verdict: str
) -> None:
    smoked.accounts.msk.assume(**assumption)

    smoked.run("network", "cluster", "topics")

    answer = smoked.smoke.state.answers[key]
    assert (answer.verdict, bool(answer.evidence)) == (verdict, True)
    assert smoked.accounts.msk.topics_of(smoked.smoke.cluster_arn) == []


def test_a_cluster_that_takes_no_topics_leaves_their_questions_open(smoked: SmokeInMoto) -> None:
    smoked.run("network", "cluster")
    smoked.accounts.msk.force_kafka_version(smoked.smoke.cluster_arn, "3.5.1")

    smoked.run("topics")

    assert smoked.verdict("topic_configs_are_json") == "not answered"
