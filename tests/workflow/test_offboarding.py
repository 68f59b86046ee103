"""Removal of connections: the reasons, the time, the order, and what is kept."""

from collections.abc import Callable

import pytest

from msklink.aws import run_state
from msklink.settings import settings
from tests.support.aws import CLIENT, OTHER_CLIENT
from tests.support.functions import OWNER
from tests.support.onboarded_client import FIREHOSE, TAGS, OnboardedClient

SCHEDULED, OFFBOARDED = "Client Offboarding Scheduled", "Client Offboarded"
ONLY_STATUS = ["/msklink/orders/status"]

Trigger = Callable[[OnboardedClient], None]
each_way = pytest.mark.parametrize(
    ("take_back", "code"),
    [
        (OnboardedClient.remove_vpc_tag, "NoLongerAsked"),
        (OnboardedClient.set_vpc_tag_off, "NoLongerAsked"),
        (OnboardedClient.remove_from_client_list, "AccountNotAllowed"),
    ],
)


@pytest.fixture
def without_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRACE_HOURS", "0")
    settings.cache_clear()


# ------------------------------------------------------------------------------------- grace


@each_way
def test_a_connection_is_removed_when_it_is_due_and_not_before(
    onboarded: OnboardedClient, take_back: Trigger, code: str
) -> None:
    start = onboarded.accounts.clock.now()

    take_back(onboarded)

    [event] = onboarded.accounts.take_events()
    assert (event["detail_type"], event["refusal"]["code"]) == (SCHEDULED, code)
    assert (event["account"], event["vpc_id"], event["scheme"]) == (CLIENT, onboarded.vpc_id, "iam")
    assert event["due"] > start.isoformat()
    assert onboarded.status_entry()["state"] == "published"
    assert onboarded.status_entry()["leaving"]["reason"]["code"] == code
    onboarded.assert_is_onboarded()

    onboarded.advance_hours(23)
    assert onboarded.sweep() == 0
    onboarded.assert_is_onboarded()

    onboarded.advance_hours(1)
    assert onboarded.sweep() == 1

    onboarded.assert_is_offboarded()
    assert onboarded.take_events() == [(OFFBOARDED, code)]
    status = onboarded.accounts.status(CLIENT)
    assert (status["state"], status["refusal"]["code"]) == ("offboarded", code)
    assert onboarded.sweep() == 0


@pytest.mark.parametrize(
    "take_back", [OnboardedClient.remove_vpc_tag, OnboardedClient.remove_from_client_list]
)
def test_restoring_the_tag_in_time_keeps_the_connection(
    onboarded: OnboardedClient, take_back: Trigger
) -> None:
    take_back(onboarded)
    onboarded.advance_hours(12)

    onboarded.restore_tags()

    assert "leaving" not in onboarded.status_entry()
    onboarded.advance_hours(24)
    assert onboarded.sweep() == 0
    onboarded.assert_is_onboarded()


@pytest.mark.usefixtures("without_grace")
@each_way
def test_without_a_grace_period_it_is_removed_at_once(
    onboarded: OnboardedClient, take_back: Trigger, code: str
) -> None:
    take_back(onboarded)

    onboarded.assert_is_offboarded()
    assert onboarded.take_events() == [(SCHEDULED, code), (OFFBOARDED, code)]


def test_an_offboarding_request_disconnects_at_once_and_can_be_reversed(
    onboarded: OnboardedClient,
) -> None:
    onboarded.request_offboarding()

    onboarded.assert_is_offboarded()
    assert onboarded.accounts.status(CLIENT)["refusal"]["code"] == "OffboardingRequested"
    assert onboarded.sweep() == 0
    onboarded.assert_is_offboarded()

    onboarded.request_onboarding()

    onboarded.assert_is_onboarded()
    assert onboarded.accounts.status(CLIENT)["state"] == "published"
    assert "refusal" not in onboarded.accounts.status(CLIENT)


def test_a_late_duplicate_of_an_offboarding_request_disconnects_nobody(
    onboarded: OnboardedClient,
) -> None:
    request = onboarded.request_offboarding()
    onboarded.advance_hours(1)
    onboarded.request_onboarding()
    onboarded.accounts.take_events()

    onboarded.advance_hours(5)
    onboarded.engine.receive(request)

    onboarded.assert_is_onboarded()
    assert onboarded.take_events() == []


