"""What the owner's command says of SCRAM users: their state, secrets, ACLs and removal."""

from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from msklink.auth_scheme import Scheme
from msklink.connections.record import ConnectionRecord, State
from msklink.policy.acls import commands_to_add
from msklink.policy.kafka_access import KafkaAccess
from msklink.refusals import Code, refuse
from msklink.removal import Removal
from msklink.users.record import UserRecord, UserState, UserStatus
from msklink_cli import findings, show
from msklink_cli.findings import Severity
from msklink_cli.report import ClusterDetail
from tests.cli.test_report import detail, snapshot
from tests.unit.factories import ARN, CLIENT, LATER, NOW, OTHER_CLIENT, OWNER, connection

SECRET = (
    f"arn:aws:secretsmanager:eu-west-1:{OWNER}:secret:AmazonMSK_msklink_{CLIENT}_orders_billing-"
    "a1b2c3"
)
PRODUCE = commands_to_add("billing", KafkaAccess(produce=("billing.payments", "billing.audit")))
CONSUME = commands_to_add("billing", KafkaAccess(consume=("billing.*",)))
NOT_REQUESTED = refuse(
    Code.USER_NOT_REQUESTED, account=CLIENT, user="billing", cluster="orders", key="k"
)


def record(**changes: Any) -> UserRecord:
    facts = {"cluster_arn": ARN, "account": CLIENT, "name": "billing", "requested_at": NOW}
    return UserRecord(**(facts | {"secret_arn": SECRET} | changes))


def status(**changes: Any) -> UserStatus:
    facts = {"name": "billing", "state": UserState.READY, "secret_arn": SECRET, "acls": PRODUCE}
    return UserStatus(**(facts | changes))


def by_scram(*users: UserStatus, **changes: Any) -> ConnectionRecord:
    return connection(**({"scheme": Scheme.SCRAM, "state": State.PUBLISHED} | changes), users=users)


def cluster(*connections: ConnectionRecord, users: list[UserRecord]) -> ClusterDetail:
    return detail(replace(snapshot(*connections), users=users))


def lines(of: ClusterDetail, width: int = 80) -> list[str]:
    console = Console(width=width, highlight=False, emoji=False, markup=False)
    with console.capture() as captured:
        show.draw(console, of)
    return [line.rstrip() for line in captured.get().splitlines()]


def test_a_user_is_shown_with_its_secret_and_the_commands_for_its_acls() -> None:
    found = cluster(by_scram(status()), users=[record()])

    [row] = [line for line in lines(found) if line.startswith(CLIENT) and "billing" in line]
    assert row.split() == [CLIENT, "billing", "✓", "ready", "2026-01-01", "00:00Z", "-"]


@pytest.mark.parametrize("width", [40, 80, 200])
def test_what_people_copy_is_not_broken_in_any_terminal(width: int) -> None:
    found = cluster(by_scram(status()), users=[record()])

    assert {SECRET, *PRODUCE} <= set(lines(found, width))


def test_all_fields_are_data_for_programs() -> None:
    rotated = record(rotation_days=30)

    data = cluster(by_scram(status()), users=[rotated]).model_dump(mode="json")

    [user] = data["users"]
    assert user == {
        "account": CLIENT,
        "name": "billing",
        "state": "ready",
        "requested": "2026-01-01T00:00:00Z",
        "secret_arn": SECRET,
        "rotation_days": 30,
        "acls": list(PRODUCE),
        "refusal": None,
        "removal": None,
    }
    assert data["connections"][0]["users"] == {"billing": "ready"}


def test_the_vpcs_of_an_account_share_a_user_and_have_acls_of_their_own() -> None:
    found = cluster(
        by_scram(status()),
        by_scram(status(acls=(*PRODUCE, *CONSUME)), vpc_id="vpc-2"),
        users=[record()],
    )

    [user] = found.users
    assert user.acls == (*PRODUCE, *CONSUME)


def test_a_user_that_no_connection_names_is_known_from_its_record() -> None:
    removal = Removal(reason=NOT_REQUESTED, due=LATER)
    kept = record(name="audit", removal=Removal(reason=NOT_REQUESTED))
    found = cluster(users=[record(removal=removal), kept])

    assert [one.name for one in found.users] == ["audit", "billing"]
    rows = {line.split()[1]: line for line in lines(found, 120) if line.startswith(CLIENT)}
    assert rows["billing"].endswith("leaves 2026-01-01 01:00Z")
    assert rows["audit"].endswith("leaves never: it is protected")


def test_users_that_are_not_ready_have_no_secret() -> None:
    refusal = refuse(Code.USER_REFUSED, user="audit", cluster="orders", error="E", problem="full")
    found = cluster(
        by_scram(
            status(state=UserState.REFUSED, secret_arn="", acls=()),
            status(name="audit", state=UserState.REFUSED, secret_arn="", acls=()),
            status(name="new", state=UserState.ASKED, secret_arn="", acls=()),
        ),
        users=[record(name="audit", secret_arn="", refusal=refusal, requested_at=None)],
    )

    shown = lines(found)
    assert [(one.name, one.state.value) for one in found.users] == [
        ("audit", "refused"),
        ("billing", "refused"),
        ("new", "asked"),
    ]
    assert next(line for line in shown if "audit" in line).endswith("UserRefused")
    assert not [line for line in shown if line.startswith(("Secrets", "ACLs"))]


def test_nothing_is_said_of_users_where_nobody_requests_any() -> None:
    assert "SCRAM users" not in "\n".join(lines(cluster(by_scram(), users=[])))


def test_a_refused_user_is_a_problem_and_a_scheduled_removal_waits() -> None:
    taken = refuse(
        Code.USER_TAKEN,
        user="billing",
        cluster="orders",
        problem="another account has requested it",
    )
    found = cluster(by_scram(notices=(taken, NOT_REQUESTED)), users=[])

    assert [(one.code, one.severity) for one in findings.of_cluster(found)] == [
        ("UserTaken", Severity.PROBLEM),
        ("UserNotRequested", Severity.WAITING),
    ]


def test_acls_that_the_owner_may_still_have_to_add_are_no_finding() -> None:
    """MSK does not say which ACLs there are."""
    assert not list(findings.of_cluster(cluster(by_scram(status()), users=[record()])))


def test_accounts_are_apart() -> None:
    found = cluster(
        by_scram(status()),
        by_scram(status(state=UserState.REFUSED, secret_arn="", acls=()), account=OTHER_CLIENT),
        users=[record()],
    )

    assert [(one.account, one.state.value) for one in found.users] == [
        (CLIENT, "ready"),
        (OTHER_CLIENT, "refused"),
    ]
