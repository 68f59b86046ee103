"""SCRAM users that clients request: what a request may say, the owner's bounds, ACLs, removal."""

import json
import re
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from msklink.arns import ClusterArn
from msklink.auth_scheme import Scheme
from msklink.connections.needed_users import secrets_to_publish, unneeded
from msklink.connections.record import ConnectionRecord, State
from msklink.parameters import status
from msklink.policy.access_bounds import AccessBounds
from msklink.policy.acls import commands_to_add
from msklink.policy.kafka_access import KafkaAccess
from msklink.policy.user_access import UserDecision, decide_users
from msklink.refusals import Code, refuse
from msklink.removal import Removal, RemovalTerms
from msklink.requests.inbound_events import OnboardingDetail
from msklink.users.record import UserRecord, UserState, UserStatus, report, secret_name
from msklink.users.request import MOST_USERS, UserRequest
from tests.support.cloudformation import ROOT
from tests.unit.factories import ARN, CLIENT, LATER, NOW, OTHER_CLIENT, connection

CLUSTER = ClusterArn.parse(ARN)
PARAMETER = f"/msklink/orders/access/{CLIENT}"
BOUNDS = {"names": ["billing.*"], "actions": ["produce"], "users": ["billing*", "audit"]}
TERMS = RemovalTerms("msklink", timedelta(hours=24), protection=False)
REASON = refuse(Code.USER_NOT_REQUESTED, account=CLIENT, user="billing", cluster="orders")


def detail(*users: Any, schemes: tuple[str, ...] = ("scram",)) -> OnboardingDetail:
    given = {"cluster": "orders", "vpc_id": "vpc-0123456789abcdef0", "schemes": schemes}
    return OnboardingDetail.model_validate(given | {"users": users})


def decide(*names: str, bounds: Any = BOUNDS) -> UserDecision:
    parameters = {PARAMETER: json.dumps(bounds)} if bounds is not None else {}
    users = [UserRequest(name=name) for name in names]
    return decide_users(users, parameters, CLUSTER, CLIENT, "msklink")


def user(name: str = "billing", **changes: Any) -> UserRecord:
    facts = {"secret_arn": "arn:secret", "requested_at": NOW} | changes
    return UserRecord(cluster_arn=ARN, account=CLIENT, name=name, **facts)


def by_scram(**changes: Any) -> ConnectionRecord:
    return connection(scheme=Scheme.SCRAM, **{"connection_arn": "arn:c"} | changes)


# ------------------------------------------------------------------------------------ the request


@pytest.mark.parametrize("name", ["", "a b", "a'b", "a*", "a/b", 'a"', "a=b", "x" * 65, "ünal"])
def test_a_name_needs_no_quotes_anywhere(name: str) -> None:
    with pytest.raises(ValidationError, match=r"users\.0\.name"):
        detail({"name": name})


def test_a_request_has_a_limited_number_of_different_users() -> None:
    names = [{"name": f"user-{number}"} for number in range(MOST_USERS + 1)]

    assert len(detail(*names[:-1]).users) == MOST_USERS
    with pytest.raises(ValidationError, match="at most 4 items"):
        detail(*names)
    with pytest.raises(ValidationError, match="each user can be there once"):
        detail(names[0], names[0])


@pytest.mark.parametrize("schemes", [("scram",), ("iam", "SCRAM"), ("auto",)])
def test_users_come_with_scram(schemes: tuple[str, ...]) -> None:
    assert detail({"name": "billing"}, schemes=schemes).users == (UserRequest(name="billing"),)


@pytest.mark.parametrize("schemes", [("iam",), ("iam", "tls")])
def test_users_without_scram_are_refused(schemes: tuple[str, ...]) -> None:
    assert detail(schemes=schemes).users == ()
    with pytest.raises(ValidationError, match="none of the schemes: add it"):
        detail({"name": "billing"}, schemes=schemes)


# ------------------------------------------------------------------------------------- the bounds


