"""Clients are granted the requested access within the bounds of the owner."""

import json
import random
from typing import Any

import pytest

from msklink.policy.kafka_access import ACTIONS
from tests.support.aws import CLIENT, OTHER_CLIENT
from tests.support.client_events import request
from tests.support.functions import OWNER, invoke
from tests.support.onboarded_client import OnboardedClient

BILLING = {"names": ["billing.*"], "actions": ["produce", "consume"]}
EVERYTHING: dict[str, Any] = {"produce": ["*"], "consume": ["*"], "groups": ["*"]}


def ask(onboarded: OnboardedClient, account: str = CLIENT, **access: Any) -> None:
    [vpc_id] = onboarded.accounts.vpcs_with_subnets(account)
    onboarded.engine.receive(request(account, vpc_id=vpc_id, access=access))


def granted(onboarded: OnboardedClient, account: str = CLIENT) -> set[tuple[str, str]]:
    """Return what the policy allows *account* on topics, groups and transactional ids."""
    root, uuid = f"arn:aws:iam::{account}:root", onboarded.cluster.rpartition("/")[2]
    return {
        (action.removeprefix("kafka-cluster:"), resource.partition(f"/{uuid}/")[2])
        for statement in onboarded.accounts.policy(onboarded.cluster)["Statement"]
        if root in statement["Principal"].get("AWS", [])
        for action in statement["Action"]
        for resource in statement["Resource"]
        if isinstance(statement["Resource"], list)
    }


def warnings(onboarded: OnboardedClient, account: str = CLIENT) -> list[str]:
    """Return the codes under `warnings` in the client's status."""
    [vpc] = onboarded.accounts.status(account)["vpcs"].values()
    return [warning["code"] for warning in vpc["iam"].get("warnings", [])]


def refusals(onboarded: OnboardedClient) -> list[str]:
    return [event["refusal"]["code"] for event in onboarded.accounts.take_events("Client Refused")]


def parameter_event(account: str = OWNER) -> dict[str, Any]:
    return {
        "id": "1",
        "source": "aws.ssm",
        "detail-type": "Parameter Store Change",
        "account": account,
        "detail": {"operation": "Create", "name": f"/msklink/orders/access/{CLIENT}"},
    }


def test_a_listed_account_has_no_access_without_bounds(onboarded: OnboardedClient) -> None:
    before = onboarded.accounts.policy(onboarded.cluster)

    ask(onboarded, **EVERYTHING)

    assert onboarded.accounts.policy(onboarded.cluster) == before
    assert onboarded.accounts.status(CLIENT)["state"] == "published"
    assert warnings(onboarded) == ["AccessNotAllowed"]


def test_a_refusal_is_reported_once(onboarded: OnboardedClient) -> None:
    ask(onboarded, **EVERYTHING)
    assert refusals(onboarded) == ["AccessNotAllowed"]

    onboarded.engine.reconcile(onboarded.cluster)
    ask(onboarded, **EVERYTHING)

    assert refusals(onboarded) == []
    assert warnings(onboarded) == ["AccessNotAllowed"]


def test_a_part_within_the_bounds_is_granted(onboarded: OnboardedClient) -> None:
    onboarded.accounts.allow(CLIENT, BILLING)

    ask(onboarded, produce=["billing.eu", "secrets"], groups=["billing.*"])

    assert granted(onboarded) == {
        ("DescribeTopic", "billing.eu"),
        ("WriteData", "billing.eu"),
        ("AlterGroup", "billing.*"),
        ("DescribeGroup", "billing.*"),
    }
    assert warnings(onboarded) == ["AccessNotAllowed"]


def test_bounds_written_later_grant_the_earlier_request(onboarded: OnboardedClient) -> None:
    ask(onboarded, produce=["billing.eu"])
    onboarded.accounts.allow(CLIENT, BILLING)

    onboarded.engine.receive(parameter_event())

    assert ("WriteData", "billing.eu") in granted(onboarded)
    assert warnings(onboarded) == []


def test_the_event_of_a_cluster_that_is_not_managed_starts_nothing(
    onboarded: OnboardedClient,
) -> None:
    onboarded.accounts.tag_cluster(onboarded.cluster, msklink="off")

    assert invoke("ReceiveEventFunction", parameter_event())["runs"] == []


