"""Sample events, the rules that must match them, and the code that must read them."""

import json
from pathlib import Path
from typing import Any

import pytest
from moto.events.models import EventPattern

from msklink.requests.inbound_events import (
    AccessBoundsChanged,
    ClientChanged,
    ClusterChanged,
    InvalidRequest,
    read_event,
)
from tests.support.cloudformation import ROOT, resources

SAMPLES = sorted((ROOT / "events").glob("*.json"))
CALLS = [path for path in SAMPLES if path.stem.startswith("aws-api-call")]
NAMESPACE = "msklink"
MACHINE_ARN = "arn:aws:states:eu-west-1:111111111111:stateMachine:msklink-reconcile-cluster"

# Rule of the template by its sample.
RULES = {
    "tag-change-on-resource.cluster": "ClusterTagsChanged",
    "tag-change-on-resource.vpc": "ClientVpcTagsChanged",
    "aws-api-call-via-cloudtrail.tag-resource": "ClusterTaggedByApi",
    "aws-api-call-via-cloudtrail.untag-resource": "ClusterTaggedByApi",
    "aws-api-call-via-cloudtrail.create-cluster": "ClusterTaggedByApi",
    "aws-api-call-via-cloudtrail.create-cluster-v2": "ClusterTaggedByApi",
    "aws-api-call-via-cloudtrail.tag-resources": "ClusterTaggedByTaggingApi",
    "aws-api-call-via-cloudtrail.untag-resources": "ClusterTaggedByTaggingApi",
    "parameter-store-change.access-bounds": "AccessBoundsChanged",
    "client-onboarding-requested.by-name": "ClientAsked",
    "client-onboarding-requested.with-subnets": "ClientAsked",
    "client-onboarding-requested.with-topics-and-users": "ClientAsked",
    "client-onboarding-requested.malformed": "ClientAsked",
    "client-offboarding-requested.one-scheme": "ClientAsked",
    "step-functions-execution-status-change.timed-out": "RunFailed",
}


def read(path: Path) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(path.read_text())
    return event


def resolved(node: Any) -> Any:
    """Return *node* with the default namespace instead of its parameter."""
    match node:
        case {"Ref": "Namespace"}:
            return NAMESPACE
        case {"Ref": "ReconcileCluster"}:
            return MACHINE_ARN
        case {"Fn::Sub": text}:
            return text.replace("${Namespace}", NAMESPACE)
        case dict():
            return {key: resolved(child) for key, child in node.items()}
        case list():
            return [resolved(child) for child in node]
    return node


def matches(pattern: Any, event: Any) -> bool:
    return bool(EventPattern.load(json.dumps(resolved(pattern))).matches_event(event))


def rules() -> dict[str, dict[str, Any]]:
    """Return the event rules of the functions, by name."""
    return {
        name: event["Properties"]
        for function in resources("AWS::Serverless::Function").values()
        for name, event in function.get("Events", {}).items()
        if event["Type"] == "EventBridgeRule"
    }


def test_every_sample_has_its_rule_and_every_rule_a_sample() -> None:
    assert {path.stem for path in SAMPLES} == set(RULES)
    assert set(RULES.values()) == set(rules())


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_is_named_after_its_detail_type(path: Path) -> None:
    assert path.stem.split(".")[0] == read(path)["detail-type"].lower().replace(" ", "-")


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_matches_its_rule_and_no_other(path: Path) -> None:
    matching = [name for name, rule in rules().items() if matches(rule["Pattern"], read(path))]

    assert matching == [RULES[path.stem]]


TRIGGERS = [path for path in SAMPLES if RULES[path.stem] != "RunFailed"]


@pytest.mark.parametrize("path", TRIGGERS, ids=lambda path: path.stem)
def test_a_sample_is_understood(path: Path) -> None:
    [trigger] = read_event(read(path), NAMESPACE)

    match RULES[path.stem]:
        case "ClientAsked" if path.stem.endswith("malformed"):
            assert isinstance(trigger, InvalidRequest)
        case "ClientAsked" | "ClientVpcTagsChanged":
            assert isinstance(trigger, ClientChanged)
            assert trigger.account == read(path)["account"]
            assert trigger.cluster.endswith("orders") or "cluster/orders/" in trigger.cluster
        case "AccessBoundsChanged":
            assert trigger == AccessBoundsChanged("orders")
        case _:
            assert isinstance(trigger, ClusterChanged)


@pytest.mark.parametrize("path", CALLS, ids=lambda path: path.stem)
def test_a_call_that_failed_matches_no_rule(path: Path) -> None:
    event = read(path)
    event["detail"]["errorCode"] = "AccessDenied"

    assert not any(matches(rule["Pattern"], event) for rule in rules().values())


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("tag-change-on-resource.cluster", ["team"]),
        ("tag-change-on-resource.vpc", ["Name"]),
        ("tag-change-on-resource.vpc", ["msklinkage/orders"]),
    ],
)
def test_tags_of_others_match_no_rule(name: str, keys: list[str]) -> None:
    event = read(ROOT / "events" / f"{name}.json")
    event["detail"]["changed-tag-keys"] = keys

    assert not any(matches(rule["Pattern"], event) for rule in rules().values())


def test_the_client_stack_forwards_tags_of_vpcs_and_nothing_else() -> None:
    [rule] = resources("AWS::Events::Rule", "client.yaml").values()

    forwarded = [path.stem for path in SAMPLES if matches(rule["EventPattern"], read(path))]

    assert forwarded == ["tag-change-on-resource.vpc"]


def test_client_events_arrive_by_the_custom_bus_only() -> None:
    """On the default bus anyone in the owner account could send events for any client."""
    on_bus = {name for name, rule in rules().items() if rule.get("EventBusName") == {"Ref": "Bus"}}

    assert on_bus == {"ClientAsked", "ClientVpcTagsChanged"}


def test_every_rule_has_a_dead_letter_queue() -> None:
    assert all("DeadLetterConfig" in rule for rule in rules().values())
