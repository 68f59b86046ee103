"""PlanCluster says what a run would do, for people and programs, and changes nothing."""

import json
from typing import Any

import pytest

from localcloud.msk import faults
from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts
from tests.support.functions import OWNER, invoke
from tests.support.steps import Steps

DAY_SECONDS = 24 * 3600


def plan(cluster: str, **assumptions: Any) -> dict[str, Any]:
    answer: dict[str, Any] = invoke(
        "PlanClusterFunction",
        {"cluster": cluster, "if": assumptions} if assumptions else {"cluster": cluster},
    )
    return answer


def calls(planned: dict[str, Any]) -> list[str]:
    return [step["call"] for step in planned["steps"]]


def by_kind(planned: dict[str, Any], kind: str) -> list[str]:
    return [step["call"] for step in planned["steps"] if step["kind"] == kind]


def test_a_plan_names_all_that_an_owner_decides_by(
    steps: Steps, accounts: Accounts, vpc_id: str
) -> None:
    planned = plan(steps.cluster_arn)

    assert planned["version"] == 1
    assert planned["cluster"] == steps.cluster_arn
    assert by_kind(planned, "reboot") == ["kafka:UpdateConnectivity"]
    assert by_kind(planned, "removal") == []
    assert planned["reboot"] == {"schemes": ["iam"], "brokers": 3, "minutes": [27, 120]}
    assert planned["policy"]["before"] is None
    assert CLIENT in planned["policy"]["after"]
    assert planned["policy"]["bytes"] == len(planned["policy"]["after"]) < planned["policy"]["of"]
    assert any(line.startswith("+") and CLIENT in line for line in planned["policy"]["diff"])
    [client] = planned["clients"]
    assert (client["account"], client["vpc_id"], client["scheme"]) == (CLIENT, vpc_id, "iam")
    assert sorted(one["id"] for one in client["subnets"]) == sorted(
        accounts.subnets(CLIENT, vpc_id)
    )
    assert all(one["zone_id"].startswith("euw1-az") for one in client["subnets"])
    assert client["security_groups"] == ["sg-planned1"]
    assert planned["held"] == planned["refusals"] == planned["removals"] == []
    assert "MSK makes the update." in planned["depends_on"][0]


@pytest.mark.usefixtures("vpc_id")
def test_nothing_is_changed_published_or_counted(
    steps: Steps, accounts: Accounts, capsys: pytest.CaptureFixture[str]
) -> None:
    before = accounts.snapshot(steps.cluster_arn)
    groups = accounts.client("ec2", CLIENT).describe_security_groups()["SecurityGroups"]

    planned = plan(steps.cluster_arn)

    assert planned["steps"]
    assert accounts.snapshot(steps.cluster_arn) == before
    assert accounts.client("ec2", CLIENT).describe_security_groups()["SecurityGroups"] == groups
    assert accounts.connections(CLIENT) == []
    assert accounts.parameters(CLIENT) == accounts.parameters(OWNER) == {}
    assert accounts.take_events() == []
    assert "CloudWatchMetrics" not in capsys.readouterr().out


def test_a_cluster_is_found_by_its_name(steps: Steps) -> None:
    assert plan("orders") == plan(steps.cluster_arn)


# -------------------------------------------------------------------------------------- what if


def test_a_cluster_that_is_not_opted_in_is_planned_as_if_it_were(accounts: Accounts) -> None:
    cluster = accounts.make_cluster(tags={})
    accounts.deploy_client(CLIENT)
    vpc_id = accounts.make_network(CLIENT)
    assert plan(cluster)["steps"] == []

    planned = plan(
        cluster, tags={"msklink": "scram"}, clients=[CLIENT], vpcs={CLIENT: {vpc_id: "scram"}}
    )

    assert planned["asked"]["tags"] == {"msklink": "scram"}
    assert planned["reboot"]["schemes"] == ["scram"]
    [client] = planned["clients"]
    assert (client["vpc_id"], client["scheme"], client["refusal"]) == (vpc_id, "scram", None)


def test_clients_are_added_to_those_that_are_listed(
    steps: Steps, accounts: Accounts, vpc_id: str
) -> None:
    accounts.deploy_client(OTHER_CLIENT)
    other = accounts.make_network(OTHER_CLIENT)

    planned = plan(steps.cluster_arn, clients=[OTHER_CLIENT], vpcs={OTHER_CLIENT: {other: "iam"}})

    assert {one["vpc_id"] for one in planned["clients"]} == {vpc_id, other}


