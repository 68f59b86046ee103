"""SCRAM users are removed when no client needs them, and not before."""

from collections.abc import Callable

from tests.support.aws import CLIENT, OTHER_CLIENT
from tests.support.user_team import BILLING, BOUNDS, NAME, Team


def test_a_user_goes_with_the_last_connection_of_its_account(team: Team) -> None:
    team.accounts.allow(CLIENT, BOUNDS)
    team.ask(BILLING)

    [run] = team.leave()

    assert team.password() is None
    assert team.associated() == []
    assert "DeletedDate" in team.secrets()[NAME]
    assert team.parameter() is None
    states = team.engine.states(run)
    assert states.index("CloseConnections") < states.index("RemoveUsers")
    [removed] = team.events("Kafka User Removed")
    assert removed["commands"].endswith("--list --principal User:billing")
    assert not [item for item in team.accounts.items(team.cluster) if item.startswith("user#")]


def test_a_user_stays_through_the_grace_period_of_the_connection(team: Team) -> None:
    team.accounts.allow(CLIENT, BOUNDS)
    team.ask(BILLING)
    team.accounts.tag_cluster(team.cluster, msklink__clients=OTHER_CLIENT)
    team.reconcile()

    assert team.password() is not None

    team.advance_hours(25)
    team.engine.sweep()
    assert team.password() is None
    assert team.accounts.connections(CLIENT) == []


def test_a_user_that_is_not_requested_any_more_is_removed_after_the_grace_period(
    team: Team,
) -> None:
    team.accounts.allow(CLIENT, BOUNDS)
    team.ask(BILLING)

    team.ask()

    [scheduled] = team.events("Kafka User Removal Scheduled")
    assert scheduled["refusal"]["code"] == "UserNotRequested"
    assert team.user()["due"]
    assert team.warnings() == ["UserNotRequested"]
    assert team.password() is not None
    team.advance_hours(25)
    team.engine.sweep()
    assert team.password() is None
    assert team.parameter() is None
    assert team.entry()["state"] == "published"
    assert "users" not in team.entry()


def test_a_request_within_the_grace_period_keeps_the_user(team: Team) -> None:
    team.accounts.allow(CLIENT, BOUNDS)
    team.ask(BILLING)
    password = team.password()
    team.ask()

    team.ask(BILLING)
    team.advance_hours(25)
    team.engine.sweep()

    assert team.password() == password
    assert "due" not in team.user()
    assert team.warnings() == []


def test_a_user_that_the_owner_allows_no_more_is_removed_after_the_grace_period(
    team: Team,
) -> None:
    team.accounts.allow(CLIENT, BOUNDS)
    team.ask(BILLING)
    team.accounts.allow(CLIENT, BOUNDS | {"users": []})

    team.engine.sweep()

    assert team.warnings() == ["UserNotAllowed"]
    assert team.user()["due"]
    team.advance_hours(25)
    team.engine.sweep()
    assert team.password() is None
    assert team.user() == {"state": "refused"}


def test_deletion_protection_keeps_a_user(team: Team, stack: Callable[..., None]) -> None:
    team.accounts.allow(CLIENT, BOUNDS)
    team.ask(BILLING)
    stack(DELETION_PROTECTION="true")

    team.ask()
    team.advance_hours(25)
    team.engine.sweep()

    assert team.password() is not None
    assert team.user()["state"] == "ready"


def test_a_user_that_is_requested_again_after_its_removal_gets_a_new_password(
    team: Team,
) -> None:
    team.accounts.allow(CLIENT, BOUNDS)
    team.ask(BILLING)
    password = team.password()
    team.ask()
    team.advance_hours(25)
    team.engine.sweep()

    team.ask(BILLING)

    assert team.password() not in {None, password}
    assert team.user()["state"] == "ready"
    assert "DeletedDate" not in team.secrets()[NAME]


def test_users_of_a_deleted_cluster_are_removed(team: Team) -> None:
    team.accounts.allow(CLIENT, BOUNDS)
    team.ask(BILLING)
    team.accounts.client("kafka").delete_cluster(ClusterArn=team.cluster)
    team.advance_hours(1)

    team.engine.sweep()
    team.advance_hours(25)
    team.engine.sweep()

    assert "DeletedDate" in team.secrets()[NAME]
