"""Reboots that wait for the owner's approval: who waits, who is served, and who is notified."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support import change_control
from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts
from tests.support.functions import OWNER
from tests.support.onboarded_client import OnboardedClient
from tests.support.step_functions import Engine, tag_event
from tests.workflow.test_main_line import private_schemes

OPTED_IN = {"msklink": "iam scram", "msklink/clients": f"{CLIENT} {OTHER_CLIENT}"}
ON_APPROVAL = OPTED_IN | {"msklink/approval": "required"}


@pytest.mark.parametrize("where", ["tag", "parameter"])
def test_a_reboot_waits_for_its_approval_and_other_clients_are_served(
    onboarded: OnboardedClient, stack: Callable[..., None], where: str
) -> None:
    accounts, cluster = onboarded.accounts, onboarded.cluster
    if where == "tag":
        change_control.set_terms(accounts, cluster, approval="required")
    else:
        stack(REBOOT_APPROVAL="required")
    accounts.tag_cluster(cluster, msklink="iam scram")
    accounts.tag_vpc(CLIENT, onboarded.vpc_id, "iam scram")
    served = accounts.make_tagged_vpc(OTHER_CLIENT, "iam")
    now = accounts.clock.now()

    onboarded.reconcile()

    assert change_control.reboots(accounts, cluster) == 1  # by which they were onboarded
    assert accounts.status(OWNER)["clients"] == {CLIENT: "waiting", OTHER_CLIENT: "published"}
    assert change_control.entry(accounts, OTHER_CLIENT, served)["state"] == "published"
    assert onboarded.status_entry()["state"] == "published"
    onboarded.assert_is_onboarded()
    waiting = change_control.entry(accounts, CLIENT, onboarded.vpc_id, "scram")
    assert waiting == {
        "state": "waiting",
        "phase": "held",
        "since": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "waiting": {
            "code": "AwaitingApproval",
            "message": "Turning on scram reboots the brokers of cluster orders, and waits for the "
            "approval of the owner.",
            "remedy": "Wait, or ask the owner team to approve it: set tag msklink/approved of the "
            "cluster to scram.",
        },
    }


def test_the_owner_is_notified_of_a_hold_with_all_that_it_needs_to_decide(
    accounts: Accounts, engine: Engine
) -> None:
    cluster = accounts.make_cluster(tags=ON_APPROVAL)
    accounts.make_tagged_vpc(CLIENT, "iam scram")
    accounts.make_tagged_vpc(OTHER_CLIENT, "scram")
    now = accounts.clock.now()

    [run] = engine.receive(tag_event(cluster))

    [event] = accounts.take_events("Connectivity Held")
    refusal = event.pop("refusal")
    assert refusal["code"] == "AwaitingApproval"
    assert "set tag msklink/approved of the cluster to iam scram" in refusal["remedy"]
    assert "turning on iam and scram" in event.pop("request")["change"]
    assert event == {
        "detail_type": "Connectivity Held",
        "cluster_arn": cluster,
        "run": run,
        "schemes": ["iam", "scram"],
        "accounts": [CLIENT, OTHER_CLIENT],
        "brokers": 3,
        "minutes": 75,
        "since": now.isoformat(timespec="seconds"),
    }


def test_a_hold_is_reported_once_until_its_schemes_change(
    accounts: Accounts, engine: Engine
) -> None:
    cluster = accounts.make_cluster(tags=ON_APPROVAL)
    vpc_id = accounts.make_tagged_vpc(CLIENT, "iam")
    accounts.deploy_client(OTHER_CLIENT)
    engine.reconcile(cluster)
    [first] = accounts.take_events("Connectivity Held")
    engine.reconcile(cluster)  # its plan shows that the owner has a status by now
    before = accounts.snapshot(cluster)
    accounts.clock.advance(600)

    engine.reconcile(cluster)
    assert engine.sweep() == 0
    assert not accounts.take_events()
    assert accounts.snapshot(cluster) == before

    accounts.tag_vpc(CLIENT, vpc_id, "iam scram")
    engine.reconcile(cluster)
    [second] = accounts.take_events("Connectivity Held")
    assert (first["schemes"], second["schemes"]) == (["iam"], ["iam", "scram"])
    assert second["since"] == first["since"]  # the oldest of what waits
    assert change_control.held(cluster) == dict.fromkeys(("iam", "scram"), "AwaitingApproval")


@pytest.mark.parametrize("event", ["delivered", "lost"])
def test_all_who_ask_while_the_cluster_is_held_ride_on_the_one_reboot(
    accounts: Accounts, engine: Engine, event: str
) -> None:
    cluster = accounts.make_cluster(tags=ON_APPROVAL)
    accounts.make_tagged_vpc(CLIENT, "iam")
    engine.reconcile(cluster)
    accounts.make_tagged_vpc(OTHER_CLIENT, "scram")
    engine.reconcile(cluster)
    assert change_control.reboots(accounts, cluster) == 0

    change_control.set_terms(accounts, cluster, approved="iam scram")
    if event == "delivered":
        engine.reconcile(cluster)
    else:
        assert engine.sweep() == 1

    assert change_control.reboots(accounts, cluster) == 1
    assert accounts.status(OWNER)["clients"] == {CLIENT: "published", OTHER_CLIENT: "published"}
    assert change_control.held(cluster) == {}
    assert len(accounts.take_events("Cluster Connectivity Enabled")) == 1
    assert engine.sweep() == 0


def test_an_approval_turns_on_only_the_schemes_that_it_names(
    accounts: Accounts, engine: Engine
) -> None:
    cluster = accounts.make_cluster(tags=ON_APPROVAL)
    vpc_id = accounts.make_tagged_vpc(CLIENT, "iam scram")
    engine.reconcile(cluster)
    accounts.take_events()

    change_control.set_terms(accounts, cluster, approved="iam")
    engine.reconcile(cluster)

    assert private_schemes(accounts, cluster) == {"iam": True, "scram": False, "tls": False}
    assert change_control.entry(accounts, CLIENT, vpc_id, "iam")["state"] == "published"
    waiting = change_control.entry(accounts, CLIENT, vpc_id, "scram")["waiting"]
    assert "set tag msklink/approved of the cluster to iam scram" in waiting["remedy"]
    assert change_control.held(cluster) == {"scram": "AwaitingApproval"}
    [event] = accounts.take_events("Connectivity Held")
    assert event["schemes"] == ["scram"]


WORDS = [
    ({"window": "whenever"}, "MalformedWindow", {"window": "always"}),
    ({"approval": "maybe"}, "MalformedApproval", {"approval": "none"}),
    ({"approved": "foo"}, "UnknownScheme", {"approved": "iam"}),
]


@pytest.mark.parametrize(("words", "code", "corrected"), WORDS)
def test_words_that_mean_nothing_are_refused_and_hold_reboots_until_they_are_corrected(
    accounts: Accounts,
    engine: Engine,
    words: dict[str, str],
    code: str,
    corrected: dict[str, str],
) -> None:
    cluster = accounts.make_cluster(tags=OPTED_IN)
    change_control.set_terms(accounts, cluster, **words)
    vpc_id = accounts.make_tagged_vpc(CLIENT, "iam")

    engine.reconcile(cluster)

    assert change_control.reboots(accounts, cluster) == 0
    waiting = change_control.entry(accounts, CLIENT, vpc_id)["waiting"]
    events: dict[str, Any] = {one["detail_type"]: one for one in accounts.take_events()}
    assert events["Cluster Refused"]["refusal"] == events["Connectivity Held"]["refusal"] == waiting
    assert waiting["code"] == code
    assert f"msklink/{next(iter(words))}" in waiting["message"]
    assert waiting["remedy"]
    assert engine.sweep() == 0

    change_control.set_terms(accounts, cluster, **corrected)
    engine.reconcile(cluster)

    assert accounts.status(CLIENT)["state"] == "published"
    assert change_control.held(cluster) == {}
