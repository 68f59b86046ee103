from itertools import product
from typing import Any

import pytest

from msklink.arns import ClusterArn
from msklink.policy.document import ACTIONS, SIZE_LIMIT, ClusterGrant, Policy, is_ours, sid
from tests.unit.factories import ARN, CLIENT, OTHER_CLIENT
from tests.unit.policy_builders import CLUSTER, READER, ROOT, WRITER, Document, read

EMPTY = Policy.parse(None)
ONE = ClusterGrant(frozenset({CLIENT}))


# -------------------------------------------------------------------------------- our statement


def statement(**changes: Any) -> Document:
    return {
        "Sid": "MsklinkClients",
        "Effect": "Allow",
        "Principal": {"AWS": [ROOT]},
        "Action": list(ACTIONS),
        "Resource": ARN,
    } | changes


@pytest.mark.parametrize(
    "written",
    [
        statement(),
        statement(Principal={"AWS": ROOT}),
        statement(Principal={"AWS": CLIENT}),
        statement(Principal={"AWS": [CLIENT]}),
        statement(Principal={"AWS": [CLIENT, ROOT]}),
        statement(Action=[*reversed(ACTIONS)]),
        statement(Action=[*ACTIONS, *ACTIONS]),
        statement(Resource=[ARN]),
    ],
)
@pytest.mark.parametrize("as_list", [True, False])
def test_our_statement_is_recognized_in_any_form_that_msk_may_return(
    written: Document, as_list: bool
) -> None:
    policy = read({"Version": "2012-10-17", "Statement": [written] if as_list else written})

    assert policy.with_grant(CLUSTER, ONE, "msklink") is policy


@pytest.mark.parametrize(
    "written",
    [
        statement(Effect="Deny"),
        statement(Action="kafka:CreateVpcConnection"),
        statement(Action=[*ACTIONS, "kafka:DeleteCluster"]),
        statement(Resource=ARN.replace("orders", "sales")),
        statement(Condition={"Bool": {"aws:SecureTransport": "true"}}),
        statement(Principal={"AWS": f"arn:aws:iam::{CLIENT}:role/one-of-theirs"}),
        statement(Principal={"AWS": [ROOT, OTHER_CLIENT]}),
        statement(Principal={"AWS": []}),
        statement(Principal={"Service": "kafka.amazonaws.com"}),
        statement(Principal="*"),
        statement(Sid="MsklinkClientsData1"),
    ],
)
def test_our_statement_is_repaired_after_a_change(written: Document) -> None:
    policy = read({"Statement": [written]})

    assert policy.with_grant(CLUSTER, ONE, "msklink").statements == [statement()]


def test_several_statements_of_ours_become_one() -> None:
    double = read({"Statement": [statement(), statement(Principal={"AWS": OTHER_CLIENT})]})

    grant = ClusterGrant(double.admitted("msklink"))
    [only] = double.with_grant(CLUSTER, grant, "msklink").statements

    assert len(only["Principal"]["AWS"]) == 2


def test_a_policy_without_accounts_has_no_statement_of_ours() -> None:
    policy = read({"Statement": [statement()]})

    assert policy.with_grant(CLUSTER, ClusterGrant(frozenset()), "msklink").is_empty


@pytest.mark.parametrize(
    ("namespace", "expected"), [("msklink", "MsklinkClients"), ("team-a2", "TeamA2Clients")]
)
def test_our_sid_prefix_has_letters_and_digits_only(namespace: str, expected: str) -> None:
    assert sid(namespace) == expected


@pytest.mark.parametrize(
    ("mark", "expected"),
    [
        ("MsklinkClients", True),
        ("MsklinkClientsData1", True),
        ("MsklinkClientsData120", True),
        ("MsklinkClientsData", False),
        ("MsklinkClientsData1x", False),
        ("MsklinkClientsToo", False),
        ("XMsklinkClients", False),
        ("msklinkclients", False),
        ("MsklinkClients\n", False),
        ("", False),
    ],
)
def test_a_statement_is_ours_by_its_complete_sid_prefix(mark: str, expected: bool) -> None:
    assert is_ours({"Sid": mark}, "msklink") is expected


def test_a_statement_without_a_sid_is_not_ours() -> None:
    assert not is_ours({}, "msklink")


def test_statements_of_another_installation_are_not_ours() -> None:
    first = EMPTY.with_grant(CLUSTER, ONE, "msklink")

    both = first.with_grant(CLUSTER, ClusterGrant(frozenset({OTHER_CLIENT})), "staging")

    assert [one["Sid"] for one in both.statements] == ["MsklinkClients", "StagingClients"]
    assert both.admitted("msklink") == {CLIENT}
    assert both.admitted("staging") == {OTHER_CLIENT}


