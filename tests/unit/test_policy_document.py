import json
from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msklink.arns import ClusterArn
from msklink.policy.document import ACTIONS, SIZE_LIMIT, ClusterGrant, Policy, is_ours, sid
from msklink.policy.kafka_access import KafkaAccess
from tests.unit.factories import ARN, CLIENT, OTHER_CLIENT, thorough

CLUSTER = ClusterArn.parse(ARN)
ROOT = f"arn:aws:iam::{CLIENT}:root"
EMPTY = Policy.parse(None)
ONE = ClusterGrant(frozenset({CLIENT}))
READER = KafkaAccess(consume=("orders.*",), groups=("billing",))
WRITER = KafkaAccess(produce=("orders.eu", "orders.us"))
Document = dict[str, Any]

# ------------------------------------------------------------------------------ strategies

account_ids = st.sampled_from([CLIENT, OTHER_CLIENT, "000000000000", "444444444444"])
accounts = st.frozensets(account_ids, max_size=4)
accesses = st.sampled_from(
    [
        READER,
        WRITER,
        KafkaAccess(),
        KafkaAccess(produce=("b", "a")),
        KafkaAccess(produce=("a", "b", "a")),
        KafkaAccess(produce=("a",), consume=("a",), groups=("g",)),
        KafkaAccess(groups=("g",)),
    ]
)
# Also with access for accounts that are not admitted.
grants = st.builds(
    ClusterGrant, accounts, st.frozensets(st.tuples(account_ids, accesses), max_size=3)
)


names = st.sampled_from(
    [CLIENT, ROOT, f"arn:aws:iam::{OTHER_CLIENT}:role/reader", "AROAEXAMPLEEXAMPLE1"]
)
foreign = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Action": st.sampled_from(["kafka:*", "ü", [], ["b", "a", "b"], [None, "a", {"b": 1}]]),
    },
    optional={
        "Sid": st.sampled_from(
            ["Firehose", "Msklink", "MsklinkClientsToo", "MsklinkClientsData", "AMsklinkClients"]
        ),
        "Principal": st.just("*")
        | st.fixed_dictionaries({"AWS": names | st.lists(names, max_size=3)})
        | st.just({"Service": "firehose.amazonaws.com"}),
        "Condition": st.sampled_from([None, {}, {"Bool": {"aws:SecureTransport": [True]}}]),
    },
)
bent = st.fixed_dictionaries(
    {"Sid": st.sampled_from(["MsklinkClients", "MsklinkClientsData1", "MsklinkClientsData20"])},
    optional={"Effect": st.just("Deny"), "Principal": st.just("*"), "Action": st.just("kafka:*")},
)
documents = st.none() | st.fixed_dictionaries(
    {
        "Version": st.just("2012-10-17"),
        "Statement": foreign | st.lists(foreign | bent, max_size=4),
    },
    optional={"Id": st.text(max_size=3)},
)


def read(document: Document | None) -> Policy:
    return Policy.parse(json.dumps(document) if document else None)


def others(policy: Policy) -> list[str]:
    """Return the statements of others, unchanged and in order."""
    return [json.dumps(one) for one in policy.statements if not is_ours(one, "msklink")]


def granted(policy: Policy) -> set[str]:
    """Return each account in our statements, which must name account roots."""
    found = [one.get("Principal", {}) for one in policy.ours("msklink")]
    assert all(list(principal) == ["AWS"] for principal in found)
    roots = {name for principal in found for name in principal["AWS"]}
    assert all(name.startswith("arn:aws:iam::") and name.endswith(":root") for name in roots)
    return {name.split(":")[4] for name in roots}


def rewritten(policy: Policy, random: Random) -> Policy:
    """Return *policy* as MSK may: reordered, accounts as ids, lists of one as scalars."""

    def rewrite_value(value: list[str] | str) -> list[str] | str:
        listed = [value] if isinstance(value, str) else value
        spelt = [
            name.split(":")[4] if name.endswith(":root") and random.random() < 0.5 else name
            for name in random.sample(listed, len(listed))
        ]
        return spelt[0] if len(spelt) == 1 and random.random() < 0.5 else spelt

    def write(statement: Document) -> Document:
        written = statement
        if is_ours(statement, "msklink"):
            written = statement | {
                "Principal": {"AWS": rewrite_value(statement["Principal"]["AWS"])},
                "Action": rewrite_value(statement["Action"]),
                "Resource": rewrite_value(statement["Resource"]),
            }
        return {key: written[key] for key in random.sample(list(written), len(written))}

    statements = random.sample(policy.statements, len(policy.statements))
    return read({**policy.document, "Statement": [write(one) for one in statements]})


