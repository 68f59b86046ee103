"""The plan as a document: costs, the policy's change, and texts of limited length."""

import json
from typing import Any

import pytest

from msklink.auth_scheme import Scheme
from msklink.change_control.cost import cost_of
from msklink.change_control.plan import (
    Kind,
    Plan,
    PlannedClient,
    PlannedRemoval,
    Reboot,
    Step,
    policy_change,
    read_steps,
    summarize,
    to_json,
)
from msklink.policy.document import ClusterGrant
from msklink.refusals import Code, refuse
from msklink.users.record import secret_name
from tests.unit.factories import ARN, CLIENT, LATER, NOW
from tests.unit.policy_builders import CLUSTER, read

OTHER = "333333333333"


def policy(*accounts: str) -> str:
    grant = ClusterGrant(frozenset(accounts), frozenset())
    return read(None).with_grant(CLUSTER, grant, "msklink").to_json()


def step(call: str, account: str = CLIENT, kind: Kind = Kind.REST, **parameters: Any) -> Step:
    return Step(call=call, account=account, parameters=parameters, kind=kind, reason="-")


# ---------------------------------------------------------------------------------------- cost


def test_the_cost_is_that_of_each_scheme_where_the_price_is_known() -> None:
    cost = cost_of("us-east-1", [Scheme.IAM, Scheme.TLS], endpoints=2)

    assert cost["monthly"] == pytest.approx(2 * 16.43, abs=0.01)
    assert "scheme iam: $0.0225 an hour, $16.43 a month, billed to the owner" in cost["items"][0]
    assert "price list of 2026-08-26" in cost["items"][0]
    assert "new connections (2)" in cost["items"][-1]


def test_no_price_is_made_up_for_a_region_without_one() -> None:
    cost = cost_of("eu-west-1", [Scheme.IAM], endpoints=0)

    assert cost["monthly"] is None
    assert cost["items"] == ["MSKLink has no price of private connectivity for Region eu-west-1."]


def test_secrets_of_users_cost_a_fixed_price_each() -> None:
    """The pricing page of AWS Secrets Manager."""
    cost = cost_of("us-east-1", [], endpoints=0, secrets=3)

    assert cost["monthly"] == pytest.approx(1.20)
    assert cost["items"] == [
        "secrets of users (3): $0.40 a month each, billed to the owner "
        "(pricing page of AWS Secrets Manager), without reads"
    ]


@pytest.mark.parametrize(("schemes", "unknown"), [([], 1), ([Scheme.SCRAM], 2)])
def test_no_price_of_secrets_is_made_up_for_a_region_without_one(
    schemes: list[Scheme], unknown: int
) -> None:
    cost = cost_of("eu-west-1", schemes, endpoints=0, secrets=3)

    assert cost["monthly"] is None
    assert len(cost["items"]) == unknown
    assert cost["items"][-1] == (
        "MSKLink has no price of the secrets of users for Region eu-west-1."
    )


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_a_plan_that_adds_nothing_costs_nothing(region: str) -> None:
    assert cost_of(region, [], endpoints=0)["items"] == []


# --------------------------------------------------------------------------------------- steps


def test_a_policy_that_admits_fewer_accounts_is_a_removal() -> None:
    puts = [
        ("kafka:PutClusterPolicy", "123456789012", {"Policy": policy(CLIENT, OTHER)}),
        ("kafka:PutClusterPolicy", "123456789012", {"Policy": policy(OTHER)}),
    ]

    added, removed = read_steps(puts, policy(CLIENT), "msklink")

    assert added.kind is Kind.REST
    assert (removed.kind, removed.reason) == (Kind.REMOVAL, f"revokes the grants of {CLIENT}")


def test_a_policy_change_shows_the_lines_that_differ() -> None:
    before, after = policy("111111111111", CLIENT), policy("111111111111", CLIENT, OTHER)

    change = policy_change(before, after)

    assert change is not None
    assert any(line.startswith("+") and OTHER in line for line in change.diff)
    assert not any(line.startswith(("+", "-")) and "111111111111" in line for line in change.diff)
    assert change.bytes == len(after)
    assert change.of == 20480


def test_a_policy_that_stays_is_no_change() -> None:
    assert policy_change(policy(CLIENT), policy(CLIENT)) is None


# ------------------------------------------------------------------------------------ summary


def test_a_summary_says_what_an_owner_decides_by() -> None:
    stack = refuse(Code.CLIENT_STACK_MISSING, role="role", account=OTHER, owner="123456789012")
    refused = PlannedClient(
        account=OTHER, vpc_id="", scheme="", subnets=(), security_groups=(), refusal=stack
    )
    plan = Plan(
        cluster=ARN,
        asked={},
        steps=(
            step("kafka:CreateVpcConnection"),
            step("kafka:CreateVpcConnection"),
            step("kafka:DeleteVpcConnection", OTHER, Kind.REMOVAL),
        ),
        reboot=Reboot(schemes=(Scheme.IAM, Scheme.TLS), brokers=3, minutes=(27, 120)),
        clients=(refused,),
        cost={"monthly": 32.85},
    )

    assert summarize(plan) == (
        "3 brokers reboot once, one after the other, for iam and tls (27 to 120 minutes). "
        f"2 connections to create in {CLIENT}. 1 connection to end in {OTHER}. "
        f"1 refusal for {OTHER}. "
        "It adds $32.85 a month."
    )