def test_principals_are_in_the_partition_of_the_cluster() -> None:
    cluster = ClusterArn.parse(ARN.replace("arn:aws:", "arn:aws-cn:"))
    grant = ClusterGrant(frozenset({CLIENT}), frozenset({(CLIENT, READER)}))

    statements = EMPTY.with_grant(cluster, grant, "msklink").statements

    assert {str(one["Principal"]) for one in statements} == {
        str({"AWS": [f"arn:aws-cn:iam::{CLIENT}:root"]})
    }


# ------------------------------------------------------------------------------ topics and groups


def test_accounts_with_the_same_access_share_its_statements() -> None:
    both = frozenset({CLIENT, OTHER_CLIENT})
    access = frozenset(product(both, (READER, WRITER)))

    policy = EMPTY.with_grant(CLUSTER, ClusterGrant(both, access), "msklink")

    numbers = range(1, 1 + sum(len([*one.permissions(CLUSTER)]) for one in (READER, WRITER)))
    assert [one["Sid"] for one in policy.statements] == [
        "MsklinkClients",
        *(f"MsklinkClientsData{number}" for number in numbers),
    ]
    assert {len(one["Principal"]["AWS"]) for one in policy.statements} == {2}


def test_each_account_has_only_its_own_access() -> None:
    grant = ClusterGrant(
        frozenset({CLIENT, OTHER_CLIENT}), frozenset({(CLIENT, READER), (OTHER_CLIENT, WRITER)})
    )

    policy = EMPTY.with_grant(CLUSTER, grant, "msklink")

    writers = [one for one in policy.statements if "kafka-cluster:WriteData" in one["Action"]]
    readers = [one for one in policy.statements if "kafka-cluster:ReadData" in one["Action"]]
    assert [one["Principal"]["AWS"] for one in readers] == [[ROOT]]
    assert [one["Principal"]["AWS"] for one in writers] == [[ROOT.replace(CLIENT, OTHER_CLIENT)]]


def test_access_of_an_account_that_is_not_admitted_is_ignored() -> None:
    grant = ClusterGrant(frozenset({CLIENT}), frozenset({(OTHER_CLIENT, WRITER)}))

    assert EMPTY.with_grant(CLUSTER, grant, "msklink").statements == [statement()]


# ------------------------------------------------------------------------------- the whole policy


@pytest.mark.parametrize("text", [None, "", '{"Version": "2012-10-17", "Statement": []}'])
def test_a_cluster_without_a_policy_has_an_empty_one(text: str | None) -> None:
    policy = Policy.parse(text)

    assert policy.is_empty
    assert policy == EMPTY
    assert policy.document["Version"] == "2012-10-17"


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (statement(Effect="Allow"), statement(Effect="Deny"), False),
        (statement(Sid="A"), statement(Sid="B"), False),
        (statement(Principal="*"), statement(Principal={"AWS": "*"}), False),  # different in IAM
        (statement(Principal={"AWS": CLIENT}), statement(Principal={"AWS": ROOT}), True),
        (statement(Principal={"AWS": CLIENT}), statement(Principal={"Service": CLIENT}), False),
        (statement(Condition={"a": ["b"]}), statement(Condition={"a": ["c"]}), False),
        (statement(NotAction=["a", "b"]), statement(NotAction=["b", "a"]), True),
        (statement(Principal={"AWS": ROOT}), statement(Principal={"AWS": ROOT + "x"}), False),
    ],
)
def test_policies_are_equal_when_they_mean_the_same(
    one: Document, other: Document, equal: bool
) -> None:
    assert (read({"Statement": [one]}) == read({"Statement": [other]})) is equal


def test_a_policy_equals_nothing_but_a_policy() -> None:
    assert EMPTY.document != EMPTY


@pytest.mark.parametrize(("more", "too_large"), [(0, False), (1, True)])
def test_a_policy_has_as_many_characters_as_msk_allows(more: int, too_large: bool) -> None:
    padding = SIZE_LIMIT - len(read({"Id": ""}).to_json())

    # Of two bytes each: characters count.
    assert read({"Id": "ö" * (padding + more)}).is_too_large is too_large


@pytest.mark.parametrize(
    ("name", "orphan"),
    [
        ("AROAEXAMPLEEXAMPLE1", True),
        ("AIDAEXAMPLEEXAMPLE1", True),
        (ROOT, False),
        (CLIENT, False),
        ("*", False),
        ("arn:aws:iam::222222222222:role/AROAEXAMPLEEXAMPLE1", False),
    ],
)
def test_a_deleted_role_is_recognized_by_its_id(name: str, orphan: bool) -> None:
    policy = read({"Statement": [{"Principal": {"AWS": [name]}}, {"Principal": "*"}, {}]})

    assert policy.orphans() == ([name] if orphan else [])


# ------------------------------------------------------------------------------------------ size


def test_the_used_part_of_the_limit_is_that_of_the_text() -> None:
    written = EMPTY.with_grant(CLUSTER, ONE, "msklink")

    assert EMPTY.used_percent == 0
    assert written.used_percent == 100 * len(written.to_json()) / 20480