# ----------------------------------------------------------------------- properties of any grant


@thorough
@given(documents, grants)
def test_statements_of_others_stay_unchanged(
    document: Document | None, grant: ClusterGrant
) -> None:
    policy = read(document)

    changed = policy.with_grant(CLUSTER, grant, "msklink")

    assert others(changed) == others(policy)
    assert {key: changed.document[key] for key in changed.document if key != "Statement"} == {
        key: policy.document[key] for key in policy.document if key != "Statement"
    }


@thorough
@given(documents, grants)
def test_a_second_grant_changes_nothing(document: Document | None, grant: ClusterGrant) -> None:
    once = read(document).with_grant(CLUSTER, grant, "msklink")

    assert once.with_grant(CLUSTER, grant, "msklink") is once
    returned = Policy.parse(once.to_json())
    assert returned.with_grant(CLUSTER, grant, "msklink") is returned


@thorough
@given(documents, grants, st.integers())
def test_a_grant_is_recognized_in_any_form_that_msk_may_return(
    document: Document | None, grant: ClusterGrant, seed: int
) -> None:
    written = read(document).with_grant(CLUSTER, grant, "msklink")

    returned = rewritten(written, Random(seed))

    assert returned == written
    assert hash(returned) == hash(written)
    assert returned.with_grant(CLUSTER, grant, "msklink") is returned
    assert returned.admitted("msklink") == written.admitted("msklink") == grant.accounts


@thorough
@given(documents, grants)
def test_nobody_else_is_granted_anything(document: Document | None, grant: ClusterGrant) -> None:
    changed = read(document).with_grant(CLUSTER, grant, "msklink")

    assert granted(changed) == grant.accounts
    assert changed.admitted("msklink") == grant.accounts
    on_others = [
        resource
        for one in changed.ours("msklink")
        for resource in ([one["Resource"]] if isinstance(one["Resource"], str) else one["Resource"])
        if f"/{CLUSTER.name}/{CLUSTER.uuid}" not in resource
    ]
    assert not on_others
    assert {one["Effect"] for one in changed.ours("msklink")} <= {"Allow"}


@thorough
@given(documents, grants, accounts)
def test_removed_accounts_are_in_none_of_our_statements(
    document: Document | None, grant: ClusterGrant, removed: frozenset[str]
) -> None:
    before = read(document).with_grant(CLUSTER, grant, "msklink")
    staying = ClusterGrant(grant.accounts - removed, grant.access)

    after = before.with_grant(CLUSTER, staying, "msklink")

    assert granted(after) == grant.accounts - removed
    assert others(after) == others(before)
    assert after == read(document).with_grant(CLUSTER, staying, "msklink")
    assert after.with_grant(CLUSTER, staying, "msklink") is after


@given(documents, accounts)
def test_removing_all_accounts_restores_the_first_policy(
    document: Document | None, coming: frozenset[str]
) -> None:
    before = read(document).with_grant(CLUSTER, ClusterGrant(frozenset()), "msklink")

    after = before.with_grant(CLUSTER, ClusterGrant(coming), "msklink")

    assert after.with_grant(CLUSTER, ClusterGrant(frozenset()), "msklink") == before


@given(documents, accounts, accounts)
def test_accounts_add_up_in_one_statement(
    document: Document | None, first: frozenset[str], second: frozenset[str]
) -> None:
    policy = read(document).with_grant(CLUSTER, ClusterGrant(first), "msklink")

    union = ClusterGrant(policy.admitted("msklink") | second | {CLIENT})
    policy = policy.with_grant(CLUSTER, union, "msklink")

    [statement] = policy.ours("msklink")
    roots = [f"arn:aws:iam::{account}:root" for account in sorted(first | second | {CLIENT})]
    assert statement["Principal"] == {"AWS": roots}


@given(documents, grants)
def test_the_argument_is_not_changed(document: Document | None, grant: ClusterGrant) -> None:
    policy = read(document)
    before = policy.to_json()

    policy.with_grant(CLUSTER, grant, "msklink")

    assert policy.to_json() == before


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
