"""Questions about a cluster before private connectivity, answered either way."""

from typing import Any

import pytest

from tests.smoke.builders import SmokeInMoto
from tests.smoke.left import nothing_is_left
from tests.support.aws import OTHER_CLIENT
from tools.smoke.smoke import StepFailed

BEFORE = ("network", "cluster", "fresh")


AS_ASSUMED = dict.fromkeys(
    (
        "unconnected_cannot_list",
        "fresh_shows_flags",
        "list_leaves_out",
        "policy_is_normalised",
        "bad_principal_is_named",
        "tags_at_creation_emit",
        "C3",
        "C4",
        "version_without_policy",
        "not_principal",
        "resource_of_another",
        "tagging_again",
        "tag_characters",
        "bootstrap_while_creating",
    ),
    "confirmed",
)
OTHERWISE = {
    "unconnected_cannot_list": False,
    "fresh_shows_flags": False,
    "list_leaves_out": "ClientAuthentication",
    "policy_is_normalised": True,
    "bad_principal_is_named": True,
    "tags_at_creation_emit": True,
    "default_page": 1,
}


@pytest.mark.parametrize(
    ("assumptions", "verdicts"),
    [
        ({}, AS_ASSUMED | {"default_page": "not answered"}),
        (OTHERWISE, AS_ASSUMED | dict.fromkeys([*OTHERWISE, "C4"], "different")),
    ],
)
def test_each_question_is_answered_as_msk_does_it(
    smoked: SmokeInMoto, assumptions: dict[str, Any], verdicts: dict[str, str]
) -> None:
    smoked.accounts.msk.assume(**assumptions)
    smoked.deliver_tag_events()
    smoked.accounts.make_configuration()  # beside the one of the smoke test

    smoked.run(*BEFORE)

    assert smoked.verdicts(verdicts) == verdicts


def test_a_full_page_confirms_its_size(smoked: SmokeInMoto) -> None:
    kafka = smoked.accounts.client("kafka")
    for number in range(100):
        kafka.create_configuration(Name=f"other-{number}", ServerProperties=b"")

    smoked.run(*BEFORE)

    assert smoked.verdict("default_page") == "confirmed"


def test_the_own_cluster_has_no_policy_afterwards(smoked: SmokeInMoto) -> None:
    smoked.run(*BEFORE)

    kafka = smoked.accounts.client("kafka")
    with pytest.raises(kafka.exceptions.NotFoundException):
        kafka.get_cluster_policy(ClusterArn=smoked.smoke.cluster_arn)


def test_a_named_cluster_is_only_looked_at(smoked: SmokeInMoto) -> None:
    arn = smoked.accounts.make_cluster("payments")
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": OTHER_CLIENT},
        "Action": "kafka:DescribeCluster",
        "Resource": arn,
    }
    smoked.accounts.put_policy(arn, statement)
    kafka = smoked.accounts.client("kafka")
    before = kafka.describe_cluster_v2(ClusterArn=arn), kafka.get_cluster_policy(ClusterArn=arn)

    smoked.run(*BEFORE, cluster="payments")

    after = kafka.describe_cluster_v2(ClusterArn=arn), kafka.get_cluster_policy(ClusterArn=arn)
    for one, other in zip(before, after, strict=True):
        assert one | {"ResponseMetadata": 0} == other | {"ResponseMetadata": 0}
    assert smoked.verdict("C3") == "confirmed"
    assert "policy_is_normalised" not in smoked.smoke.state.answers
    assert not [one for one in smoked.smoke.state.resources if one["kind"] == "cluster"]


@pytest.mark.parametrize("form", ["payments", "arn"])
def test_a_cluster_is_named_by_name_or_arn(smoked: SmokeInMoto, form: str) -> None:
    arn = smoked.accounts.make_cluster("payments")
    smoked.accounts.make_cluster("payments-eu")

    smoked.run("network", "cluster", cluster=arn if form == "arn" else form)

    assert smoked.smoke.cluster_arn == arn


def test_a_cluster_that_is_not_there_is_an_error_with_a_remedy(smoked: SmokeInMoto) -> None:
    with pytest.raises(StepFailed, match="no cluster nobody") as caught:
        smoked.run("network", cluster="nobody")

    assert caught.value.remedy


def test_the_own_cluster_and_all_else_is_tagged(smoked: SmokeInMoto) -> None:
    smoked.run("network", "cluster")

    tag, run = "smoke-test-msklink", smoked.smoke.state.run
    found = smoked.smoke.cluster()
    assert found["Tags"] == {tag: run}
    for role, accounts in (("owner", smoked.smoke.owner), ("client", smoked.smoke.client)):
        ec2, named = accounts.client("ec2"), [{"Name": f"tag:{tag}", "Values": [run]}]
        count = {"owner": 1, "client": 2}[role]
        assert len(ec2.describe_vpcs(Filters=named)["Vpcs"]) == count
        assert len(ec2.describe_subnets(Filters=named)["Subnets"]) == 2 * count
        sqs, events = accounts.client("sqs"), accounts.client("events")
        [url] = sqs.list_queues(QueueNamePrefix="smoke-")["QueueUrls"]
        assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {tag: run}
        [rule] = events.list_rules(NamePrefix="smoke-")["Rules"]
        assert events.list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"] == [
            {"Key": tag, "Value": run}
        ]


def test_nothing_is_made_twice_when_the_steps_are_run_again(smoked: SmokeInMoto) -> None:
    smoked.run("network", "cluster")
    before = [dict(one) for one in smoked.smoke.state.resources]

    smoked.run("network", "cluster")

    assert smoked.smoke.state.resources == before
    clusters = smoked.accounts.client("kafka").list_clusters_v2()["ClusterInfoList"]
    assert len(clusters) == 1


@pytest.mark.parametrize(("free", "verdict"), [(False, "confirmed"), (True, "different")])
def test_the_cleanup_asks_for_the_name_and_leaves_nothing(
    smoked: SmokeInMoto, free: bool, verdict: str
) -> None:
    smoked.accounts.msk.assume(name_is_free_while_deleting=free)
    smoked.run("network", "cluster")

    smoked.run("cleanup")

    assert smoked.verdict("name_is_free_while_deleting") == verdict
    assert smoked.smoke.state.resources == []
    assert nothing_is_left(smoked)
