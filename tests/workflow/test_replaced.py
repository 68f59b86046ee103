"""A cluster that is deleted and created again with the same name, in every order of events."""

from collections.abc import Callable

import pytest

from msklink.settings import settings
from tests.support.aws import CLIENT, OTHER_CLIENT
from tests.support.functions import OWNER
from tests.support.onboarded_client import TAGS
from tests.support.replacement import Replacement, prepare_replacement

prepare = prepare_replacement


# ----------------------------------------------------------------------------- orders of events


def nothing_but_the_event_of_the_new_one(it: Replacement) -> None:
    it.replace()
    it.send_tag_event()


def nothing_but_the_sweep(it: Replacement) -> None:
    it.replace()
    it.sweep()


def the_sweep_saw_that_the_old_one_is_gone(it: Replacement) -> None:
    it.delete_old()
    it.sweep()
    assert it.accounts.status(CLIENT)["vpcs"][it.onboarded.vpc_id]["iam"]["leaving"]
    it.make_new()
    it.send_tag_event()


def the_sweep_sees_both_one_after_the_other(it: Replacement) -> None:
    it.delete_old()
    it.sweep()
    it.make_new()
    it.sweep()


def the_tags_come_late(it: Replacement) -> None:
    it.delete_old()
    it.make_new(team="payments")
    it.sweep()
    it.onboarded.advance_hours(2)
    it.accounts.client("kafka").tag_resource(ResourceArn=it.new, Tags=TAGS)
    it.send_tag_event()


def the_connections_are_due_when_the_new_one_comes(it: Replacement) -> None:
    it.delete_old()
    it.sweep()
    it.onboarded.advance_hours(24)
    it.make_new()
    it.sweep()


def the_clients_asked_by_event(it: Replacement) -> None:
    """Replace the tags of the clients by requests."""
    it.onboarded.request_onboarding()
    it.accounts.untag_vpc(CLIENT, it.onboarded.vpc_id)
    it.onboarded.reconcile()
    it.replace()
    it.send_tag_event()


ORDERS: list[Callable[[Replacement], None]] = [
    nothing_but_the_event_of_the_new_one,
    nothing_but_the_sweep,
    the_sweep_saw_that_the_old_one_is_gone,
    the_sweep_sees_both_one_after_the_other,
    the_tags_come_late,
    the_connections_are_due_when_the_new_one_comes,
    the_clients_asked_by_event,
]


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.__name__)
def test_one_run_connects_the_new_cluster_and_removes_the_old(
    replacement: Replacement, order: Callable[[Replacement], None]
) -> None:
    order(replacement)

    assert replacement.runs_of_new() == 1
    replacement.assert_new_is_served()
    codes = {code for _, code in replacement.onboarded.take_events()} - {""}
    assert codes <= {"ClusterNotFound", "ClusterReplaced"}
    assert "ClusterReplaced" in codes
    replacement.assert_quiet()


# --------------------------------------------------------------------- while the old cluster exists


def test_a_cluster_keeps_its_name_while_it_is_deleted_and_the_client_is_informed(
    replacement: Replacement,
) -> None:
    accounts = replacement.accounts
    replacement.delete_old(slowness=100)
    replacement.make_new()
    before = accounts.parameters(CLIENT)
    replacement.send_tag_event()

    status = accounts.status(CLIENT)
    assert status["refusal"]["code"] == "ClusterNameTaken"
    assert replacement.old in status["refusal"]["message"]
    assert replacement.new in status["refusal"]["message"]
    assert (status["cluster_arn"], status["state"]) == (replacement.old, "published")
    assert ("Client Refused", "ClusterNameTaken") in replacement.onboarded.take_events()
    after = accounts.parameters(CLIENT)
    assert after.pop("/msklink/orders/status") != before.pop("/msklink/orders/status")
    assert after == before
    assert accounts.status(OWNER)["cluster_arn"] == replacement.old

    replacement.onboarded.advance_hours(24)
    replacement.sweep()

    replacement.assert_new_is_served()
    replacement.assert_quiet()


def test_a_request_by_name_is_for_the_cluster_that_is_not_being_deleted(
    replacement: Replacement,
) -> None:
    replacement.delete_old(slowness=100)
    replacement.make_new()

    replacement.onboarded.request_onboarding()
    replacement.settle()

    assert replacement.runs_of_new() == 1


# ---------------------------------------------------------------------------- actions of people


def test_a_client_that_deletes_the_parameters_is_served_and_keeps_its_group(
    replacement: Replacement,
) -> None:
    accounts = replacement.accounts
    replacement.delete_old()
    replacement.sweep()
    replacement.make_new()
    ssm = accounts.client("ssm", CLIENT)
    for name in accounts.parameters(CLIENT):
        ssm.delete_parameter(Name=name)
    replacement.onboarded.take_events()
    replacement.send_tag_event()

    assert replacement.published(CLIENT) == replacement.brokers()
    for _ in range(30):
        replacement.onboarded.advance_hours(1)
        replacement.sweep()
    assert "SecurityGroupInUse" not in {code for _, code in replacement.onboarded.take_events()}
    assert len(replacement.onboarded.managed_groups()) == 1
    replacement.assert_quiet()


@pytest.mark.parametrize("guard", ["tag", "stack"])
def test_protection_does_not_keep_a_dead_connection_with_a_successor(
    replacement: Replacement, guard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if guard == "tag":
        replacement.accounts.client("ec2", CLIENT).create_tags(
            Resources=[replacement.onboarded.vpc_id], Tags=[{"Key": "msklink/protect", "Value": ""}]
        )
    else:
        monkeypatch.setenv("DELETION_PROTECTION", "true")
        settings.cache_clear()
    replacement.delete_old()
    replacement.sweep()
    assert replacement.onboarded.status_entry()["leaving"]["reason"]["code"] == "DeletionProtected"

    replacement.make_new()
    replacement.send_tag_event()

    replacement.assert_new_is_served()
    replacement.assert_quiet()


def test_an_account_that_the_new_cluster_does_not_list_is_offboarded(
    replacement: Replacement,
) -> None:
    accounts = replacement.accounts
    replacement.delete_old()
    replacement.make_new(**(TAGS | {"msklink/clients": OTHER_CLIENT}))
    replacement.send_tag_event()

    assert accounts.status(OTHER_CLIENT)["cluster_arn"] == replacement.new
    removal = replacement.onboarded.status_entry()["leaving"]
    assert removal["reason"]["code"] == "ClusterNotFound"

    replacement.onboarded.advance_hours(24)
    replacement.sweep()

    assert accounts.parameters(CLIENT) == {}
    assert accounts.connections(CLIENT) == []
    assert replacement.onboarded.managed_groups() == []
    assert replacement.published(OTHER_CLIENT) == replacement.brokers()
    replacement.assert_quiet()


def test_a_manual_connection_of_the_old_cluster_is_kept(replacement: Replacement) -> None:
    accounts = replacement.accounts
    [made] = accounts.connections(CLIENT)
    accounts.client("kafka", CLIENT).untag_resource(
        ResourceArn=made["VpcConnectionArn"], TagKeys=["msklink/managed-by"]
    )
    replacement.replace()
    replacement.send_tag_event()

    states = {one["TargetClusterArn"]: one["State"] for one in accounts.connections(CLIENT)}
    assert states == {replacement.old: "INACTIVE", replacement.new: "AVAILABLE"}
    assert replacement.published(CLIENT) == replacement.brokers()
    replacement.assert_quiet()
