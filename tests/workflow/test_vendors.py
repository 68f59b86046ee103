"""Vendor accounts, which the owner lists and which create their own connections."""

from collections.abc import Callable
from typing import Any

import pytest

from msklink.policy.document import ACTIONS
from tests.support import external_changes
from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts
from tests.support.functions import OWNER
from tests.support.onboarded_client import FIREHOSE, TAGS, OnboardedClient
from tests.support.step_functions import Engine, tag_event

VENDOR, SECOND = "444444444444", "555555555555"
ALL = [CLIENT, OTHER_CLIENT, VENDOR]


def list_vendors(onboarded: OnboardedClient, accounts: str = VENDOR) -> None:
    """Write the vendor tag and send its event."""
    onboarded.accounts.tag_cluster(onboarded.cluster, msklink__vendors=accounts)
    onboarded.engine.receive(tag_event(onboarded.cluster, "msklink/vendors"))


@pytest.fixture
def with_vendor(onboarded: OnboardedClient) -> OnboardedClient:
    list_vendors(onboarded)
    external_changes.connect_manually(onboarded.accounts, onboarded.cluster, VENDOR)
    return onboarded


def opt_in(accounts: Accounts, engine: Engine, schemes: str = "iam", **tags: str) -> str:
    """Opt in a cluster with vendors and no clients, and finish its first run."""
    wanted = {"msklink": schemes, "msklink/vendors": VENDOR} | tags
    cluster = accounts.make_cluster(tags=wanted)
    engine.receive(tag_event(cluster))
    return cluster


def codes(accounts: Accounts) -> list[str]:
    return [event["refusal"]["code"] for event in accounts.take_events("Cluster Refused")]


# ---------------------------------------------------------------------------------- the grant


def test_a_vendor_gets_a_grant_and_nothing_else(onboarded: OnboardedClient) -> None:
    list_vendors(onboarded)

    assert onboarded.granted() == ALL
    [ours] = [
        one for one in onboarded.accounts.policy(onboarded.cluster)["Statement"] if one != FIREHOSE
    ]
    assert ours["Action"] == list(ACTIONS)
    assert onboarded.accounts.status(OWNER)["vendors"] == {VENDOR: "granted"}
    assert [*onboarded.accounts.status(OWNER)["clients"]] == [CLIENT, OTHER_CLIENT]
    assert not [item for item in onboarded.accounts.items(onboarded.cluster) if VENDOR in item]
    assert onboarded.take_events() == []
    assert onboarded.sweep() == 0


def test_its_connection_is_known_and_never_rejected(
    onboarded: OnboardedClient, repair: Callable[..., None]
) -> None:
    repair("policy", REJECT_UNKNOWN_CONNECTIONS="true")
    list_vendors(onboarded)
    external_changes.connect_manually(onboarded.accounts, onboarded.cluster, VENDOR)

    onboarded.reconcile()

    assert onboarded.sweep() == 0
    assert onboarded.take_events() == []
    assert onboarded.connections(VENDOR) == ["AVAILABLE"]


def test_several_tags_name_vendors_and_malformed_words_are_reported(
    onboarded: OnboardedClient,
) -> None:
    onboarded.accounts.tag_cluster(onboarded.cluster, msklink__vendors__2=f"{SECOND} 5555")

    list_vendors(onboarded)

    assert onboarded.granted() == [*ALL, SECOND]
    assert onboarded.take_events() == [("Cluster Refused", "MalformedAccountList")]


def test_an_account_that_is_client_and_vendor_is_served_as_a_client(
    onboarded: OnboardedClient,
) -> None:
    list_vendors(onboarded, f"{VENDOR} {CLIENT}")

    assert onboarded.take_events() == [("Cluster Refused", "VendorIsClient")]
    assert onboarded.accounts.status(OWNER)["vendors"] == {VENDOR: "granted"}
    assert onboarded.granted() == ALL
    assert onboarded.status_entry()["state"] == "published"


