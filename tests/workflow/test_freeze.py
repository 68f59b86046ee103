"""A freeze: nothing of the cluster changes, status and alerts go on, and its end does the rest."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support import change_control, external_changes
from tests.support.aws import CLIENT, OTHER_CLIENT
from tests.support.functions import OWNER
from tests.support.onboarded_client import OnboardedClient

MINUTE = 60


def freeze(onboarded: OnboardedClient) -> None:
    change_control.set_terms(onboarded.accounts, onboarded.cluster, freeze="incident 42")


def thaw(onboarded: OnboardedClient) -> None:
    change_control.remove_terms(onboarded.accounts, onboarded.cluster, "freeze")


def changeable(onboarded: OnboardedClient) -> dict[str, Any]:
    """Return everything that a freeze holds; a status and the plan may change."""
    accounts = onboarded.accounts
    snapshot = accounts.snapshot(onboarded.cluster)
    return {
        "reboots": change_control.reboots(accounts, onboarded.cluster),
        "policy": accounts.policy(onboarded.cluster),
        "connections": snapshot["connections"],
        "security groups": snapshot["security groups"],
        "parameters": {
            (account, name): version
            for account, versions in snapshot["parameters"].items()
            for name, version in versions.items()
            if not name.endswith(("/status", "/plan"))
        },
    }


# ---------------------------------------------------------------------- what is asked while frozen


@pytest.mark.parametrize("where", ["tag", "parameter"])
@pytest.mark.parametrize("scheme", ["iam", "scram"])  # on, and off
def test_a_frozen_cluster_gets_no_client_until_it_thaws(
    onboarded: OnboardedClient, stack: Callable[..., None], where: str, scheme: str
) -> None:
    accounts, cluster = onboarded.accounts, onboarded.cluster
    accounts.tag_cluster(cluster, msklink="iam scram")
    if where == "tag":
        freeze(onboarded)
    else:
        stack(FREEZE="true")
    before = changeable(onboarded)
    vpc_id = accounts.make_tagged_vpc(CLIENT, scheme)

    onboarded.reconcile()

    after = changeable(onboarded)
    assert after["security groups"][CLIENT].pop()["VpcId"] == vpc_id  # the default group
    assert after == before
    waiting = change_control.entry(accounts, CLIENT, vpc_id, scheme)["waiting"]
    assert waiting["code"] == "Frozen"
    assert ("msklink/freeze" if where == "tag" else "Freeze of the owner") in waiting["remedy"]
    assert accounts.status(OWNER)["clients"] == {CLIENT: "waiting", OTHER_CLIENT: "published"}
    [event] = accounts.take_events()
    assert event["detail_type"] == "Connectivity Held"
    assert (event["schemes"], event["accounts"]) == ([scheme], [CLIENT])
    onboarded.sweep()
    assert not accounts.take_events()

    if where == "tag":
        thaw(onboarded)
    else:
        stack(FREEZE="false")
    assert onboarded.sweep() == 1

    assert change_control.entry(accounts, CLIENT, vpc_id, scheme)["state"] == "published"
    assert change_control.held(cluster) == {}
    assert onboarded.sweep() == 0


# -------------------------------------------------------------------- what is due or done by others


def a_removal_is_due(onboarded: OnboardedClient) -> None:
    onboarded.remove_vpc_tag()
    onboarded.advance_hours(48)


def a_removal_is_requested(onboarded: OnboardedClient) -> None:
    onboarded.request_offboarding()


def the_account_is_not_listed_any_more(onboarded: OnboardedClient) -> None:
    onboarded.remove_from_client_list()
    onboarded.advance_hours(48)


REMOVALS = [a_removal_is_due, a_removal_is_requested, the_account_is_not_listed_any_more]


@pytest.mark.parametrize("ask", REMOVALS)
def test_a_removal_that_is_due_waits_for_the_end_of_a_freeze(
    onboarded: OnboardedClient, ask: Callable[[OnboardedClient], None]
) -> None:
    freeze(onboarded)
    before = changeable(onboarded)

    ask(onboarded)
    onboarded.sweep()
    onboarded.reconcile()

    assert changeable(onboarded) == before
    assert onboarded.status_entry()["leaving"]["due"]
    assert change_control.held(onboarded.cluster) == {"-": "Frozen"}
    assert onboarded.take_events().count(("Connectivity Held", "Frozen")) == 1

    thaw(onboarded)
    assert onboarded.sweep() == 1

    onboarded.assert_is_offboarded()
    assert change_control.held(onboarded.cluster) == {}


def our_statement_is_changed(onboarded: OnboardedClient) -> None:
    external_changes.add_to_our_statement(onboarded.accounts, onboarded.cluster, "444444444444")


def the_connection_is_deleted(onboarded: OnboardedClient) -> None:
    external_changes.delete_connections(onboarded.accounts, CLIENT)


def a_parameter_is_changed(onboarded: OnboardedClient) -> None:
    external_changes.overwrite_bootstrap_servers(onboarded.accounts, CLIENT)


def the_scheme_is_turned_off(onboarded: OnboardedClient) -> None:
    external_changes.set_private_connectivity(onboarded.accounts, onboarded.cluster, on=False)


@pytest.mark.parametrize(
    "change",
    [
        our_statement_is_changed,
        the_connection_is_deleted,
        a_parameter_is_changed,
        the_scheme_is_turned_off,
    ],
)
def test_drift_is_repaired_at_the_end_of_a_freeze(
    onboarded: OnboardedClient,
    repair: Callable[[str], None],
    change: Callable[[OnboardedClient], None],
) -> None:
    repair("connection,policy,parameters,connectivity")
    freeze(onboarded)
    onboarded.reconcile()
    change(onboarded)
    before = changeable(onboarded)

    onboarded.sweep()

    assert changeable(onboarded) == before
    assert "Drift Repaired" not in dict(onboarded.take_events())

    thaw(onboarded)
    onboarded.sweep()

    onboarded.assert_is_onboarded()
    assert "Drift Repaired" in dict(onboarded.take_events())
    assert onboarded.sweep() == 0


# ------------------------------------------------------------------------- in the middle of a run


def published(onboarded: OnboardedClient, vpc_id: str) -> bool:
    parameters = onboarded.accounts.parameters(CLIENT)
    entry = change_control.entry(onboarded.accounts, CLIENT, vpc_id, "scram")
    return entry["state"] == "published" and "/msklink/orders/scram/bootstrap.servers" in parameters


@pytest.mark.parametrize(
    ("last", "reboots", "connections"),
    [
        ("UpdateConnectivity", 2, 1),  # the reboot goes on, and nothing after it
        ("CreateVpcConnection", 2, 2),  # MSK creates the connection, and it is not published
        ("ListClientVpcConnections", 2, 2),
    ],
)
def test_a_freeze_holds_what_a_run_has_not_begun(
    onboarded: OnboardedClient, last: str, reboots: int, connections: int
) -> None:
    accounts, cluster = onboarded.accounts, onboarded.cluster
    accounts.tag_cluster(cluster, msklink="iam scram")
    accounts.tag_vpc(CLIENT, onboarded.vpc_id, "iam scram")
    accounts.meanwhile(last, lambda: freeze(onboarded))  # no event of this arrives

    onboarded.reconcile()

    assert change_control.reboots(accounts, cluster) == reboots
    assert len(onboarded.connections()) == connections
    assert not published(onboarded, onboarded.vpc_id)
    waiting = change_control.entry(accounts, CLIENT, onboarded.vpc_id, "scram")
    assert (waiting["state"], waiting["waiting"]["code"]) == ("waiting", "Frozen")
    assert change_control.held(cluster) == {"scram": "Frozen"}

    thaw(onboarded)
    assert onboarded.sweep() == 1

    assert published(onboarded, onboarded.vpc_id)
    assert change_control.reboots(accounts, cluster) == 2
    assert onboarded.connections() == ["AVAILABLE", "AVAILABLE"]
    assert onboarded.sweep() == 0


def test_a_freeze_that_ends_before_its_run_does_leaves_nothing_undone(
    onboarded: OnboardedClient,
) -> None:
    accounts = onboarded.accounts
    vpc_id = accounts.make_tagged_vpc(CLIENT, "iam")

    def thaw_after_the_next() -> None:
        accounts.meanwhile("DescribeClusterV2", lambda: thaw(onboarded))

    def freeze_for_one_look() -> None:
        freeze(onboarded)
        accounts.meanwhile("DescribeClusterV2", thaw_after_the_next)

    accounts.meanwhile("CreateVpcConnection", freeze_for_one_look)

    onboarded.reconcile()

    assert change_control.entry(accounts, CLIENT, vpc_id)["state"] == "published"
