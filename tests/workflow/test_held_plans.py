"""A held run plans what it may not do yet, for the owner's message and for tools."""

import json
from typing import Any
from unittest import mock

import pytest
from botocore.exceptions import ClientError

from msklink.aws import ssm
from msklink.services import run_plan
from tests.support import change_control
from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts
from tests.support.functions import OWNER
from tests.support.onboarded_client import OnboardedClient
from tests.support.step_functions import Engine, tag_event

DAY_SECONDS = 24 * 3600
ON_APPROVAL = {
    "msklink": "iam",
    "msklink/clients": f"{CLIENT} {OTHER_CLIENT}",
    "msklink/approval": "required",
}


@pytest.fixture
def cluster(accounts: Accounts) -> str:
    """Return a cluster that waits for approval; one of its clients has no stack."""
    accounts.make_tagged_vpc(CLIENT)
    return accounts.make_cluster(tags=ON_APPROVAL)


def written_plan(accounts: Accounts) -> dict[str, Any] | None:
    text = accounts.parameters(OWNER, "/msklink/orders").get("/msklink/orders/plan")
    return json.loads(text) if text else None


def messages(accounts: Accounts) -> list[str]:
    return [event["request"]["plan"] for event in accounts.take_events("Connectivity Held")]


def test_what_is_held_is_planned_for_people_and_for_tools(
    accounts: Accounts, engine: Engine, cluster: str
) -> None:
    engine.reconcile(cluster)

    assert messages(accounts) == [
        "Plan: 3 brokers reboot once, one after the other, for iam (27 to 120 minutes). "
        f"1 connection to create in {CLIENT}. 1 refusal for {OTHER_CLIENT}. "
        "All calls: parameter /msklink/orders/plan."
    ]
    plan = written_plan(accounts)
    assert plan is not None
    assert plan["reboot"]["schemes"] == ["iam"]
    assert [one["reason"]["code"] for one in plan["held"]] == ["AwaitingApproval"]
    assert change_control.reboots(accounts, cluster) == 0


def test_the_plan_is_deleted_when_nothing_is_held_any_more(
    accounts: Accounts, engine: Engine, cluster: str
) -> None:
    engine.reconcile(cluster)

    change_control.set_terms(accounts, cluster, approved="iam")
    engine.reconcile(cluster)

    assert written_plan(accounts) is None
    assert accounts.status(OWNER)["clients"][CLIENT] == "published"


def test_the_plan_follows_what_is_held(accounts: Accounts, engine: Engine, cluster: str) -> None:
    engine.reconcile(cluster)
    accounts.make_tagged_vpc(OTHER_CLIENT)

    engine.reconcile(cluster)

    plan = written_plan(accounts)
    assert plan is not None
    assert {one["account"] for one in plan["clients"]} == {CLIENT, OTHER_CLIENT}
    assert [one["refusal"] for one in plan["clients"]] == [None, None]


def test_a_change_is_held_also_where_planning_fails(
    accounts: Accounts, engine: Engine, cluster: str
) -> None:
    with mock.patch.object(run_plan, "plan_cluster", side_effect=ZeroDivisionError):
        assert engine.reconcile(cluster) == "SUCCEEDED"

    assert messages(accounts) == ["Plan: not known this time. The next run plans again."]
    assert written_plan(accounts) is None
    assert accounts.status(OWNER)["clients"][CLIENT] == "waiting"

    engine.reconcile(cluster)

    assert written_plan(accounts) is not None


def test_a_run_that_holds_nothing_plans_nothing(onboarded: OnboardedClient, engine: Engine) -> None:
    [run] = engine.receive(tag_event(onboarded.cluster))

    assert "PlanCluster" not in engine.states(run)


def test_a_removal_that_a_freeze_holds_is_planned(onboarded: OnboardedClient) -> None:
    accounts, cluster = onboarded.accounts, onboarded.cluster
    accounts.untag_vpc(CLIENT, onboarded.vpc_id)
    onboarded.reconcile()
    change_control.set_terms(accounts, cluster, freeze="audit")
    accounts.clock.advance(DAY_SECONDS)

    onboarded.reconcile()

    plan = written_plan(accounts)
    assert plan is not None
    removals = [step["call"] for step in plan["steps"] if step["kind"] == "removal"]
    assert "kafka:DeleteVpcConnection" in removals
    assert [one["reason"]["code"] for one in plan["held"]] == ["Frozen"]
    assert messages(accounts)[-1].startswith("Plan: ")
    assert accounts.connections(CLIENT)


def test_a_vendor_that_waits_is_planned_for(accounts: Accounts, engine: Engine) -> None:
    tags = {"msklink": "iam", "msklink/vendors": OTHER_CLIENT, "msklink/approval": "required"}
    cluster = accounts.make_cluster(tags=tags)

    engine.reconcile(cluster)

    plan = written_plan(accounts)
    assert plan is not None
    assert plan["reboot"]["schemes"] == ["iam"]
    assert OTHER_CLIENT in json.dumps(plan["policy"]["after"])


def test_a_plan_that_cannot_be_written_holds_all_the_same(
    accounts: Accounts, engine: Engine, cluster: str
) -> None:
    full = ClientError({"Error": {"Code": "ParameterLimitExceeded"}}, "PutParameter")
    with mock.patch.object(ssm, "write_plan", side_effect=full):
        assert engine.reconcile(cluster) == "SUCCEEDED"

    assert [event["schemes"] for event in accounts.take_events("Connectivity Held")] == [["iam"]]
    assert written_plan(accounts) is None