def test_users_within_the_bounds_are_allowed() -> None:
    assert decide("billing", "billing-eu", "audit") == UserDecision(
        ("billing", "billing-eu", "audit")
    )


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        (None, "it allows this account no users"),
        ({"names": ["*"], "actions": ["produce"]}, "it allows this account no users"),
        (BOUNDS | {"users": []}, "it allows this account no users"),
        (BOUNDS, "the name is none of billing*, audit"),
    ],
)
def test_a_user_beyond_the_bounds_is_refused_with_them(bounds: Any, words: str) -> None:
    decision = decide("admin", bounds=bounds)

    assert decision.allowed == ()
    assert decision.beyond["admin"].code is Code.USER_NOT_ALLOWED
    assert words in decision.beyond["admin"].message


def test_the_value_in_each_remedy_allows_all_users_of_the_request() -> None:
    decision = decide("admin", "reports", "billing")

    for refusal in decision.beyond.values():
        found = re.search(r"--value '(.*)'", refusal.remedy)
        assert found
        bounds = AccessBounds.model_validate_json(found[1])
        assert decide("admin", "reports", "billing", bounds=json.loads(found[1])).beyond == {}
        assert bounds.names == ("billing.*",)


def test_invalid_bounds_allow_no_user() -> None:
    decision = decide("billing", bounds={"users": "all"})

    assert decision.beyond["billing"].code is Code.MALFORMED_ACCESS_BOUNDS


# --------------------------------------------------------------------------------------- the ACLs


def rights(access: KafkaAccess) -> list[str]:
    return [one.partition("User:billing ")[2] or one for one in commands_to_add("billing", access)]


def test_an_acl_is_for_each_name_or_prefix() -> None:
    access = KafkaAccess(produce=("a", "b.*", "c"), transactional_ids=("*",))

    assert rights(access) == [
        "--operation Write --operation Describe --topic a --topic c",
        "--operation Write --operation Describe --resource-pattern-type prefixed --topic b.",
        "--operation Write --operation Describe --transactional-id '*'",
    ]


def test_a_pattern_that_no_acl_can_express_is_said() -> None:
    [comment, command] = rights(KafkaAccess(consume=("a*z", "b")))

    assert comment == "# No ACL can stand for a*z of consume: only the end can be *."
    assert command == "--operation Read --operation Describe --topic b"


def test_without_access_there_is_no_command() -> None:
    assert commands_to_add("billing", KafkaAccess()) == ()


# ------------------------------------------------------------------------------------- the record


def test_the_account_is_at_the_place_in_the_name_that_the_key_policy_reads() -> None:
    pattern = "AmazonMSK_${Namespace}_${!aws:PrincipalAccount}_*"
    assert pattern in (ROOT / "template.yaml").read_text()
    of_client = pattern.replace("${Namespace}", "msklink").replace(
        "${!aws:PrincipalAccount}", CLIENT
    )

    name = secret_name("msklink", CLIENT, CLUSTER, "a_b")

    assert name == f"AmazonMSK_msklink_{CLIENT}_orders_a_b"
    assert fnmatchcase(name, of_client)


@pytest.mark.parametrize(
    ("changes", "is_settled"),
    [
        ({}, True),
        ({"requested_at": LATER}, False),
        ({"rotation_days": 30}, False),
        ({"secret_arn": ""}, False),
        ({"refusal": REASON}, False),
    ],
)
def test_a_user_is_settled_until_it_is_requested_again(
    changes: dict[str, Any], *, is_settled: bool
) -> None:
    assert user(**changes).is_settled(NOW, 0) is is_settled


def test_a_removal_is_scheduled_once() -> None:
    scheduled = user().scheduled_for_removal(REASON, TERMS, NOW)

    assert scheduled.removal == Removal(reason=REASON, due=NOW + timedelta(hours=24))
    assert scheduled.scheduled_for_removal(REASON, TERMS, LATER) == scheduled
    assert not scheduled.is_due(LATER)
    assert scheduled.is_due(NOW + timedelta(hours=24))


