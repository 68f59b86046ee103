"""Accounts that make their connections themselves, of which the cluster's owner keeps a list."""

from collections.abc import Callable
from typing import Any

import pytest

from msklink.policy.document import ACTIONS
from tests.support import external_changes
from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts
from tests.support.functions import OWNER
from tests.support.onboarded_client import FIREHOSE, TAGS, Served
from tests.support.step_functions import Engine, tag_event

VENDOR, SECOND = "444444444444", "555555555555"
ALL = [CLIENT, OTHER_CLIENT, VENDOR]


def list_vendors(served: Served, accounts: str = VENDOR) -> None:
    """The owner writes the list; an event tells of the change of that tag."""
    served.accounts.tag_cluster(served.cluster, msklink__vendors=accounts)
    served.engine.receive(tag_event(served.cluster, "msklink/vendors"))


@pytest.fixture
def with_vendor(served: Served) -> Served:
    list_vendors(served)
    external_changes.connect_by_hand(served.accounts, served.cluster, VENDOR)
    return served


def opt_in(accounts: Accounts, engine: Engine, schemes: str = "iam", **tags: str) -> str:
    """A cluster with vendors and no clients, after its first run."""
    wanted = {"msklink": schemes, "msklink/vendors": VENDOR} | tags
    cluster = accounts.make_cluster(tags=wanted)
    engine.receive(tag_event(cluster))
    return cluster


def codes(accounts: Accounts) -> list[str]:
    return [told["refusal"]["code"] for told in accounts.told("Cluster Refused")]


# ---------------------------------------------------------------------------------- the grant


def test_a_vendor_is_granted_and_nothing_else_is_done_for_it(served: Served) -> None:
    list_vendors(served)

    assert served.granted() == ALL
    [ours] = [one for one in served.accounts.policy(served.cluster)["Statement"] if one != FIREHOSE]
    assert ours["Action"] == list(ACTIONS)
    assert served.accounts.status(OWNER)["vendors"] == {VENDOR: "granted"}
    assert [*served.accounts.status(OWNER)["clients"]] == [CLIENT, OTHER_CLIENT]
    assert not [item for item in served.accounts.items(served.cluster) if VENDOR in item]
    assert served.told() == []
    assert served.sweep() == 0


def test_its_connection_is_known_and_never_rejected(
    served: Served, repair: Callable[..., None]
) -> None:
    repair("policy", REJECT_UNKNOWN_CONNECTIONS="true")
    list_vendors(served)
    external_changes.connect_by_hand(served.accounts, served.cluster, VENDOR)

    served.reconcile()

    assert served.sweep() == 0
    assert served.told() == []
    assert served.connections(VENDOR) == ["AVAILABLE"]


def test_several_tags_name_vendors_and_malformed_words_are_told(served: Served) -> None:
    served.accounts.tag_cluster(served.cluster, msklink__vendors__2=f"{SECOND} 5555")

    list_vendors(served)

    assert served.granted() == [*ALL, SECOND]
    assert served.told() == [("Cluster Refused", "MalformedAccountList")]


def test_who_is_client_and_vendor_is_served_as_a_client(served: Served) -> None:
    list_vendors(served, f"{VENDOR} {CLIENT}")

    assert served.told() == [("Cluster Refused", "VendorIsClient")]
    assert served.accounts.status(OWNER)["vendors"] == {VENDOR: "granted"}
    assert served.granted() == ALL
    assert served.entry()["state"] == "published"


def test_a_vendor_has_no_access_that_it_asked_for_as_a_client(served: Served) -> None:
    served.accounts.tag_cluster(served.cluster, msklink__clients=f"{CLIENT} {VENDOR}")
    served.accounts.deploy_client(VENDOR)
    detail = {"cluster": "orders", "vpc_id": served.accounts.make_network(VENDOR)}
    access = {"consume": ["orders"], "groups": ["billing"]}
    event = {"id": "1", "detail-type": "Client Onboarding Requested", "account": VENDOR}
    served.engine.receive(event | {"detail": detail | {"schemes": ["iam"], "access": access}})
    served.accounts.tag_cluster(served.cluster, msklink__clients=f"{CLIENT}")

    list_vendors(served)

    about_vendor = [
        one for one in served.accounts.policy(served.cluster)["Statement"] if VENDOR in str(one)
    ]
    assert [one["Sid"] for one in about_vendor] == ["MsklinkClients"]


def test_a_closed_account_is_told_to_the_owner_once_and_the_others_are_granted(
    served: Served,
) -> None:
    served.accounts.msk.close_account(VENDOR)

    list_vendors(served, f"{VENDOR} {SECOND}")
    served.reconcile()

    assert served.granted() == [CLIENT, OTHER_CLIENT, SECOND]
    assert served.told() == [("Cluster Refused", "PrincipalRejected")]
    assert served.accounts.status(OWNER)["vendors"] == {VENDOR: "refused", SECOND: "granted"}


# ------------------------------------------------------------------------------- no clients at all


