"""The access that an account is granted within the bounds of the cluster owner."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msklink.arns import ClusterArn
from msklink.policy.access_bounds import (
    NEEDED,
    AccessBounds,
    AccessDecision,
    Action,
    cluster_of,
    decide,
    digest,
    names_for,
)
from msklink.policy.kafka_access import ACTIONS, KafkaAccess
from tests.unit.factories import ARN

CLUSTER = ClusterArn.parse(ARN)
ACCOUNT, OTHER = "222222222222", "333333333333"
OWN, DEFAULT = f"/msklink/orders/access/{ACCOUNT}", "/msklink/orders/access/default"
NAMES = {"own": OWN, "default": DEFAULT, "other": OWN.replace(ACCOUNT, OTHER)}
BILLING = {"names": ["billing.*", "orders"], "actions": ["produce", "consume"]}


def decided(asked: KafkaAccess, **parameters: Any) -> AccessDecision:
    """Decide by the parameters *own* and *default*, each a text or the JSON of its value."""
    by_name = {
        NAMES[whose]: value if isinstance(value, str) else json.dumps(value)
        for whose, value in parameters.items()
    }
    return decide(asked, by_name, CLUSTER, ACCOUNT, "msklink")


@pytest.mark.parametrize(
    ("pattern", "bound", "within"),
    [
        ("orders", "orders", True),
        ("orders", "order", False),
        ("order", "orders", False),
        ("Orders", "orders", False),  # Kafka and IAM take case as it is
        ("orders", "*", True),
        ("*", "*", True),
        ("*", "orders", False),
        ("orders.*", "orders.*", True),
        ("orders.eu.*", "orders.*", True),
        ("orders.*", "orders.eu.*", False),
        ("orders*", "orders.*", False),  # orderscopy
        ("orders.*", "orders*", True),
        ("*.orders", "*orders", True),
        ("*orders", "*.orders", False),
        ("a*b", "a*", True),
        ("a*b", "*b", True),
        ("a*b", "a*b", True),
        ("a*", "a*b", False),
        ("a*b*c", "a*c", True),
        ("a*c", "a*b*c", False),
        ("**", "*", True),
        ("*", "**", True),
    ],
)
def test_patterns_are_within_patterns(pattern: str, bound: str, within: bool) -> None:
    value = {"names": [bound], "actions": ["produce"]}

    decision = decided(KafkaAccess(produce=(pattern,)), own=value)

    assert decision.granted == KafkaAccess(produce=(pattern,) if within else ())


names = st.text(alphabet="ab*", min_size=1, max_size=5)
plain = st.text(alphabet="abc", min_size=1, max_size=6)
accesses = st.builds(KafkaAccess, **dict.fromkeys(ACTIONS, st.lists(names, max_size=3)))
bounds = st.builds(
    AccessBounds,
    names=st.lists(names, max_size=4),
    actions=st.lists(st.sampled_from(Action), unique=True),
)


def as_iam_matches(pattern: str, text: str) -> bool:
    """Match with IAM's wildcards: any text, and any one character (IAM user guide, Resource)."""
    parts = ({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in pattern)
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


def allowed_on(granted: KafkaAccess, kind: str, name: str) -> set[str]:
    """Return the actions that the statements allow on a topic, group or transactional id."""
    arn = f"arn:aws:kafka:eu-west-1:{CLUSTER.account}:{kind}/orders/{CLUSTER.uuid}/{name}"
    return {
        action
        for one in granted.permissions(CLUSTER)
        for resource in ([one["Resource"]] if isinstance(one["Resource"], str) else one["Resource"])
        if as_iam_matches(resource, arn)
        for action in one["Action"]
    }


@given(accesses, bounds, plain)
def test_no_name_outside_the_bounds_is_granted(
    asked: KafkaAccess, owned: AccessBounds, name: str
) -> None:
    granted = decided(asked, own=owned.model_dump_json()).granted

    is_inside = any(as_iam_matches(bound, name) for bound in owned.names)
    for field, (kind, actions) in ACTIONS.items():
        if allowed_on(granted, kind, name) & set(actions) - {"kafka-cluster:DescribeTopic"}:
            assert is_inside
            assert NEEDED[field] in owned.actions


@given(accesses, bounds)
def test_a_request_within_the_bounds_is_granted_completely(
    asked: KafkaAccess, owned: AccessBounds
) -> None:
    """A name is refused only if it matches a name outside every bound."""
    decision = decided(asked, own=owned.model_dump_json())

    for field in ACTIONS:
        for refused in set(getattr(asked, field)) - set(getattr(decision.granted, field)):
            example = refused.replace("*", "x")  # a letter that no bound here has
            is_inside = any(as_iam_matches(bound, example) for bound in owned.names)
            assert not is_inside or NEEDED[field] not in owned.actions
    assert (decision.refusal is None) == (decision.granted == asked)


@given(accesses)
def test_without_a_parameter_nothing_is_granted(asked: KafkaAccess) -> None:
    assert decided(asked).granted.is_nothing


def test_a_part_within_the_bounds_is_granted() -> None:
    asked = KafkaAccess(
        produce=("billing.eu", "secrets"), groups=("billing.app",), create=("billing.x",)
    )

    decision = decided(asked, own=BILLING)

    assert decision.granted == KafkaAccess(produce=("billing.eu",), groups=("billing.app",))
    assert decision.refusal is not None
    assert decision.refusal.code == "AccessNotAllowed"
    assert "produce secrets; create billing.x" in decision.refusal.message
    assert '"names":["billing.*","orders"]' in decision.refusal.message
    assert f"aws ssm put-parameter --name {OWN} --type String" in decision.refusal.remedy


def test_the_parameter_in_the_remedy_allows_the_request() -> None:
    asked = KafkaAccess(produce=("secrets",), transactional_ids=("billing.job",), create=("x.*",))
    refusal = decided(asked, own=BILLING).refusal
    assert refusal is not None
    value = re.search(r"--value '(.*)'", refusal.remedy)
    assert value is not None

    assert decided(asked, own=value[1]) == AccessDecision(asked)


def test_the_parameter_of_the_account_replaces_the_default() -> None:
    asked = KafkaAccess(produce=("orders", "sales"))

    decision = decided(asked, own=BILLING, default={"names": ["*"], "actions": ["produce"]})

    assert decision.granted == KafkaAccess(produce=("orders",))


def test_accounts_without_a_parameter_have_the_default() -> None:
    asked = KafkaAccess(produce=("orders", "sales"))

    assert decided(asked, default=BILLING, other="").granted == KafkaAccess(produce=("orders",))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "all",
        "[]",
        '"*"',
        '{"names": ["*"]}',
        '{"actions": ["produce"]}',
        '{"names": "*", "actions": ["produce"]}',
        '{"names": ["*"], "actions": ["admin"]}',
        '{"names": ["a?"], "actions": ["produce"]}',
        '{"names": ["a/*"], "actions": ["produce"]}',
        '{"names": ["[a-z]"], "actions": ["produce"]}',
        '{"names": ["*"], "actions": ["produce"], "until": "tomorrow"}',
    ],
)
def test_a_parameter_that_cannot_be_read_grants_nothing_and_is_reported(value: str) -> None:
    everybody = {"names": ["*"], "actions": ["produce"]}

    decision = decided(KafkaAccess(produce=("a",)), own=value, default=everybody)

    assert decision.granted.is_nothing
    assert decision.refusal is not None
    assert decision.refusal.code == "MalformedAccessBounds"
    assert OWN in decision.refusal.message


