"""Policy variables in the identity, session, resource and trust policies of the embedded AWS."""

from typing import Any

import pytest
from ministack.core import iam_evaluator

from localcloud.iam import policy_variables
from tests.emulator.builders import REGION

PATCHED = (
    "parse_policy_document",
    "evaluate_resource_policy",
    "evaluate_trust_policy",
    "_first_match",
    "_fnmatch_compile",
)
CALLER = "222222222222"
SECRETS = f"arn:aws:secretsmanager:{REGION}:111111111111:secret:"
Json = dict[str, Any]


@pytest.fixture(autouse=True)
def variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PATCHED:
        monkeypatch.setattr(iam_evaluator, name, getattr(iam_evaluator, name))
    policy_variables.install()


def context(resource: str = f"{SECRETS}team_billing-AbC123", **keys: Any) -> Any:
    """Return a call of the role `team` with *keys* of the request; `tag` is the secret's tag."""
    return iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{CALLER}:assumed-role/team/session",
        principal_type="AssumedRole",
        principal_account=CALLER,
        action="secretsmanager:GetSecretValue",
        resource_arn=resource,
        region=REGION,
        service_context={f"aws:resourcetag/{name}": value for name, value in keys.items()},
        principal_keys={"aws:principaltag/team": "billing", "aws:principaltag/any": "*"},
    )


def statement(resource: str = "*", condition: Json | None = None, effect: str = "Allow") -> Json:
    made: Json = {"Effect": effect, "Action": "*", "Resource": resource}
    return made | ({"Condition": condition} if condition else {})


def document(*statements: Json, version: str = "2012-10-17") -> Json:
    return {"Version": version, "Statement": list(statements)}


def decision(called: Any, *statements: Json, version: str = "2012-10-17") -> str:
    """Return the decision of an identity policy, which that of a resource policy must equal."""
    made = document(*statements, version=version)
    identity = iam_evaluator.evaluate(called, [iam_evaluator.parse_policy_document(made)])
    named = [{**each, "Principal": {"AWS": "*"}} for each in statements]
    resource = iam_evaluator.evaluate_resource_policy(document(*named, version=version), called)
    assert resource.decision == identity.decision
    return str(identity.decision)


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("${aws:PrincipalAccount}_*", f"{CALLER}_a-AbC123", "Allow"),
        ("${aws:PrincipalAccount}_*", "333333333333_a-AbC123", "ImplicitDeny"),
        ("${aws:principalaccount}_*", f"{CALLER}_a-AbC123", "Allow"),
        ("${aws:PrincipalTag/team}-*", "billing-AbC123", "Allow"),
        ("${aws:PrincipalTag/team, 'nobody'}-*", "billing-AbC123", "Allow"),
        ("${aws:PrincipalTag/none, 'nobody'}-*", "nobody-AbC123", "Allow"),
        ("${aws:PrincipalTag/none, 'nobody'}-*", "billing-AbC123", "ImplicitDeny"),
        ("${aws:PrincipalTag/none}*", "-AbC123", "ImplicitDeny"),
        ("${aws:PrincipalTag/any}-AbC123", "billing-AbC123", "ImplicitDeny"),
        ("${aws:PrincipalTag/any}-AbC123", "*-AbC123", "Allow"),
        ("a${*}c", "a*c", "Allow"),
        ("a${*}c", "abc", "ImplicitDeny"),
        ("a${?}c", "a?c", "Allow"),
        ("a${?}c", "abc", "ImplicitDeny"),
        ("a${$}{b}c", "a${b}c", "Allow"),
        ("a?c", "abc", "Allow"),
    ],
)
def test_a_variable_stands_in_the_resource(pattern: str, name: str, expected: str) -> None:
    assert decision(context(SECRETS + name), statement(SECRETS + pattern)) == expected


def test_a_variable_in_the_account_of_an_arn_has_no_value() -> None:
    mine = f"arn:aws:secretsmanager:{REGION}:{CALLER}:secret:a-AbC123"

    assert decision(context(mine), statement(mine)) == "Allow"
    assert decision(context(mine), statement(mine.replace(CALLER, "${aws:PrincipalAccount}"))) == (
        "ImplicitDeny"
    )


def test_an_older_version_of_the_language_has_no_variables() -> None:
    one = statement(f"{SECRETS}${{aws:PrincipalTag/team}}-*")
    called = context(f"{SECRETS}billing-AbC123")

    assert decision(called, one) == "Allow"
    assert decision(called, one, version="2008-10-17") == "ImplicitDeny"


