"""Properties of every grant in a cluster policy, whatever others wrote into it."""

import json
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from msklink.policy.document import ClusterGrant, Policy, is_ours
from msklink.policy.kafka_access import KafkaAccess
from tests.unit.factories import CLIENT, OTHER_CLIENT, thorough
from tests.unit.policy_builders import CLUSTER, READER, ROOT, WRITER, Document, read

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