def test_a_summary_of_many_accounts_names_some() -> None:
    accounts = [f"{number:012d}" for number in range(20)]
    plan = Plan(
        cluster=ARN,
        asked={},
        steps=tuple(step("kafka:CreateVpcConnection", account) for account in accounts),
    )

    assert summarize(plan) == (
        f"20 connections to create in {', '.join(accounts[:5])} and 15 more."
    )


def test_a_summary_begins_with_the_connections_that_will_be_removed() -> None:
    """They are removed after the grace hours, so no step of this run removes them."""
    reason = refuse(Code.NO_LONGER_ASKED, scheme="iam", key="msklink/orders", vpc_id="vpc-1")
    gone = [
        PlannedRemoval(account=account, vpc_id="vpc-1", scheme="iam", due=due, reason=reason)
        for account, due in ((CLIENT, LATER), (OTHER, NOW), (OTHER, None))
    ]
    found = summarize(Plan(cluster=ARN, asked={}, removals=tuple(gone), steps=(step("x:Y"),)))

    assert found == (
        f"2 connections to be removed in {CLIENT}, {OTHER}, from 2026-01-01 00:00 UTC on. "
        f"1 connection kept in {OTHER} by deletion protection."
    )


def test_a_plan_without_steps_says_so() -> None:
    assert summarize(Plan(cluster=ARN, asked={})) == "Nothing to do."
    only_writes = Plan(cluster=ARN, asked={}, steps=(step("ssm:PutParameter"),))
    assert summarize(only_writes) == "No broker reboots, and no connection is created or removed."


# --------------------------------------------------------------------------------------- texts


@pytest.mark.parametrize(
    ("connections", "shortened", "parameters", "steps"),
    [(3, False, 2, 3), (20, True, 1, 20), (40, True, 0, 40), (300, True, 0, 0)],
)
def test_a_text_is_shortened_to_fit_and_says_so(
    connections: int, shortened: bool, parameters: int, steps: int
) -> None:
    made = step("ssm:PutParameter", Name="/msklink/orders/status" + "-" * 60, Tier="T" * 700)
    plan = Plan(
        cluster=ARN,
        asked={},
        steps=(made,) * connections,
        reboot=Reboot(schemes=(Scheme.IAM,), brokers=3, minutes=(27, 120)),
        policy=policy_change(None, policy(CLIENT)),
    )

    text = to_json(plan, 8192)

    found = json.loads(text)
    assert len(text) <= 8192
    assert found["reboot"]["schemes"] == ["iam"]
    assert found["shortened"] == shortened
    assert len(found["steps"]) == steps
    assert {len(one["parameters"]) for one in found["steps"]} == ({parameters} if steps else set())


def test_a_long_parameter_is_cut_where_the_whole_does_not_fit() -> None:
    plan = Plan(cluster=ARN, asked={}, steps=(step("ssm:PutParameter", Value="v" * 9000),))

    [cut] = json.loads(to_json(plan, 8192))["steps"]

    assert cut["parameters"]["Value"] == "v" * 80 + "…"


def test_topics_to_create_are_named() -> None:
    call = "kafka:CreateTopic"
    steps = read_steps([(call, "1", {"TopicName": name}) for name in ("b", "a")], None, "msklink")

    plan = Plan(cluster=ARN, asked={}, steps=tuple(steps))

    assert [step.kind for step in plan.steps] == [Kind.REST, Kind.REST]
    assert plan.steps[0].reason == "creates a topic that a client asks for"
    assert summarize(plan) == "2 topics to create: a, b."


def secret(user: str, account: str = CLIENT, namespace: str = "msk-link") -> str:
    name = secret_name(namespace, account, CLUSTER, user)
    return f"arn:aws:secretsmanager:eu-west-1:123456789012:secret:{name}"


@pytest.mark.parametrize(
    ("operation", "kind", "words"),
    [
        ("BatchAssociateScramSecret", Kind.REST, "to create"),
        ("BatchDisassociateScramSecret", Kind.REMOVAL, "to remove"),
    ],
)
def test_users_are_named_with_their_accounts(operation: str, kind: Kind, words: str) -> None:
    secrets = [f"{secret('new_user-1.x', OTHER)}-planned", f"{secret('billing')}-a1b2c3"]
    calls = [(f"kafka:{operation}", "1", {"SecretArnList": [one]}) for one in secrets]

    plan = Plan(cluster=ARN, asked={}, steps=tuple(read_steps(calls, None, "msklink")))

    assert [step.kind for step in plan.steps] == [kind, kind]
    assert summarize(plan) == (f"2 users {words}: billing of {CLIENT}, new_user-1.x of {OTHER}.")