def test_not_resource_without_a_value_excludes_nothing() -> None:
    both = {"Effect": "Allow", "Action": "*"}
    excluded = {**both, "NotResource": f"{SECRETS}${{aws:PrincipalTag/team}}-*"}
    without = {**both, "NotResource": f"{SECRETS}${{aws:PrincipalTag/none}}-*"}
    called = context(f"{SECRETS}billing-AbC123")

    assert decision(called, excluded) == "ImplicitDeny"
    assert decision(called, without) == "Allow"


@pytest.mark.parametrize(
    ("operator", "value", "tag", "expected"),
    [
        ("StringEquals", "${aws:PrincipalTag/team}", "billing", "Allow"),
        ("StringEquals", "${aws:PrincipalTag/team}", "audit", "ImplicitDeny"),
        ("StringEquals", "${aws:PrincipalTag/any}", "*", "Allow"),
        ("StringEquals", "${*}", "*", "Allow"),
        ("StringLike", "${aws:PrincipalAccount}_*", f"{CALLER}_a", "Allow"),
        ("StringLike", "${aws:PrincipalAccount}_*", "333333333333_a", "ImplicitDeny"),
        ("StringLike", "${aws:PrincipalTag/any}", "billing", "ImplicitDeny"),
        ("StringLikeIfExists", "${aws:PrincipalTag/team}*", "billing1", "Allow"),
        ("ForAnyValue:StringLike", "${aws:PrincipalTag/team}*", "billing1", "Allow"),
        ("StringNotLike", "${aws:PrincipalTag/team}*", "billing1", "ImplicitDeny"),
        ("ArnLike", "arn:aws:iam::${aws:PrincipalAccount}:*", f"arn:aws:iam::{CALLER}:a", "Allow"),
        ("ArnEquals", "arn:aws:iam::${aws:PrincipalAccount}:a", "arn:aws:iam::1:a", "ImplicitDeny"),
        ("StringEquals", "${aws:PrincipalTag/none}", "billing", "ImplicitDeny"),
        ("StringNotEquals", "${aws:PrincipalTag/none}", "billing", "Allow"),
        ("NumericEquals", "${aws:PrincipalAccount}", CALLER, "ImplicitDeny"),
    ],
)
def test_a_variable_stands_in_a_condition(
    operator: str, value: str, tag: str, expected: str
) -> None:
    condition = {operator: {"aws:ResourceTag/of": value}}

    assert decision(context(of=tag), statement(condition=condition)) == expected


def test_a_value_beside_one_without_a_value_counts() -> None:
    values = ["${aws:PrincipalTag/none}", "audit"]
    one = statement(condition={"StringEquals": {"aws:ResourceTag/of": values}})

    assert decision(context(of="audit"), one) == "Allow"
    assert decision(context(of="billing"), one) == "ImplicitDeny"


def test_a_deny_with_a_variable_denies() -> None:
    other = {"StringNotEquals": {"aws:ResourceTag/of": "${aws:PrincipalTag/team}"}}
    denied = statement(condition=other, effect="Deny")

    assert decision(context(of="audit"), statement(), denied) == "Deny"
    assert decision(context(of="billing"), statement(), denied) == "Allow"


def test_a_session_policy_has_variables() -> None:
    allowed = [iam_evaluator.parse_policy_document(document(statement()))]
    narrowed = document(statement(f"{SECRETS}${{aws:PrincipalTag/team}}-*"))
    session = [iam_evaluator.parse_policy_document(narrowed)]

    mine = iam_evaluator.evaluate(context(f"{SECRETS}billing-AbC123"), allowed, session)
    other = iam_evaluator.evaluate(context(f"{SECRETS}audit-AbC123"), allowed, session)

    assert (mine.decision, other.decision) == ("Allow", "ImplicitDeny")


@pytest.mark.parametrize(("team", "expected"), [("billing", True), ("audit", False)])
def test_a_trust_policy_has_variables(team: str, expected: bool) -> None:
    trust = document(
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": CALLER},
            "Condition": {"StringEquals": {"aws:ResourceTag/of": "${aws:PrincipalTag/team}"}},
        }
    )
    called = context(of=team)
    called.action = "sts:AssumeRole"

    assert iam_evaluator.evaluate_trust_policy(trust, called.principal_arn, called) is expected