def test_a_client_without_a_stack_is_refused_with_the_remedy(steps: Steps) -> None:
    planned = plan(steps.cluster_arn, clients=[OTHER_CLIENT])

    refusals = {one["account"]: one["refusal"] for one in planned["clients"]}
    assert refusals[OTHER_CLIENT]["code"] == "ClientStackMissing"
    assert "client.yaml" in refusals[OTHER_CLIENT]["remedy"]


def test_a_vpc_that_does_not_exist_is_refused(steps: Steps, accounts: Accounts) -> None:
    accounts.deploy_client(CLIENT)

    planned = plan(steps.cluster_arn, vpcs={CLIENT: {"vpc-0123456789abcdef0": "iam"}})

    assert [one["refusal"]["code"] for one in planned["clients"]] == ["VpcNotFound"]
    assert planned["reboot"] is None


def test_a_vpc_of_an_account_that_is_not_listed_is_refused(steps: Steps) -> None:
    planned = plan(steps.cluster_arn, vpcs={OTHER_CLIENT: {"vpc-0123456789abcdef0": "iam"}})

    [client] = [one for one in planned["clients"] if one["account"] == OTHER_CLIENT]
    assert client["refusal"]["code"] == "AccountNotAllowed"


# ----------------------------------------------------------------------------------- removals


def test_a_removal_is_planned_with_its_date_and_then_with_its_calls(
    connected: Steps, accounts: Accounts, vpc_id: str
) -> None:
    accounts.untag_vpc(CLIENT, vpc_id)

    scheduled = plan(connected.cluster_arn)
    now = plan(connected.cluster_arn, vpcs={CLIENT: {vpc_id: None}})

    [removal] = scheduled["removals"]
    assert (removal["vpc_id"], removal["reason"]["code"]) == (vpc_id, "NoLongerAsked")
    assert removal["due"] > accounts.clock.now().isoformat()
    assert by_kind(scheduled, "removal") == by_kind(now, "removal") == []

    connected.inspect_cluster()
    connected.survey(CLIENT)
    accounts.clock.advance(DAY_SECONDS)
    due = plan(connected.cluster_arn)

    assert by_kind(due, "removal") == [
        "kafka:DeleteVpcConnection",
        "ec2:DeleteSecurityGroup",
        "kafka:DeleteClusterPolicy",
    ]


def test_opting_out_is_planned(connected: Steps, vpc_id: str) -> None:
    planned = plan(connected.cluster_arn, tags={"msklink": None})

    assert [one["reason"]["code"] for one in planned["removals"]] == ["ClusterNotManaged"]
    assert planned["reboot"] is None
    assert [one["vpc_id"] for one in planned["clients"]] == [vpc_id]


# -------------------------------------------------------------------------- terms, and AWS now


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({"msklink/approval": "required"}, "AwaitingApproval"),
        ({"msklink/window": "never"}, "MalformedWindow"),
        ({"msklink/freeze": "incident"}, "Frozen"),
    ],
)
@pytest.mark.usefixtures("vpc_id")
def test_what_is_held_is_planned_all_the_same(
    steps: Steps, tags: dict[str, str], code: str
) -> None:
    free, held = plan(steps.cluster_arn), plan(steps.cluster_arn, tags=tags)

    assert [(one["reason"]["code"], one["schemes"]) for one in held["held"]] == [(code, ["iam"])]
    assert calls(held) == calls(free)


@pytest.mark.usefixtures("vpc_id")
@pytest.mark.parametrize("state", ["CREATING", "REBOOTING_BROKER"])
def test_a_busy_cluster_is_planned_for_when_it_is_ready(
    steps: Steps, accounts: Accounts, state: str
) -> None:
    accounts.msk.force_state(steps.cluster_arn, state)

    planned = plan(steps.cluster_arn)

    assert planned["depends_on"][0] == (
        f"The operation in progress ends (the cluster is {state} now)."
    )
    assert by_kind(planned, "reboot") == ["kafka:UpdateConnectivity"]


def test_a_plan_during_our_update_shows_what_follows_it(
    surveyed: Steps, accounts: Accounts, vpc_id: str
) -> None:
    surveyed.enable()

    planned = plan(surveyed.cluster_arn)

    assert "the cluster is UPDATING now" in planned["depends_on"][0]
    assert planned["reboot"] is None
    assert calls(planned).count("kafka:CreateVpcConnection") == 1
    assert [one["refusal"] for one in planned["clients"]] == [None]
    assert accounts.items(surveyed.cluster_arn)[f"client#{CLIENT}#{vpc_id}#iam"]