def test_reduced_bounds_remove_access_outside_them(onboarded: OnboardedClient) -> None:
    onboarded.accounts.allow(CLIENT, {"names": ["*"], "actions": ["produce", "consume"]})
    ask(onboarded, produce=["billing.eu", "secrets"])
    assert refusals(onboarded) == []

    onboarded.accounts.allow(CLIENT, BILLING)
    onboarded.engine.reconcile(onboarded.cluster)

    assert granted(onboarded) == {("DescribeTopic", "billing.eu"), ("WriteData", "billing.eu")}
    assert refusals(onboarded) == ["AccessNotAllowed"]
    assert onboarded.accounts.take_events("Drift Repaired") == []


def test_the_sweep_finds_changed_bounds_without_an_event(onboarded: OnboardedClient) -> None:
    ask(onboarded, produce=["billing.eu"])
    assert onboarded.sweep() == 0

    onboarded.accounts.allow("default", BILLING)
    onboarded.sweep()

    assert ("WriteData", "billing.eu") in granted(onboarded)
    assert onboarded.sweep() == 0


def test_bounds_that_cannot_be_read_grant_nothing(onboarded: OnboardedClient) -> None:
    onboarded.accounts.allow("default", BILLING)
    onboarded.accounts.allow(CLIENT, "everything")

    ask(onboarded, produce=["billing.eu"])

    assert granted(onboarded) == set()
    assert warnings(onboarded) == ["MalformedAccessBounds"]
    assert refusals(onboarded) == ["MalformedAccessBounds"]


def test_a_parameter_in_the_client_account_is_ignored(
    onboarded: OnboardedClient,
) -> None:
    onboarded.accounts.client("ssm", CLIENT).put_parameter(
        Name=f"/msklink/orders/access/{CLIENT}",
        Value=json.dumps({"names": ["*"], "actions": ["produce", "consume"]}),
        Type="String",
    )

    ask(onboarded, **EVERYTHING)

    assert granted(onboarded) == set()


def test_the_parameters_of_the_owner_are_not_changed(onboarded: OnboardedClient) -> None:
    onboarded.accounts.allow(CLIENT, BILLING)
    ask(onboarded, produce=["billing.eu"])
    name = f"/msklink/orders/access/{CLIENT}"
    before = onboarded.accounts.versions(OWNER)[name]

    onboarded.accounts.tag_cluster(onboarded.cluster, msklink="off")
    onboarded.engine.reconcile(onboarded.cluster)
    onboarded.accounts.clock.advance(25 * 3600)
    onboarded.engine.reconcile(onboarded.cluster)

    assert onboarded.accounts.versions(OWNER)[name] == before


def test_an_offboarded_client_has_no_access(onboarded: OnboardedClient) -> None:
    onboarded.accounts.allow(CLIENT, BILLING)
    ask(onboarded, produce=["billing.eu"])
    [vpc_id] = onboarded.accounts.vpcs_with_subnets(CLIENT)
    detail = {"cluster": "orders", "vpc_id": vpc_id}
    onboarded.advance_hours(1)

    onboarded.engine.receive(
        request() | {"detail-type": "Client Offboarding Requested", "detail": detail}
    )

    assert granted(onboarded) == set()


WORDS = ["*", "**", "billing.*", "billing.eu", "billing*", "b*", "secrets", "*.eu", "-", "_", "."]


@pytest.mark.parametrize("seed", range(4))
def test_hostile_requests_of_two_accounts_stay_within_their_bounds(
    onboarded: OnboardedClient, seed: int
) -> None:
    """A request of one account does not change the access of the other."""
    random_ = random.Random(seed)
    accounts = onboarded.accounts
    accounts.allow(CLIENT, BILLING)
    accounts.allow(OTHER_CLIENT, {"names": ["secrets"], "actions": ["create"]})

    for account in (CLIENT, OTHER_CLIENT):
        access: dict[str, Any] = {field: random_.sample(WORDS, 4) for field in ACTIONS}
        ask(onboarded, account, **access)

    assert all(name.startswith("billing.") for _, name in granted(onboarded))
    assert not {"CreateTopic"} & {action for action, _ in granted(onboarded)}
    assert granted(onboarded, OTHER_CLIENT) <= {
        ("CreateTopic", "secrets"),
        ("DescribeTopic", "secrets"),
    }
