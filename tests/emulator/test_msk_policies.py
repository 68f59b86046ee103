"""The cluster policy: its version, its checks, and its effect on other accounts."""

import json
from typing import Any

import pytest

from localcloud.msk import Assumptions
from localcloud.msk.errors import DUPLICATE_SID, POLICY_VERSION_NEEDED, STALE_POLICY_VERSION
from tests.emulator.builders import (
    CLIENT,
    OTHER,
    OWNER,
    Emulator,
    Json,
    account,
    policy,
    statement,
)

BAD_REQUEST = "BadRequestException"
NOT_FOUND = "The cluster policy is not valid. The IAM Principal was not found."
ROLE = "arn:aws:iam::222222222222:role/app"


def put(emulator: Emulator, arn: str, text: str, version: str | None = None) -> str:
    guard = {"CurrentVersion": version} if version else {}
    answer = emulator.call(OWNER, "PutClusterPolicy", ClusterArn=arn, Policy=text, **guard)
    return str(answer["CurrentVersion"])


def put_refusal(emulator: Emulator, text: str, **guard: str) -> tuple[str, str]:
    [cluster] = emulator.call(OWNER, "ListClustersV2")["ClusterInfoList"]
    error = emulator.refusal(
        OWNER, "PutClusterPolicy", ClusterArn=cluster["ClusterArn"], Policy=text, **guard
    )
    assert error.status == 400
    return error.code, error.message


def test_a_cluster_starts_without_a_policy(emulator: Emulator) -> None:
    arn = emulator.cluster()

    for operation in ("GetClusterPolicy", "DeleteClusterPolicy"):
        assert emulator.refusal(OWNER, operation, ClusterArn=arn).code == "NotFoundException"


def test_a_policy_is_kept_as_it_was_put(emulator: Emulator) -> None:
    arn = emulator.cluster()
    text = policy(statement(Sid="Theirs")) + "\n"

    version = put(emulator, arn, text)

    assert emulator.call(OWNER, "GetClusterPolicy", ClusterArn=arn) == {
        "CurrentVersion": version,
        "Policy": text,
    }


def test_the_other_assumption_normalises_principals_and_lists_of_one() -> None:
    emulator = Emulator(Assumptions(policy_is_normalised=True))
    arn = emulator.cluster()
    put(emulator, arn, policy(statement(Principal={"AWS": ["222222222222"]}, Action=["kafka:A"])))

    stored = json.loads(emulator.call(OWNER, "GetClusterPolicy", ClusterArn=arn)["Policy"])
    [only] = stored["Statement"]
    assert only["Principal"] == {"AWS": "arn:aws:iam::222222222222:root"}
    assert only["Action"] == "kafka:A"


def test_every_put_needs_the_version_before_it(emulator: Emulator) -> None:
    arn = emulator.cluster()
    first = put(emulator, arn, policy(statement()))
    second = put(emulator, arn, policy(statement()), first)

    assert second != first
    assert put_refusal(emulator, policy(statement())) == (
        "BadRequestException",
        POLICY_VERSION_NEEDED,
    )
    assert put_refusal(emulator, policy(statement()), CurrentVersion=first) == (
        "BadRequestException",
        STALE_POLICY_VERSION,
    )


def test_the_version_of_a_deleted_policy_is_stale(emulator: Emulator) -> None:
    arn = emulator.cluster()
    version = put(emulator, arn, policy(statement()))
    emulator.call(OWNER, "DeleteClusterPolicy", ClusterArn=arn)

    assert put_refusal(emulator, policy(statement()), CurrentVersion=version)[1] == (
        STALE_POLICY_VERSION
    )


def test_putting_a_policy_does_not_change_the_cluster_version(emulator: Emulator) -> None:
    arn = emulator.cluster()
    before = emulator.version(arn)

    put(emulator, arn, policy(statement()))

    assert emulator.version(arn) == before


def test_a_policy_has_at_most_20480_characters(emulator: Emulator) -> None:
    arn = emulator.cluster()
    text = policy(statement())
    fits = text + " " * (20480 - len(text))

    put(emulator, arn, fits)
    assert "20480" in put_refusal(emulator, fits + " ")[1]


