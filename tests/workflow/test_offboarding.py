"""Taking connections away: whoever asks for it, when, in which order, and what is left alone."""

from collections.abc import Callable

import pytest

from msklink.aws import run_state
from msklink.settings import settings
from tests.support.aws import CLIENT, OTHER_CLIENT
from tests.support.functions import OWNER
from tests.support.onboarded_client import FIREHOSE, TAGS, Served

SCHEDULED, OFFBOARDED = "Client Offboarding Scheduled", "Client Offboarded"
ONLY_STATUS = ["/msklink/orders/status"]

Trigger = Callable[[Served], None]
each_way = pytest.mark.parametrize(
    ("take_back", "code"),
    [
        (Served.untag, "NoLongerAsked"),
        (Served.tag_off, "NoLongerAsked"),
        (Served.unlist, "AccountNotAllowed"),
    ],
)


@pytest.fixture
def without_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRACE_HOURS", "0")
    settings.cache_clear()


# ------------------------------------------------------------------------------------- grace


@each_way
def test_a_connection_goes_when_its_time_is_up_and_not_before(
    served: Served, take_back: Trigger, code: str
) -> None:
    start = served.accounts.clock.now()

    take_back(served)

    [told] = served.accounts.told()
    assert (told["what"], told["refusal"]["code"]) == (SCHEDULED, code)
    assert (told["account"], told["vpc_id"], told["scheme"]) == (CLIENT, served.vpc_id, "iam")
    assert told["due"] > start.isoformat()
    assert served.entry()["state"] == "published"
    assert served.entry()["leaving"]["reason"]["code"] == code
    served.assert_all_is_there()

    served.pass_hours(23)
    assert served.sweep() == 0
    served.assert_all_is_there()

    served.pass_hours(1)
    assert served.sweep() == 1

    served.assert_nothing_is_left()
    assert served.told() == [(OFFBOARDED, code)]
    status = served.accounts.status(CLIENT)
    assert (status["state"], status["refusal"]["code"]) == ("offboarded", code)
    assert served.sweep() == 0


@pytest.mark.parametrize("take_back", [Served.untag, Served.unlist])
def test_what_is_put_back_in_time_stays(served: Served, take_back: Trigger) -> None:
    take_back(served)
    served.pass_hours(12)

    served.put_back()

    assert "leaving" not in served.entry()
    served.pass_hours(24)
    assert served.sweep() == 0
    served.assert_all_is_there()


@pytest.mark.usefixtures("without_grace")
@each_way
def test_without_grace_it_goes_at_once(served: Served, take_back: Trigger, code: str) -> None:
    take_back(served)

    served.assert_nothing_is_left()
    assert served.told() == [(SCHEDULED, code), (OFFBOARDED, code)]


def test_who_asks_to_leave_leaves_at_once_tag_or_not_and_can_come_back(served: Served) -> None:
    served.ask_to_leave()

    served.assert_nothing_is_left()
    assert served.accounts.status(CLIENT)["refusal"]["code"] == "OffboardingRequested"
    assert served.sweep() == 0
    served.assert_nothing_is_left()

    served.ask_again()

    served.assert_all_is_there()
    assert served.accounts.status(CLIENT)["state"] == "published"
    assert "refusal" not in served.accounts.status(CLIENT)


def test_a_request_to_leave_that_comes_again_much_later_cuts_nobody_off(served: Served) -> None:
    request = served.ask_to_leave()
    served.pass_hours(1)
    served.ask_again()
    served.accounts.told()

    served.pass_hours(5)
    served.engine.receive(request)

    served.assert_all_is_there()
    assert served.told() == []


# --------------------------------------------------------------------------- the whole cluster


def test_a_cluster_that_is_opted_out_lets_all_its_clients_go_but_keeps_its_schemes(
    served: Served,
) -> None:
    accounts = served.accounts
    accounts.tag_cluster(served.cluster, msklink="off")
    served.reconcile()
    assert served.told() == [(SCHEDULED, "ClusterNotManaged")] * 2
    served.assert_all_is_there()

    served.pass_hours(24)
    assert served.sweep() == 1

    for account in (CLIENT, OTHER_CLIENT):
        assert served.connections(account) == []
        assert served.managed_groups(account) == []
        assert accounts.status(account)["refusal"]["code"] == "ClusterNotManaged"
    assert accounts.policy(served.cluster)["Statement"] == [FIREHOSE]
    assert not accounts.parameters(OWNER)
    assert accounts.msk.calls[OWNER, "UpdateConnectivity"] == 1
    assert served.sweep() == 0


def test_what_the_owner_has_goes_also_when_the_clients_went_before(served: Served) -> None:
    accounts = served.accounts
    accounts.tag_cluster(served.cluster, msklink__clients="")
    served.reconcile()
    served.pass_hours(24)
    served.sweep()
    assert accounts.parameters(OWNER)

    accounts.tag_cluster(served.cluster, msklink="off")
    served.reconcile()

    assert not accounts.parameters(OWNER)
    assert served.sweep() == 0
    assert not run_state.managed_clusters()
    assert served.sweep() == 0


def test_a_cluster_that_is_deleted_leaves_nothing_in_the_accounts_of_its_clients(
    served: Served,
) -> None:
    accounts = served.accounts
    accounts.client("kafka").delete_cluster(ClusterArn=served.cluster)
    served.pass_hours(1)
    assert served.sweep() == 1
    assert served.told()[1:] == [(SCHEDULED, "ClusterNotFound")] * 2
    assert len(served.connections()) == 1

    served.pass_hours(24)
    assert served.sweep() == 1

    for account in (CLIENT, OTHER_CLIENT):
        assert not accounts.parameters(account)
        assert served.connections(account) == []
        assert served.managed_groups(account) == []
    assert not accounts.parameters(OWNER)
    assert served.sweep() == 0

    accounts.make_cluster(tags=TAGS)  # of the same name, which is free now
    served.sweep()
    assert accounts.status(CLIENT)["state"] == "published"