def test_a_deleted_cluster_has_a_plan_for_what_it_leaves(
    connected: Steps, accounts: Accounts
) -> None:
    accounts.client("kafka").delete_cluster(ClusterArn=connected.cluster_arn)
    accounts.clock.advance(3600)

    planned = plan(connected.cluster_arn)

    assert planned["refusals"][0]["code"] == "ClusterNotFound"
    assert planned["policy"] is None


def test_what_aws_refuses_to_tell_is_a_refusal(steps: Steps, accounts: Accounts) -> None:
    accounts.msk.faults.add(faults.error("DescribeClusterV2", "BadRequestException", times=None))

    planned = plan(steps.cluster_arn)

    assert planned["refusals"][0]["code"] == "RefusedByAws"
    assert planned["steps"] == []


def test_words_of_the_owner_that_mean_nothing_are_all_refused(steps: Steps) -> None:
    tags = {"msklink/window": "whenever", "msklink/approval": "maybe", "msklink/approved": "foo"}

    planned = plan(steps.cluster_arn, tags=tags)

    assert [one["code"] for one in planned["refusals"]] == [
        "MalformedWindow",
        "MalformedApproval",
        "UnknownScheme",
    ]


def test_a_vpc_for_a_cluster_that_is_not_opted_in_gets_that_refusal(accounts: Accounts) -> None:
    cluster = accounts.make_cluster(tags={})
    vpcs = {CLIENT: {"vpc-0123456789abcdef0": "iam"}}

    planned = plan(cluster, clients=[CLIENT], vpcs=vpcs)

    assert [one["refusal"]["code"] for one in planned["clients"]] == ["ClusterNotManaged"]


# ------------------------------------------------------------------------------ bad requests


@pytest.mark.usefixtures("accounts")
@pytest.mark.parametrize(
    "cluster",
    [
        "invoices",
        f"arn:aws:kafka:eu-west-1:{CLIENT}:cluster/orders/53aba38b-dc8a-4424-afc2-b1e21493a0e0-2",
        f"arn:aws:kafka:us-east-1:{OWNER}:cluster/orders/53aba38b-dc8a-4424-afc2-b1e21493a0e0-2",
        f"arn:aws:kafka:eu-west-1:{OWNER}:cluster/orders/00000000-dc8a-4424-afc2-b1e21493a0e0-2",
    ],
)
def test_a_cluster_that_is_not_in_this_place_is_refused(cluster: str) -> None:
    planned = plan(cluster)

    assert [one["code"] for one in planned["refusals"]] == ["ClusterNotFound"]
    assert planned["cluster"] == cluster
    assert planned["steps"] == []


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ({}, "cluster is missing"),
        ([], "the request must be an object"),
        (None, "the request must be an object"),
        ("orders", "the request must be an object"),
        ({"cluster": ["orders"]}, "cluster must be a text"),
        ({"cluster": "or ders"}, "cluster does not match"),
        ({"cluster": "orders", "tags": {}}, "tags is not a known field"),
        ({"cluster": "orders", "if": "iam"}, "if must be an object"),
        ({"cluster": "orders", "if": {"client": []}}, "if.client is not a known field"),
        ({"cluster": "orders", "if": {"clients": ["12345"]}}, "if.clients.0 does not match"),
        ({"cluster": "orders", "if": {"clients": ["\u0662" * 12]}}, "if.clients.0 does not match"),
        ({"cluster": "orders", "if": {"vpcs": {CLIENT: {"vpc": ""}}}}, "does not match"),
        ({"cluster": "orders", "if": {"clients": [CLIENT] * 101}}, "100 entries at most"),
    ],
)
def test_a_malformed_request_is_refused_with_what_is_wrong(event: Any, problem: str) -> None:
    planned = invoke("PlanClusterFunction", event)

    [refusal] = planned["refusals"]
    assert refusal["code"] == "MalformedPlanRequest"
    assert problem in refusal["message"]
    assert "docs/plan.md" in refusal["remedy"]
    assert planned["steps"] == []


def test_a_run_gets_a_text_that_fits_a_parameter(steps: Steps, vpc_id: str) -> None:
    answer = invoke("PlanClusterFunction", {"run": "orders-1", "cluster": steps.cluster_arn})

    assert len(answer["text"]) <= 8192
    assert json.loads(answer["text"])["clients"][0]["vpc_id"] == vpc_id
    assert answer["summary"].startswith("3 brokers reboot once, one after the other, for iam")