def test_a_vendor_has_none_of_the_access_it_requested_as_a_client(
    onboarded: OnboardedClient,
) -> None:
    onboarded.accounts.tag_cluster(onboarded.cluster, msklink__clients=f"{CLIENT} {VENDOR}")
    onboarded.accounts.deploy_client(VENDOR)
    detail = {"cluster": "orders", "vpc_id": onboarded.accounts.make_network(VENDOR)}
    access = {"consume": ["orders"], "groups": ["billing"]}
    event = {"id": "1", "detail-type": "Client Onboarding Requested", "account": VENDOR}
    onboarded.engine.receive(event | {"detail": detail | {"schemes": ["iam"], "access": access}})
    onboarded.accounts.tag_cluster(onboarded.cluster, msklink__clients=f"{CLIENT}")

    list_vendors(onboarded)

    about_vendor = [
        one
        for one in onboarded.accounts.policy(onboarded.cluster)["Statement"]
        if VENDOR in str(one)
    ]
    assert [one["Sid"] for one in about_vendor] == ["MsklinkClients"]


def test_a_closed_account_is_reported_once_and_the_others_are_granted(
    onboarded: OnboardedClient,
) -> None:
    onboarded.accounts.msk.close_account(VENDOR)

    list_vendors(onboarded, f"{VENDOR} {SECOND}")
    onboarded.reconcile()

    assert onboarded.granted() == [CLIENT, OTHER_CLIENT, SECOND]
    assert onboarded.take_events() == [("Cluster Refused", "PrincipalRejected")]
    assert onboarded.accounts.status(OWNER)["vendors"] == {VENDOR: "refused", SECOND: "granted"}


# ------------------------------------------------------------------------------- no clients at all


def test_named_schemes_are_turned_on_for_vendors_alone(accounts: Accounts, engine: Engine) -> None:
    cluster = opt_in(accounts, engine, "iam scram tls")

    assert accounts.msk.calls[OWNER, "UpdateConnectivity"] == 1
    [statement] = accounts.policy(cluster)["Statement"]
    assert statement["Principal"] == {"AWS": [f"arn:aws:iam::{VENDOR}:root"]}
    external_changes.connect_manually(accounts, cluster, VENDOR)
    assert [one["State"] for one in accounts.connections(VENDOR)] == ["AVAILABLE"]
    assert codes(accounts) == ["SchemeOffOnCluster"]  # tls, which is off on the cluster itself
    assert "/msklink/orders/scram/bootstrap.servers" in accounts.parameters(OWNER)

    before = accounts.snapshot(cluster)
    assert engine.reconcile(cluster) == "SUCCEEDED"
    assert accounts.snapshot(cluster) == before


def test_auto_turns_nothing_on_for_vendors_and_a_warning_stays_until_a_scheme_is_on(
    accounts: Accounts, engine: Engine
) -> None:
    cluster = opt_in(accounts, engine, "auto")

    assert codes(accounts) == ["VendorSchemeUnnamed"]
    assert (OWNER, "UpdateConnectivity") not in accounts.msk.calls
    accounts.tag_cluster(cluster, msklink="iam")
    engine.receive(tag_event(cluster))

    assert accounts.msk.calls[OWNER, "UpdateConnectivity"] == 1
    assert accounts.status(OWNER)["vendors"] == {VENDOR: "granted"}
    accounts.tag_cluster(cluster, msklink="auto")
    engine.receive(tag_event(cluster))
    assert codes(accounts) == []


# -------------------------------------------------------------------------------------- removal


def test_a_removed_vendor_keeps_its_grant_until_it_is_due(
    with_vendor: OnboardedClient,
) -> None:
    list_vendors(with_vendor, "")

    [event] = with_vendor.accounts.take_events()
    assert (event["detail_type"], event["account"]) == ("Client Offboarding Scheduled", VENDOR)
    assert event["refusal"]["code"] == "VendorRemoved"
    with_vendor.advance_hours(23)
    assert with_vendor.sweep() == 0
    assert with_vendor.granted() == ALL
    assert with_vendor.accounts.status(OWNER)["vendors"] == {VENDOR: "leaving"}

    with_vendor.advance_hours(1)
    assert with_vendor.sweep() == 1

    assert with_vendor.granted() == ALL[:2]
    assert with_vendor.connections(VENDOR) == ["AVAILABLE"]  # it is not ours
    assert with_vendor.take_events() == [
        ("Client Offboarded", "VendorRemoved"),
        ("Cluster Refused", "UnknownConnection"),
    ]
    assert "vendors" not in with_vendor.accounts.status(OWNER)
    assert with_vendor.sweep() == 0