# --------------------------------------------------------------------------- the whole cluster


def test_opting_out_removes_all_clients_but_keeps_the_schemes(
    onboarded: OnboardedClient,
) -> None:
    accounts = onboarded.accounts
    accounts.tag_cluster(onboarded.cluster, msklink="off")
    onboarded.reconcile()
    assert onboarded.take_events() == [(SCHEDULED, "ClusterNotManaged")] * 2
    onboarded.assert_is_onboarded()

    onboarded.advance_hours(24)
    assert onboarded.sweep() == 1

    for account in (CLIENT, OTHER_CLIENT):
        assert onboarded.connections(account) == []
        assert onboarded.managed_groups(account) == []
        assert accounts.status(account)["refusal"]["code"] == "ClusterNotManaged"
    assert accounts.policy(onboarded.cluster)["Statement"] == [FIREHOSE]
    assert not accounts.parameters(OWNER)
    assert accounts.msk.calls[OWNER, "UpdateConnectivity"] == 1
    assert onboarded.sweep() == 0


def test_opting_out_without_clients_removes_the_resources_of_the_owner(
    onboarded: OnboardedClient,
) -> None:
    accounts = onboarded.accounts
    accounts.tag_cluster(onboarded.cluster, msklink__clients="")
    onboarded.reconcile()
    onboarded.advance_hours(24)
    onboarded.sweep()
    assert accounts.parameters(OWNER)

    accounts.tag_cluster(onboarded.cluster, msklink="off")
    onboarded.reconcile()

    assert not accounts.parameters(OWNER)
    assert onboarded.sweep() == 0
    assert not run_state.tracked_clusters()
    assert onboarded.sweep() == 0


def test_a_deleted_cluster_leaves_nothing_in_client_accounts(
    onboarded: OnboardedClient,
) -> None:
    accounts = onboarded.accounts
    accounts.client("kafka").delete_cluster(ClusterArn=onboarded.cluster)
    onboarded.advance_hours(1)
    assert onboarded.sweep() == 1
    assert onboarded.take_events()[1:] == [(SCHEDULED, "ClusterNotFound")] * 2
    assert len(onboarded.connections()) == 1

    onboarded.advance_hours(24)
    assert onboarded.sweep() == 1

    for account in (CLIENT, OTHER_CLIENT):
        assert not accounts.parameters(account)
        assert onboarded.connections(account) == []
        assert onboarded.managed_groups(account) == []
    assert not accounts.parameters(OWNER)
    assert onboarded.sweep() == 0

    accounts.make_cluster(tags=TAGS)  # of the same name, which is free now
    onboarded.sweep()
    assert accounts.status(CLIENT)["state"] == "published"


# ------------------------------------------------------------------------------------- order


@pytest.mark.usefixtures("without_grace")
@pytest.mark.parametrize(
    ("take_back", "grant_is_first"),
    [(OnboardedClient.remove_vpc_tag, False), (OnboardedClient.remove_from_client_list, True)],
)
def test_parameters_are_removed_before_connections_and_first_the_grant_of_a_delisted_account(
    onboarded: OnboardedClient, take_back: Trigger, *, grant_is_first: bool
) -> None:
    seen = []

    def look() -> None:
        seen.append((onboarded.parameters(), len(onboarded.managed_groups()), onboarded.granted()))

    onboarded.accounts.meanwhile("DeleteVpcConnection", look)
    take_back(onboarded)

    granted = [OTHER_CLIENT] if grant_is_first else [CLIENT, OTHER_CLIENT]
    assert seen == [(ONLY_STATUS, 1, granted)]
    onboarded.assert_is_offboarded()


@pytest.mark.usefixtures("without_grace")
def test_an_account_keeps_its_grant_until_its_last_vpc_is_removed(
    onboarded: OnboardedClient,
) -> None:
    other = onboarded.accounts.make_tagged_vpc(CLIENT)
    onboarded.reconcile()

    onboarded.remove_vpc_tag()

    onboarded.assert_is_onboarded()
    assert [*onboarded.accounts.status(CLIENT)["vpcs"]] == [other]

    onboarded.vpc_id = other
    onboarded.remove_vpc_tag()

    onboarded.assert_is_offboarded()