def test_a_user_that_is_not_ready_needs_no_grace_period() -> None:
    scheduled = user(secret_arn="").scheduled_for_removal(REASON, TERMS, NOW)

    assert scheduled.is_due(NOW)


def test_protection_ends_with_its_setting() -> None:
    protected = RemovalTerms("msklink", timedelta(hours=24), protection=True)
    kept = user().scheduled_for_removal(REASON, protected, NOW)

    assert kept.removal == Removal(reason=REASON)
    assert not kept.is_due(NOW + timedelta(days=365))
    assert kept.scheduled_for_removal(REASON, TERMS, NOW).removal == Removal(
        reason=REASON, due=NOW + timedelta(hours=24)
    )


def test_the_report_has_the_acls_of_what_is_ready() -> None:
    acls = {"billing": ("one",), "audit": ("two",)}
    known = {"billing": user()}

    found = report(("billing", "audit"), {"admin": REASON}, known, acls)

    assert found.users == (
        UserStatus(name="admin", state=UserState.REFUSED),
        UserStatus(name="audit", state=UserState.ASKED),
        UserStatus(name="billing", state=UserState.READY, secret_arn="arn:secret", acls=("one",)),
    )
    assert found.refusals == (REASON,)


def test_a_long_status_keeps_the_secrets_and_drops_the_commands() -> None:
    users = (UserStatus(name="billing", state=UserState.READY, secret_arn="arn", acls=("c" * 99,)),)
    records = [
        by_scram(vpc_id=f"vpc-{number}", users=users, state=State.PUBLISHED) for number in range(50)
    ]

    [short] = status.describe(ARN, records[:1])["vpcs"].values()
    long = status.describe(ARN, records)["vpcs"]

    assert short["scram"]["users"]["billing"]["acls"] == ["c" * 99]
    assert long["vpc-49"]["scram"]["users"] == {"billing": {"state": "ready", "secret_arn": "arn"}}


# ------------------------------------------------------------------------------------- the removal


@pytest.mark.parametrize(
    ("connections", "is_needed"),
    [
        ([by_scram()], True),
        ([by_scram(wanted=False)], True),
        ([by_scram(state=State.REFUSED, connection_arn=None)], True),
        ([by_scram(removal=Removal(reason=REASON, due=LATER))], True),
        ([by_scram(removal=Removal(reason=REASON, due=NOW))], False),
        ([connection(scheme=Scheme.IAM)], False),
        ([by_scram(account=OTHER_CLIENT)], False),
        ([], False),
    ],
)
def test_a_user_is_needed_while_its_account_has_a_connection_by_scram(
    connections: list[ConnectionRecord], *, is_needed: bool
) -> None:
    assert unneeded([user()], connections, NOW) == ([] if is_needed else [user()])


@given(st.sampled_from(State), st.booleans(), st.booleans())
def test_no_user_is_removed_under_a_connection_that_works(
    state: State, wanted: bool, is_scheduled: bool
) -> None:
    removal = Removal(reason=REASON, due=LATER) if is_scheduled else None
    one = by_scram(state=state, wanted=wanted, removal=removal)

    assert unneeded([user()], [one], NOW) == []


def test_only_secrets_that_stay_are_published() -> None:
    def status_of(name: str, **changes: Any) -> UserStatus:
        return UserStatus(name=name, state=UserState.READY, **{"secret_arn": name} | changes)

    users = (
        status_of("stays"),
        status_of("goes later", due=LATER),
        status_of("goes now", due=NOW),
        status_of("asked", secret_arn=""),
    )
    going = by_scram(users=(status_of("gone"),), removal=Removal(reason=REASON, due=NOW))

    assert secrets_to_publish([by_scram(users=users), going], NOW) == {
        "stays": "stays",
        "goes later": "goes later",
    }
