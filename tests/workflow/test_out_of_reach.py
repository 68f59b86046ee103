"""Client accounts that cannot be reached: none is cut off by mistake, and none stays for ever."""

from collections.abc import Callable

import pytest

from localcloud.msk import faults
from msklink.aws import run_state
from tests.support.aws import CLIENT, OTHER_CLIENT
from tests.support.functions import OWNER
from tests.support.onboarded_client import TAGS, Served

SCHEDULED, OFFBOARDED = "Client Offboarding Scheduled", "Client Offboarded"


def test_an_account_that_cannot_be_reached_is_cut_off_from_the_owners_side(
    served: Served,
) -> None:
    served.unlist()
    served.accounts.remove_client(CLIENT)
    served.accounts.told()
    served.pass_hours(24)

    assert served.sweep() == 1

    served.pass_hours(1)
    assert served.connections() == ["REJECTED"]
    assert served.granted() == [OTHER_CLIENT]
    [told] = served.accounts.told(OFFBOARDED)
    assert told["refusal"]["code"] == "ClientUnreachable"
    assert "billing goes on until the client deletes it" in told["refusal"]["remedy"]
    assert served.accounts.status(OWNER)["clients"][CLIENT] == "abandoned"
    assert served.sweep() == 0

    served.accounts.deploy_client(CLIENT)
    assert served.sweep() == 1

    served.assert_nothing_is_left()
    assert served.sweep() == 0


def untag_and_close(served: Served) -> None:
    served.untag()
    served.accounts.remove_client(CLIENT)


def leave_unseen(served: Served) -> None:
    served.accounts.blocked.add(CLIENT)
    served.ask_to_leave()


@pytest.mark.parametrize("go", [untag_and_close, leave_unseen])
def test_who_is_on_the_list_still_loses_the_grant_with_the_connection(
    served: Served, go: Callable[[Served], None]
) -> None:
    go(served)
    served.pass_hours(24)
    served.sweep()
    served.pass_hours(1)

    assert served.connections() == ["REJECTED"]
    assert served.granted() == [OTHER_CLIENT]
    served.reconcile()
    assert served.granted() == [OTHER_CLIENT]


def test_a_listed_account_that_nobody_can_see_keeps_its_grant(served: Served) -> None:
    served.accounts.remove_client(CLIENT)

    served.reconcile()
    served.pass_hours(48)
    served.reconcile()

    served.assert_all_is_there()


def test_what_is_left_in_a_lost_account_is_forgotten_when_somebody_deletes_it(
    served: Served,
) -> None:
    served.unlist()
    served.accounts.remove_client(CLIENT)
    served.pass_hours(24)
    served.sweep()
    served.pass_hours(1)
    [left] = served.accounts.connections(CLIENT)
    served.accounts.client("kafka", CLIENT).delete_vpc_connection(Arn=left["VpcConnectionArn"])
    served.pass_hours(1)

    served.reconcile()

    assert served.accounts.status(OWNER)["clients"] == {OTHER_CLIENT: "published"}


def test_a_tag_that_cannot_be_seen_is_no_reason_to_cut_anybody_off(served: Served) -> None:
    served.accounts.blocked.add(CLIENT)
    served.reconcile()
    served.pass_hours(48)
    served.sweep()
    served.accounts.blocked.clear()
    served.sweep()

    served.assert_all_is_there()
    assert SCHEDULED not in [what for what, _ in served.told()]


def test_what_a_cluster_that_is_gone_left_in_a_lost_account_is_given_up_after_a_day(
    served: Served,
) -> None:
    accounts = served.accounts
    accounts.remove_client(CLIENT)
    accounts.client("kafka").delete_cluster(ClusterArn=served.cluster)
    served.pass_hours(1)
    served.sweep()
    served.pass_hours(24)
    served.sweep()
    assert state(served) == "abandoned"
    assert accounts.parameters(OWNER)
    accounts.told()

    served.pass_hours(23)
    assert served.sweep() == 0
    served.pass_hours(1)
    assert served.sweep() == 1

    assert not accounts.parameters(OWNER)
    assert served.told() == []  # that it could not be deleted was told
    assert served.sweep() == 0
    assert not run_state.managed_clusters()

    again = accounts.make_cluster(tags=TAGS)  # of the same name, which is free now
    served.sweep()
    assert accounts.status(OWNER)["cluster_arn"] == again


def opt_out(served: Served) -> None:
    served.accounts.tag_cluster(served.cluster, msklink="off")
    served.reconcile()


def state(served: Served) -> str:
    """What the table says of the client's connection."""
    item = served.accounts.items(served.cluster)[f"client#{CLIENT}#{served.vpc_id}#iam"]
    return str(item["state"])


@pytest.mark.parametrize("take_back", [Served.unlist, opt_out])
def test_what_the_owner_puts_back_in_time_stays_though_nobody_can_look(
    served: Served, take_back: Callable[[Served], None]
) -> None:
    take_back(served)
    served.accounts.blocked.add(CLIENT)
    served.pass_hours(2)

    served.accounts.tag_cluster(
        served.cluster, msklink="iam", msklink__clients=TAGS["msklink/clients"]
    )
    served.reconcile()
    served.pass_hours(23)
    served.reconcile()
    served.pass_hours(1)

    served.assert_all_is_there()
    served.accounts.blocked.clear()
    served.reconcile()
    served.assert_all_is_there()
    assert OFFBOARDED not in [what for what, _ in served.told()]


def test_what_a_run_gave_up_before_it_failed_stays_when_it_is_put_back(served: Served) -> None:
    opt_out(served)
    served.accounts.blocked.add(CLIENT)
    served.pass_hours(24)
    served.accounts.msk.faults.add(
        faults.error("ListClientVpcConnections", "BadRequestException", times=None)
    )
    served.reconcile()
    assert state(served) == "abandoned"
    served.accounts.msk.faults.clear()

    served.accounts.tag_cluster(served.cluster, msklink="iam")
    served.reconcile()

    assert served.connections() == ["AVAILABLE"]
    served.accounts.blocked.clear()
    served.reconcile()
    served.assert_all_is_there()


def test_who_is_put_back_has_the_whole_grace_for_the_next_mistake(served: Served) -> None:
    served.unlist()
    served.pass_hours(23)
    served.accounts.untag_vpc(CLIENT, served.vpc_id)
    served.accounts.tag_cluster(served.cluster, msklink__clients=TAGS["msklink/clients"])
    served.reconcile()

    served.pass_hours(2)
    served.reconcile()

    served.assert_all_is_there()
    assert served.entry()["leaving"]["reason"]["code"] == "NoLongerAsked"