def test_a_refusal_of_many_names_stays_short() -> None:
    asked = KafkaAccess(**{field: tuple(f"{n:03}" * 80 for n in range(32)) for field in ACTIONS})

    refusal = decided(asked).refusal

    assert refusal is not None
    assert len(refusal.message + refusal.remedy) < 3000


@pytest.mark.parametrize(
    ("name", "cluster"),
    [
        (OWN, "orders"),
        (DEFAULT, "orders"),
        ("/other/orders/access/default", None),
        ("/msklink/orders/iam/bootstrap.servers", None),
        ("/msklink/orders/access/default/x", None),
        ("/msklink/orders/access", None),
        ("msklink/orders/access/default", None),
        ("", None),
    ],
)
def test_the_name_of_a_parameter_contains_its_cluster(name: str, cluster: str | None) -> None:
    assert cluster_of(name, "msklink") == cluster


def test_each_account_is_read_once_and_the_default_as_well() -> None:
    assert names_for("msklink", "orders", [ACCOUNT, ACCOUNT]) == [OWN, DEFAULT]
    assert names_for("msklink", "orders", []) == []


def digest_with(**parameters: str) -> str:
    by_name = {NAMES[whose]: value for whose, value in parameters.items()}
    return digest(by_name, "msklink", "orders", ACCOUNT)


def test_a_digest_depends_on_the_bounds_of_its_account_only() -> None:
    assert digest_with() == digest_with(other="x")
    assert digest_with(own="x") == digest_with(own="x", default="y")
    parameters: list[dict[str, str]]
    parameters = [{}, {"own": "x"}, {"own": "y"}, {"default": "x"}, {"default": "y"}]
    assert len({digest_with(**one) for one in parameters}) == 5
