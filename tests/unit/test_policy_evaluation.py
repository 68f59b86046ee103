import json
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ministack.core import iam_evaluator

from localcloud.msk.authorization import is_admitted
from localcloud.msk.model import Caller, Cluster
from msklink.policy.document import Statement
from msklink.policy.evaluation import Judgement, RoleCall, describe_unjudged, judge
from tests.unit.factories import ARN, CLIENT, OTHER_CLIENT, thorough

ROLE = f"arn:aws:iam::{CLIENT}:role/msklink-client-eu-west-1"
SESSION = f"arn:aws:sts::{CLIENT}:assumed-role/msklink-client-eu-west-1/orders-run-1"
ROOT = f"arn:aws:iam::{CLIENT}:root"
OTHER_ROLE = f"arn:aws:iam::{CLIENT}:role/app"
CALL = RoleCall(ROLE, "kafka:CreateVpcConnection", ARN)


def allow(**changes: Any) -> Statement:
    """Return a statement that admits the account; None removes an element."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": CLIENT},
        "Action": "kafka:CreateVpcConnection",
        "Resource": ARN,
    } | changes
    return {key: value for key, value in statement.items() if value is not None}


def deny(**changes: Any) -> Statement:
    return allow(Effect="Deny", **changes)


def when(operator: str, key: str, *values: Any) -> dict[str, Any]:
    return {"Condition": {operator: {key: list(values)}}}


# Each row: what the statement says, whether it is about our role's call. IAM user guide, pages
# "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource".
ELEMENTS: list[tuple[dict[str, Any], bool]] = [
    ({"Principal": "*"}, True),
    ({"Principal": {"AWS": "*"}}, True),
    ({"Principal": {"AWS": [OTHER_CLIENT, "*"]}}, True),
    ({"Principal": {"AWS": CLIENT}}, True),
    ({"Principal": {"AWS": ROOT}}, True),
    ({"Principal": {"AWS": [ROLE]}}, True),  # of all roles, it admits ours
    ({"Principal": {"AWS": OTHER_ROLE}}, False),  # another role of the account is not ours
    ({"Principal": {"AWS": f"arn:aws:iam::{CLIENT}:user/ann"}}, False),
    ({"Principal": {"AWS": f"arn:aws:iam::{CLIENT}:role/*"}}, False),  # no wildcard in an ARN
    ({"Principal": {"AWS": f"arn:aws-cn:iam::{CLIENT}:root"}}, False),
    ({"Principal": {"AWS": OTHER_CLIENT}}, False),
    ({"Principal": {"AWS": "AROAEXAMPLEEXAMPLE12"}}, False),  # a role that was deleted
    ({"Principal": {"Service": "firehose.amazonaws.com"}}, False),
    ({"Principal": {"Federated": "*"}}, False),
    ({"Principal": None}, False),
    ({"Action": "*"}, True),
    ({"Action": "kafka:*"}, True),
    ({"Action": "KAFKA:createvpc*"}, True),
    ({"Action": "kafka:Create?pcConnection"}, True),
    ({"Action": ["kafka:GetBootstrapBrokers", "kafka:CreateVpcConnection"]}, True),
    ({"Action": "kafka:GetBootstrapBrokers"}, False),
    ({"Action": "kafka-cluster:*"}, False),
    ({"Action": "kafka:Create[V]pcConnection"}, False),
    ({"Action": None, "NotAction": "kafka:Delete*"}, True),
    ({"Action": None, "NotAction": ["kafka-cluster:*", "KAFKA:Create*"]}, False),
    ({"Action": None}, False),
    ({"Resource": "*"}, True),
    ({"Resource": "arn:aws:kafka:eu-west-1:*:cluster/orders/*"}, True),
    ({"Resource": "arn:aws:kafka:*:*:cluster/orders/????????-*"}, True),
    ({"Resource": ARN.replace("orders", "Orders")}, False),
    ({"Resource": ARN.replace(":cluster/", ":topic/")}, False),
    ({"Resource": "arn:aws:kafka:${aws:RequestedRegion}:*:cluster/orders/*"}, True),
    ({"Resource": None, "NotResource": "arn:aws:kafka:*:*:cluster/sales/*"}, True),
    ({"Resource": None, "NotResource": [ARN]}, False),
    ({"Resource": None}, False),
]

# "Condition operators" and "Conditions with multiple context keys or values".
CONDITIONS: list[tuple[dict[str, Any], bool]] = [
    (when("StringEquals", "aws:PrincipalAccount", CLIENT), True),
    (when("StringEquals", "AWS:principalaccount", OTHER_CLIENT, CLIENT), True),
    (when("stringequals", "aws:PrincipalAccount", OTHER_CLIENT), False),
    (when("StringEquals", "aws:PrincipalAccount", "2222*"), False),
    (when("StringLike", "aws:PrincipalAccount", "2222*"), True),
    (when("StringNotEquals", "aws:PrincipalAccount", OTHER_CLIENT), True),
    (when("StringNotEquals", "aws:PrincipalAccount", OTHER_CLIENT, CLIENT), False),
    (when("StringNotLike", "aws:PrincipalAccount", "3*"), True),
    (when("StringEqualsIgnoreCase", "aws:PrincipalType", "assumedrole"), True),
    (when("StringNotEqualsIgnoreCase", "aws:PrincipalType", "ASSUMEDROLE"), False),
    (when("StringEquals", "aws:PrincipalType", "assumedrole"), False),
    (when("StringEqualsIfExists", "aws:PrincipalAccount", CLIENT), True),
    (when("ArnEquals", "aws:PrincipalArn", ROLE), True),
    (when("ArnEquals", "aws:PrincipalArn", f"arn:aws:iam::{CLIENT}:role/msklink-*"), True),
    (when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/msklink-client-*"), True),
    (when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*"), False),  # six parts, each by itself
    (when("StringLike", "aws:PrincipalArn", "arn:aws:iam::*"), True),
    (when("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/app-*"), True),
    (when("ArnNotEquals", "aws:PrincipalArn", ROLE), False),
    (when("ArnLike", "aws:PrincipalArn", SESSION), False),  # the key holds the role
    (when("StringLike", "aws:PrincipalArn", "*${aws:PrincipalAccount}:role/msklink-*"), True),
    (when("Bool", "aws:SecureTransport", "true"), True),
    (when("Bool", "aws:SecureTransport", False), False),
    (when("Bool", "aws:PrincipalIsAWSService", "false"), True),
    (when("StringEquals", "aws:RequestedRegion", "eu-west-1"), True),
    (when("Null", "aws:PrincipalArn", "false"), True),
    (when("Null", "aws:PrincipalArn", True), False),
    (
        {
            "Condition": {
                "StringEquals": {"aws:PrincipalAccount": CLIENT, "aws:RequestedRegion": "eu-west-2"}
            }
        },
        False,
    ),
]
UNKNOWN = [
    ("StringEquals", "aws:PrincipalOrgID", "o-1234567890"),
    ("StringNotEquals", "aws:PrincipalOrgID", "o-1234567890"),
    ("StringEqualsIfExists", "aws:SourceVpce", "vpce-1"),
    ("Null", "aws:PrincipalTag/team", "true"),
    ("IpAddress", "aws:SourceIp", "10.0.0.0/8"),
    ("DateLessThan", "aws:CurrentTime", "2030-01-01T00:00:00Z"),
    ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-1/*"),
    ("ForAllValues:StringEquals", "aws:PrincipalAccount", CLIENT),
    ("StringLike", "aws:PrincipalArn", "*/${aws:PrincipalTag/team}"),
]


@pytest.mark.parametrize(("said", "about_us"), ELEMENTS + CONDITIONS)
def test_statements_about_our_role_are_recognized(said: dict[str, Any], *, about_us: bool) -> None:
    assert judge([allow(**said)], CALL) == Judgement(about_us)
    assert judge([allow(), deny(**said)], CALL) == Judgement(not about_us)


@pytest.mark.parametrize(("operator", "key", "value"), UNKNOWN)
def test_a_condition_that_cannot_be_evaluated_admits_nobody_and_is_named(
    operator: str, key: str, value: str
) -> None:
    said = when(operator, key, value) | {"Sid": "Org"}
    named = (f"condition {operator} on {key} of statement Org",)

    assert judge([allow(**said)], CALL) == Judgement(admitted=False, unjudged=named)
    assert judge([allow(), deny(**said)], CALL) == Judgement(admitted=False, unjudged=named)
    assert judge([allow(), allow(**said)], CALL) == Judgement(admitted=True)  # it is ignored
    assert judge([deny(), allow(**said)], CALL) == Judgement(admitted=False)


def test_a_condition_is_ignored_if_the_statement_is_not_about_our_role() -> None:
    unknown = when("StringEquals", "aws:PrincipalOrgID", "o-1")

    assert judge([allow(Principal={"AWS": OTHER_CLIENT}, **unknown)], CALL) == Judgement(
        admitted=False
    )
    assert judge([allow(), deny(Action="kafka:Delete*", **unknown)], CALL).admitted
    both = unknown["Condition"] | {"StringLike": {"aws:PrincipalAccount": "9*"}}
    assert judge([allow(), deny(Condition=both)], CALL).admitted


@pytest.mark.parametrize(
    ("names", "denied", "is_clear"),
    [
        ([OTHER_CLIENT], True, True),
        ([ROOT, ROLE], False, True),
        ([CLIENT, ROLE, OTHER_CLIENT], False, True),
        ([ROLE], True, False),  # "must also specify the account"
        ([ROOT], True, False),
    ],
)
def test_an_exception_to_a_deny_names_account_and_role(
    names: list[str], *, denied: bool, is_clear: bool
) -> None:
    statement = deny(Principal=None, NotPrincipal={"AWS": names}, Sid="But")

    judged = judge([allow(), statement], CALL)

    assert judged.admitted is not denied
    assert judged.unjudged == (() if is_clear else ("NotPrincipal of statement But",))


def test_an_allow_for_all_but_some_is_not_supported_and_admits_nobody() -> None:
    judged = judge([allow(Principal=None, NotPrincipal={"AWS": OTHER_CLIENT})], CALL)

    assert judged == Judgement(False, ("NotPrincipal of statement without a Sid",))


def test_a_policy_without_statements_admits_nobody() -> None:
    assert judge([], CALL) == Judgement(admitted=False)
    assert judge([{"Effect": "Maybe"}], CALL) == Judgement(admitted=False)


def test_the_unevaluated_conditions_are_one_sentence() -> None:
    assert describe_unjudged(()) == ""
    assert describe_unjudged(("a", "b")) == " This could not be judged and counts against it: a, b."


# ----------------------------------------------------------------- comparison with other evaluators


def some(*choices: Any) -> st.SearchStrategy[Any]:
    one = st.sampled_from(choices)
    return one | st.lists(one, min_size=1, max_size=3)


principals = st.just("*") | some(
    "*", CLIENT, ROOT, ROLE, OTHER_CLIENT, OTHER_ROLE, f"arn:aws:iam::{OTHER_CLIENT}:root"
).map(lambda names: {"AWS": names})
actions = some("*", "kafka:*", "KAFKA:create*", CALL.action, "kafka:Get*", "kafka:?reateVpc*")
resources = some(
    "*", ARN, ARN[:-3] + "*", ARN.replace("orders", "sales"), "arn:aws:kafka:*:*:cluster/o*"
)
conditions = st.dictionaries(
    st.sampled_from(["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"]),
    st.dictionaries(
        st.sampled_from(["aws:PrincipalAccount", "aws:PrincipalArn"]),
        some(CLIENT, OTHER_CLIENT, "2*", ROLE, "arn:aws:iam::*:role/msklink-*", "*/app"),
        max_size=2,
    ),
    max_size=2,
) | st.dictionaries(
    st.sampled_from(["ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"]),
    st.fixed_dictionaries(
        {"aws:PrincipalArn": some(ROLE, OTHER_ROLE, "arn:aws:iam::*:role/msklink-*")}
    ),
    max_size=2,
)


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    action, resource = (
        draw(st.sampled_from(["Action", "NotAction"])),
        draw(st.sampled_from(["Resource", "NotResource"])),
    )
    return {
        "Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])),
        "Principal": draw(principals),
        action: draw(actions),
        resource: draw(resources),
        "Condition": draw(conditions),
    }


policies = st.lists(statements(), max_size=4)


@thorough
@given(policies)
def test_ministack_decides_the_same(document: list[Statement]) -> None:
    """Ministack has an independent evaluator."""
    context = iam_evaluator.EvalContext(
        ROLE, "AssumedRole", CLIENT, CALL.action, ARN, "eu-west-1", secure_transport=True
    )

    decision = iam_evaluator.evaluate_resource_policy({"Statement": document}, context).decision

    assert judge(document, CALL) == Judgement(decision == "Allow")


@thorough
@given(policies)
def test_the_emulator_of_msk_decides_the_same(document: list[Statement]) -> None:
    policy = SimpleNamespace(text=json.dumps({"Statement": document}))
    cluster = cast("Cluster", SimpleNamespace(policy_in_force=policy, arn=ARN))
    caller = Caller(CLIENT, "eu-west-1", SESSION)

    assert judge(document, CALL) == Judgement(
        is_admitted(cluster, caller, CALL.action, cluster.arn)
    )