def test_two_statements_with_one_sid_are_refused(emulator: Emulator) -> None:
    emulator.cluster()

    twice = policy(statement(Sid="Same"), statement(Sid="Same"))

    assert put_refusal(emulator, twice)[1] == DUPLICATE_SID


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        policy(),
        '{"Statement": ["allow"]}',
        policy(statement(Effect="Maybe")),
        policy(statement(Sid="not-alphanumeric")),
        policy(statement(Action=[])),
        policy(statement(Action=7)),
        policy(statement(NotResource="*")),
        policy({"Effect": "Allow", "Action": "*", "Resource": "*"}),
        policy(statement(Principal={})),
        policy(statement(Principal="222222222222")),
        policy(statement(Principal={"AWS": "AROAEXAMPLEEXAMPLEEX"})),
        policy(statement(Principal={"AWS": 222222222222})),
        policy(statement(Principal={"Unknown": "x"})),
    ],
)
def test_a_malformed_policy_is_refused(emulator: Emulator, text: str) -> None:
    emulator.cluster()

    assert put_refusal(emulator, text)[0] == "BadRequestException"


def test_a_deleted_role_blocks_every_later_put(emulator: Emulator) -> None:
    arn = emulator.cluster()
    version = put(emulator, arn, policy(statement(Principal={"AWS": ROLE})))

    emulator.msk.forget_role(ROLE)

    orphaned = emulator.call(OWNER, "GetClusterPolicy", ClusterArn=arn)["Policy"]
    assert "AROA" in orphaned
    assert put_refusal(emulator, orphaned, CurrentVersion=version) == (BAD_REQUEST, NOT_FOUND)


def test_a_statement_about_another_cluster_is_refused(emulator: Emulator) -> None:
    arn = emulator.cluster()
    other = arn.replace("/orders/", "/payments/")

    code, message = put_refusal(emulator, policy(statement(Resource=[arn, other])))

    assert code == BAD_REQUEST
    assert message == f"The cluster policy is not valid. Invalid cluster arn: {other}"


@pytest.mark.parametrize("name", [CLIENT.account, f"arn:aws:iam::{CLIENT.account}:root", ROLE])
def test_a_closed_account_blocks_every_put_that_names_it(emulator: Emulator, name: str) -> None:
    arn = emulator.cluster()
    both = policy(statement(Principal={"AWS": [OTHER.account, name]}))
    version = put(emulator, arn, both)

    emulator.msk.close_account(CLIENT.account)

    assert put_refusal(emulator, both, CurrentVersion=version) == (BAD_REQUEST, NOT_FOUND)
    emulator.msk.assume(bad_principal_is_named=True)
    named = f"Invalid principal in policy: AWS {name}"
    assert put_refusal(emulator, both, CurrentVersion=version) == (BAD_REQUEST, named)
    put(emulator, arn, policy(statement(Principal={"AWS": OTHER.account})), version)


@pytest.mark.parametrize(
    "principal",
    [
        "*",
        {"AWS": "*"},
        {"AWS": "222222222222"},
        {"AWS": "arn:aws:iam::222222222222:root"},
        {"AWS": ["arn:aws:iam::999999999999:root", ROLE]},
        {"AWS": "arn:aws:sts::222222222222:assumed-role/app/session"},
    ],
)
def test_a_policy_admits_the_principals_that_it_names(emulator: Emulator, principal: Any) -> None:
    arn = emulator.cluster()
    put(emulator, arn, policy(statement(Principal=principal)))

    app = account("222222222222", "app")

    assert (
        emulator.call(app, "DescribeClusterV2", ClusterArn=arn)["ClusterInfo"]["ClusterArn"] == arn
    )


ALLOW = statement()
DENY_APP = statement(Effect="Deny", Principal={"AWS": ROLE})