# ------------------------------------------------------------------------------------- order


@pytest.mark.usefixtures("without_grace")
@pytest.mark.parametrize(
    ("take_back", "grant_is_first"), [(Served.untag, False), (Served.unlist, True)]
)
def test_parameters_go_before_the_connection_and_the_grant_first_of_who_is_off_the_list(
    served: Served, take_back: Trigger, *, grant_is_first: bool
) -> None:
    seen = []

    def look() -> None:
        seen.append((served.parameters(), len(served.managed_groups()), served.granted()))

    served.accounts.meanwhile("DeleteVpcConnection", look)
    take_back(served)

    granted = [OTHER_CLIENT] if grant_is_first else [CLIENT, OTHER_CLIENT]
    assert seen == [(ONLY_STATUS, 1, granted)]
    served.assert_nothing_is_left()


@pytest.mark.usefixtures("without_grace")
def test_an_account_stays_admitted_until_its_last_vpc_is_gone(served: Served) -> None:
    other = served.accounts.make_tagged_vpc(CLIENT)
    served.reconcile()

    served.untag()

    served.assert_all_is_there()
    assert [*served.accounts.status(CLIENT)["vpcs"]] == [other]

    served.vpc_id = other
    served.untag()

    served.assert_nothing_is_left()


@pytest.mark.usefixtures("without_grace")
def test_one_scheme_can_go_and_the_other_stay(served: Served) -> None:
    served.accounts.tag_cluster(served.cluster, msklink="iam scram")
    served.accounts.tag_vpc(CLIENT, served.vpc_id, "iam scram")
    served.reconcile()
    assert served.accounts.parameters(CLIENT, "/msklink/orders/scram")

    served.put_back()

    served.assert_all_is_there()
    assert not served.accounts.parameters(CLIENT, "/msklink/orders/scram")


# ------------------------------------------------------------------------------ what is let be


@pytest.mark.usefixtures("without_grace")
def test_a_connection_made_by_hand_is_let_be_and_its_account_stays_admitted(
    served: Served,
) -> None:
    [made] = served.accounts.connections(CLIENT)
    served.accounts.client("kafka", CLIENT).untag_resource(
        ResourceArn=made["VpcConnectionArn"], TagKeys=["msklink/managed-by"]
    )

    served.untag()

    assert served.connections() == ["AVAILABLE"]
    assert served.granted() == [CLIENT, OTHER_CLIENT]
    assert served.parameters() == ONLY_STATUS


@pytest.mark.usefixtures("without_grace")
def test_a_security_group_that_others_use_is_left_to_them_after_a_day(served: Served) -> None:
    [group] = served.managed_groups()
    [subnet, *_] = served.accounts.subnets(CLIENT, served.vpc_id)
    served.accounts.client("ec2", CLIENT).create_network_interface(SubnetId=subnet, Groups=[group])

    served.untag()
    assert served.connections() == []
    assert served.accounts.status(CLIENT)["state"] == "closing"
    assert served.told() == [(SCHEDULED, "NoLongerAsked")]

    served.pass_hours(25)
    assert served.sweep() == 1

    assert served.managed_groups() == [group]
    assert served.told() == [(OFFBOARDED, "SecurityGroupInUse")]
    assert served.sweep() == 0


# ---------------------------------------------------------------------------------- protection


@pytest.mark.parametrize("guard", ["tag", "stack"])
def test_a_protected_connection_is_not_taken_away_which_is_told_once(
    served: Served, guard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def protect(*, on: bool) -> None:
        if guard == "tag":
            ec2 = served.accounts.client("ec2", CLIENT)
            change = ec2.create_tags if on else ec2.delete_tags
            change(Resources=[served.vpc_id], Tags=[{"Key": "msklink/protect", "Value": ""}])
        else:
            monkeypatch.setenv("DELETION_PROTECTION", str(on).lower())
            settings.cache_clear()

    protect(on=True)
    served.ask_to_leave()
    served.reconcile()
    served.pass_hours(24)
    assert served.sweep() == 0

    assert served.told() == [("Client Refused", "DeletionProtected")]
    assert served.entry()["leaving"]["reason"]["code"] == "DeletionProtected"
    served.assert_all_is_there()

    protect(on=False)
    assert served.sweep() == 1

    served.assert_nothing_is_left()


@pytest.mark.parametrize("value", ["iaam", "iaam scram", ""])
def test_a_slip_in_the_tag_of_a_cluster_takes_no_connection_away(
    served: Served, value: str
) -> None:
    served.accounts.tag_cluster(served.cluster, msklink=value)

    served.reconcile()
    served.pass_hours(200)
    served.sweep()

    served.assert_all_is_there()
    assert served.entry()["state"] == "published"


def test_a_slip_in_a_tag_takes_no_connection_away(served: Served) -> None:
    served.accounts.tag_vpc(CLIENT, served.vpc_id, "iaam")

    served.reconcile()
    served.pass_hours(200)
    served.sweep()

    served.assert_all_is_there()
    assert served.told() == [("Client Refused", "UnknownScheme")]
    served.put_back()
    assert served.entry()["state"] == "published"
    assert served.told() == []