@pytest.mark.usefixtures("without_grace")
def test_one_scheme_can_be_removed_and_another_kept(onboarded: OnboardedClient) -> None:
    onboarded.accounts.tag_cluster(onboarded.cluster, msklink="iam scram")
    onboarded.accounts.tag_vpc(CLIENT, onboarded.vpc_id, "iam scram")
    onboarded.reconcile()
    assert onboarded.accounts.parameters(CLIENT, "/msklink/orders/scram")

    onboarded.restore_tags()

    onboarded.assert_is_onboarded()
    assert not onboarded.accounts.parameters(CLIENT, "/msklink/orders/scram")


# ------------------------------------------------------------------------------ kept resources


@pytest.mark.usefixtures("without_grace")
def test_a_manual_connection_is_kept_with_its_grant(
    onboarded: OnboardedClient,
) -> None:
    [made] = onboarded.accounts.connections(CLIENT)
    onboarded.accounts.client("kafka", CLIENT).untag_resource(
        ResourceArn=made["VpcConnectionArn"], TagKeys=["msklink/managed-by"]
    )

    onboarded.remove_vpc_tag()

    assert onboarded.connections() == ["AVAILABLE"]
    assert onboarded.granted() == [CLIENT, OTHER_CLIENT]
    assert onboarded.parameters() == ONLY_STATUS


@pytest.mark.usefixtures("without_grace")
def test_a_security_group_in_use_is_given_up_after_a_day(
    onboarded: OnboardedClient,
) -> None:
    [group] = onboarded.managed_groups()
    [subnet, *_] = onboarded.accounts.subnets(CLIENT, onboarded.vpc_id)
    onboarded.accounts.client("ec2", CLIENT).create_network_interface(
        SubnetId=subnet, Groups=[group]
    )

    onboarded.remove_vpc_tag()
    assert onboarded.connections() == []
    assert onboarded.accounts.status(CLIENT)["state"] == "closing"
    assert onboarded.take_events() == [(SCHEDULED, "NoLongerAsked")]

    onboarded.advance_hours(25)
    assert onboarded.sweep() == 1

    assert onboarded.managed_groups() == [group]
    assert onboarded.take_events() == [(OFFBOARDED, "SecurityGroupInUse")]
    assert onboarded.sweep() == 0


# ---------------------------------------------------------------------------------- protection


@pytest.mark.parametrize("guard", ["tag", "stack"])
def test_a_protected_connection_is_kept_and_reported_once(
    onboarded: OnboardedClient, guard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def protect(*, on: bool) -> None:
        if guard == "tag":
            ec2 = onboarded.accounts.client("ec2", CLIENT)
            change = ec2.create_tags if on else ec2.delete_tags
            change(Resources=[onboarded.vpc_id], Tags=[{"Key": "msklink/protect", "Value": ""}])
        else:
            monkeypatch.setenv("DELETION_PROTECTION", str(on).lower())
            settings.cache_clear()

    protect(on=True)
    onboarded.request_offboarding()
    onboarded.reconcile()
    onboarded.advance_hours(24)
    assert onboarded.sweep() == 0

    assert onboarded.take_events() == [("Client Refused", "DeletionProtected")]
    assert onboarded.status_entry()["leaving"]["reason"]["code"] == "DeletionProtected"
    onboarded.assert_is_onboarded()

    protect(on=False)
    assert onboarded.sweep() == 1

    onboarded.assert_is_offboarded()


@pytest.mark.parametrize("value", ["iaam", "iaam scram", ""])
def test_a_typo_in_a_cluster_tag_removes_no_connection(
    onboarded: OnboardedClient, value: str
) -> None:
    onboarded.accounts.tag_cluster(onboarded.cluster, msklink=value)

    onboarded.reconcile()
    onboarded.advance_hours(200)
    onboarded.sweep()

    onboarded.assert_is_onboarded()
    assert onboarded.status_entry()["state"] == "published"


def test_a_typo_in_a_vpc_tag_removes_no_connection(onboarded: OnboardedClient) -> None:
    onboarded.accounts.tag_vpc(CLIENT, onboarded.vpc_id, "iaam")

    onboarded.reconcile()
    onboarded.advance_hours(200)
    onboarded.sweep()

    onboarded.assert_is_onboarded()
    assert onboarded.take_events() == [("Client Refused", "UnknownScheme")]
    onboarded.restore_tags()
    assert onboarded.status_entry()["state"] == "published"
    assert onboarded.take_events() == []