def test_named_schemes_are_turned_on_for_vendors_alone(accounts: Accounts, engine: Engine) -> None:
    cluster = opt_in(accounts, engine, "iam scram tls")

    assert accounts.msk.calls[OWNER, "UpdateConnectivity"] == 1
    [statement] = accounts.policy(cluster)["Statement"]
    assert statement["Principal"] == {"AWS": [f"arn:aws:iam::{VENDOR}:root"]}
    external_changes.connect_by_hand(accounts, cluster, VENDOR)
    assert [one["State"] for one in accounts.connections(VENDOR)] == ["AVAILABLE"]
    assert codes(accounts) == ["SchemeOffOnCluster"]  # tls, which is off on the cluster itself
    assert "/msklink/orders/scram/bootstrap.servers" in accounts.parameters(OWNER)

    before = accounts.picture(cluster)
    assert engine.reconcile(cluster) == "SUCCEEDED"
    assert accounts.picture(cluster) == before


def test_auto_turns_nothing_on_for_vendors_and_the_owner_is_told_until_something_is(
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


# -------------------------------------------------------------------------------------- its end


def test_a_vendor_that_is_removed_is_granted_until_its_time_is_up(with_vendor: Served) -> None:
    list_vendors(with_vendor, "")

    [told] = with_vendor.accounts.told()
    assert (told["what"], told["account"]) == ("Client Offboarding Scheduled", VENDOR)
    assert told["refusal"]["code"] == "VendorRemoved"
    with_vendor.pass_hours(23)
    assert with_vendor.sweep() == 0
    assert with_vendor.granted() == ALL
    assert with_vendor.accounts.status(OWNER)["vendors"] == {VENDOR: "leaving"}

    with_vendor.pass_hours(1)
    assert with_vendor.sweep() == 1

    assert with_vendor.granted() == ALL[:2]
    assert with_vendor.connections(VENDOR) == ["AVAILABLE"]  # it is not ours
    assert with_vendor.told() == [
        ("Client Offboarded", "VendorRemoved"),
        ("Cluster Refused", "UnknownConnection"),
    ]
    assert "vendors" not in with_vendor.accounts.status(OWNER)
    assert with_vendor.sweep() == 0


def test_a_vendor_that_is_put_back_in_time_stays(with_vendor: Served) -> None:
    list_vendors(with_vendor, "")
    with_vendor.pass_hours(23)
    list_vendors(with_vendor)
    with_vendor.pass_hours(2)

    assert with_vendor.sweep() == 0
    assert with_vendor.granted() == ALL
    assert with_vendor.accounts.status(OWNER)["vendors"] == {VENDOR: "granted"}


def test_deletion_protection_keeps_the_grant(
    with_vendor: Served, repair: Callable[..., None]
) -> None:
    repair("policy", DELETION_PROTECTION="true")
    list_vendors(with_vendor, "")
    assert with_vendor.told() == [("Cluster Refused", "VendorRemoved")]
    with_vendor.pass_hours(48)
    assert with_vendor.sweep() == 0
    assert with_vendor.granted() == ALL

    repair("policy", DELETION_PROTECTION="false")
    with_vendor.reconcile()
    assert with_vendor.told() == [("Client Offboarding Scheduled", "VendorRemoved")]
    with_vendor.pass_hours(24)
    with_vendor.sweep()
    assert with_vendor.granted() == ALL[:2]


@pytest.mark.parametrize("clients", [True, False])
def test_the_end_of_the_opting_in_ends_the_grants_of_vendors(
    accounts: Accounts, engine: Engine, *, clients: bool
) -> None:
    listed = {"msklink/clients": CLIENT} if clients else {}
    if clients:
        accounts.make_tagged_vpc(CLIENT)
    cluster = opt_in(accounts, engine, **listed)
    served = Served(accounts, engine, cluster, "")
    accounts.tag_cluster(cluster, msklink="off")
    served.reconcile()
    assert VENDOR in str(accounts.policy(cluster))

    served.pass_hours(25)
    served.sweep()

    with pytest.raises(accounts.client("kafka").exceptions.NotFoundException):
        accounts.policy(cluster)
    served.sweep()
    assert served.sweep() == 0
    assert accounts.items(cluster)["cluster"]["vendors"] == {}


def test_a_client_that_becomes_a_vendor_keeps_the_grant_and_loses_what_was_made_for_it(
    served: Served,
) -> None:
    served.accounts.tag_cluster(served.cluster, msklink__clients=OTHER_CLIENT)
    list_vendors(served, CLIENT)
    assert served.told() == [("Client Offboarding Scheduled", "AccountNotAllowed")]
    served.pass_hours(25)
    served.sweep()

    assert served.granted() == [CLIENT, OTHER_CLIENT]
    assert served.connections() == []
    assert served.parameters() == ["/msklink/orders/status"]


def test_a_vendor_that_becomes_a_client_is_one_at_once(with_vendor: Served) -> None:
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


def test_a_cluster_that_is_gone_has_no_vendors(with_vendor: Served) -> None:
    with_vendor.accounts.client("kafka").delete_cluster(ClusterArn=with_vendor.cluster)
    with_vendor.pass_hours(1)

    with_vendor.sweep()

    vendors: Any = with_vendor.accounts.items(with_vendor.cluster)["cluster"]["vendors"]
    assert vendors == {}
    assert ("Client Offboarding Scheduled", "VendorRemoved") not in with_vendor.told()