@pytest.mark.parametrize(
    ("statements", "admitted"),
    [
        pytest.param([ALLOW], True, id="wildcard action"),
        pytest.param([statement(Action="kafka:Describe*")], True, id="action prefix"),
        pytest.param([statement(Action="KAFKA:describeclusterV2")], True, id="any case"),
        pytest.param([statement(Action="kafka:DescribeCluster")], False, id="other action"),
        pytest.param([statement(Resource="arn:aws:kafka:*:cluster/orders/*")], True, id="pattern"),
        pytest.param([statement(Resource="arn:aws:kafka:*:cluster/pay/*")], False, id="other"),
        pytest.param([statement(Principal={"AWS": "333333333333"})], False, id="another account"),
        pytest.param(
            [statement(Principal={"Service": "firehose.amazonaws.com"})], False, id="a service"
        ),
        pytest.param([ALLOW, DENY_APP], False, id="deny wins"),
        pytest.param([DENY_APP], False, id="only denied"),
        pytest.param(
            [{k: v for k, v in ALLOW.items() if k != "Action"} | {"NotAction": "kafka:Delete*"}],
            True,
            id="not action",
        ),
    ],
)
def test_statements_are_evaluated_as_by_iam(
    emulator: Emulator, statements: list[Json], admitted: bool
) -> None:
    arn = emulator.cluster()
    put(emulator, arn, policy(*statements))
    app = account("222222222222", "app")

    if admitted:
        emulator.call(app, "DescribeClusterV2", ClusterArn=arn)
    else:
        error = emulator.refusal(app, "DescribeClusterV2", ClusterArn=arn)
        assert (error.code, error.status) == ("ForbiddenException", 403)


@pytest.mark.parametrize(
    ("effect", "condition", "admitted"),
    [
        ("Allow", {"StringEquals": {"aws:PrincipalArn": ROLE}}, True),
        ("Allow", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/a*"}}, True),
        ("Allow", {"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::*:role/a*"}}, False),
        ("Allow", {"StringNotEquals": {"aws:PrincipalAccount": "333333333333"}}, True),
        ("Allow", {"StringEquals": {"aws:PrincipalAccount": "333333333333"}}, False),
        ("Allow", {"StringEquals": {"aws:PrincipalOrgID": "o-example"}}, False),
        ("Allow", {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
        ("Deny", {"StringEquals": {"aws:PrincipalOrgID": "o-example"}}, False),
        ("Deny", {"StringEquals": {"aws:PrincipalAccount": "333333333333"}}, True),
    ],
)
def test_unknown_conditions_never_admit(
    emulator: Emulator, effect: str, condition: Json, admitted: bool
) -> None:
    arn = emulator.cluster()
    judged = statement(Effect=effect, Condition=condition)
    put(emulator, arn, policy(judged, *([ALLOW] if effect == "Deny" else [])))
    app = account("222222222222", "app")

    if admitted:
        emulator.call(app, "GetBootstrapBrokers", ClusterArn=arn)
    else:
        assert emulator.refusal(app, "GetBootstrapBrokers", ClusterArn=arn).status == 403


@pytest.mark.parametrize(
    "operation",
    [
        "GetClusterPolicy",
        "DeleteCluster",
        "DeleteClusterPolicy",
        "ListClusterOperationsV2",
        "ListClientVpcConnections",
    ],
)
def test_no_policy_allows_the_owners_operations(emulator: Emulator, operation: str) -> None:
    arn = emulator.private_cluster()

    assert emulator.refusal(CLIENT, operation, ClusterArn=arn).status == 403


@pytest.mark.parametrize(
    "operation", ["GetBootstrapBrokers", "DescribeCluster", "DescribeClusterV2"]
)
def test_only_admitted_accounts_can_read(emulator: Emulator, operation: str) -> None:
    arn = emulator.private_cluster()

    assert emulator.call(CLIENT, operation, ClusterArn=arn)
    assert emulator.refusal(OTHER, operation, ClusterArn=arn).status == 403


def test_other_accounts_cannot_tell_whether_a_cluster_exists(emulator: Emulator) -> None:
    arn = emulator.cluster()

    missing = emulator.refusal(OTHER, "DescribeClusterV2", ClusterArn=arn[:-1] + "9")
    closed = emulator.refusal(OTHER, "DescribeClusterV2", ClusterArn=arn)

    assert missing.code == closed.code == "ForbiddenException"