def test_a_vendor_that_is_relisted_in_time_keeps_its_grant(with_vendor: OnboardedClient) -> None:
    list_vendors(with_vendor, "")
    with_vendor.advance_hours(23)
    list_vendors(with_vendor)
    with_vendor.advance_hours(2)

    assert with_vendor.sweep() == 0
    assert with_vendor.granted() == ALL
    assert with_vendor.accounts.status(OWNER)["vendors"] == {VENDOR: "granted"}


def test_deletion_protection_keeps_the_grant(
    with_vendor: OnboardedClient, repair: Callable[..., None]
) -> None:
    repair("policy", DELETION_PROTECTION="true")
    list_vendors(with_vendor, "")
    assert with_vendor.take_events() == [("Cluster Refused", "VendorRemoved")]
    with_vendor.advance_hours(48)
    assert with_vendor.sweep() == 0
    assert with_vendor.granted() == ALL

    repair("policy", DELETION_PROTECTION="false")
    with_vendor.reconcile()
    assert with_vendor.take_events() == [("Client Offboarding Scheduled", "VendorRemoved")]
    with_vendor.advance_hours(24)
    with_vendor.sweep()
    assert with_vendor.granted() == ALL[:2]


@pytest.mark.parametrize("clients", [True, False])
def test_opting_out_ends_the_grants_of_vendors(
    accounts: Accounts, engine: Engine, *, clients: bool
) -> None:
    listed = {"msklink/clients": CLIENT} if clients else {}
    if clients:
        accounts.make_tagged_vpc(CLIENT)
    cluster = opt_in(accounts, engine, **listed)
    onboarded = OnboardedClient(accounts, engine, cluster, "")
    accounts.tag_cluster(cluster, msklink="off")
    onboarded.reconcile()
    assert VENDOR in str(accounts.policy(cluster))

    onboarded.advance_hours(25)
    onboarded.sweep()

    with pytest.raises(accounts.client("kafka").exceptions.NotFoundException):
        accounts.policy(cluster)
    onboarded.sweep()
    assert onboarded.sweep() == 0
    assert accounts.items(cluster)["cluster"]["vendors"] == {}


def test_a_client_that_becomes_a_vendor_keeps_only_its_grant(
    onboarded: OnboardedClient,
) -> None:
    onboarded.accounts.tag_cluster(onboarded.cluster, msklink__clients=OTHER_CLIENT)
    list_vendors(onboarded, CLIENT)
    assert onboarded.take_events() == [("Client Offboarding Scheduled", "AccountNotAllowed")]
    onboarded.advance_hours(25)
    onboarded.sweep()

    assert onboarded.granted() == [CLIENT, OTHER_CLIENT]
    assert onboarded.connections() == []
    assert onboarded.parameters() == ["/msklink/orders/status"]


def test_a_vendor_that_becomes_a_client_is_one_at_once(with_vendor: OnboardedClient) -> None:
    with_vendor.accounts.tag_cluster(
        with_vendor.cluster,
        msklink__vendors="",
        msklink__clients=TAGS["msklink/clients"] + f" {VENDOR}",
    )
    with_vendor.accounts.make_tagged_vpc(VENDOR)

    with_vendor.reconcile()

    assert with_vendor.granted() == ALL
    assert "vendors" not in with_vendor.accounts.status(OWNER)
    assert with_vendor.accounts.status(VENDOR)["state"] == "published"


def test_a_cluster_that_is_gone_has_no_vendors(with_vendor: OnboardedClient) -> None:
    with_vendor.accounts.client("kafka").delete_cluster(ClusterArn=with_vendor.cluster)
    with_vendor.advance_hours(1)

    with_vendor.sweep()

    vendors: Any = with_vendor.accounts.items(with_vendor.cluster)["cluster"]["vendors"]
    assert vendors == {}
    assert ("Client Offboarding Scheduled", "VendorRemoved") not in with_vendor.take_events()
