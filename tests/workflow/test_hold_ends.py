"""Holds that end without a reboot of ours, repairs that are held, and the metrics of holds."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support import change_control, external_changes
from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts
from tests.support.functions import OWNER
from tests.support.onboarded_client import OnboardedClient
from tests.support.step_functions import Engine, tag_event

ON_APPROVAL = {"msklink": "iam", "msklink/clients": CLIENT, "msklink/approval": "required"}


@pytest.fixture
def cluster(accounts: Accounts, engine: Engine) -> str:
    """Return a cluster that waits for the approval of iam, which one client requests."""
    cluster = accounts.make_cluster(tags=ON_APPROVAL)
    accounts.make_tagged_vpc(CLIENT, "iam")
    engine.reconcile(cluster)
    assert change_control.held(cluster) == {"iam": "AwaitingApproval"}
    accounts.take_events()
    return cluster


# ----------------------------------------------------------------------- others turn the scheme on


def turn_on(accounts: Accounts, cluster: str) -> None:
    """Begin to turn on iam, as the owner would in the console."""
    kafka = accounts.client("kafka")
    info = kafka.describe_cluster_v2(ClusterArn=cluster)["ClusterInfo"]
    kafka.update_connectivity(
        ClusterArn=cluster,
        CurrentVersion=info["CurrentVersion"],
        ConnectivityInfo={
            "VpcConnectivity": {"ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}}}
        },
    )


def test_an_approved_update_that_others_have_begun_is_waited_for(
    accounts: Accounts, engine: Engine, cluster: str
) -> None:
    turn_on(accounts, cluster)
    change_control.set_terms(accounts, cluster, approved="iam")

    [run] = engine.receive(tag_event(cluster))

    assert "WaitForCluster" in engine.states(run)
    assert change_control.reboots(accounts, cluster) == 1
    assert accounts.status(CLIENT)["state"] == "published"
    assert change_control.held(cluster) == {}


def test_a_scheme_that_the_owner_turns_on_by_itself_waits_no_longer(
    accounts: Accounts, engine: Engine, cluster: str
) -> None:
    turn_on(accounts, cluster)
    accounts.clock.advance(3600)

    assert engine.sweep() == 1

    assert change_control.reboots(accounts, cluster) == 1
    assert accounts.status(CLIENT)["state"] == "published"
    assert change_control.held(cluster) == {}
    assert engine.sweep() == 0


# ------------------------------------------------------------------------------- nobody waits more


def the_client_removes_its_tag(accounts: Accounts, cluster: str) -> None:
    assert cluster
    [vpc_id] = accounts.vpcs_with_subnets(CLIENT)
    accounts.untag_vpc(CLIENT, vpc_id)


def the_client_is_not_listed_any_more(accounts: Accounts, cluster: str) -> None:
    accounts.tag_cluster(cluster, msklink__clients=OTHER_CLIENT)


def the_scheme_is_not_offered_any_more(accounts: Accounts, cluster: str) -> None:
    accounts.tag_cluster(cluster, msklink="scram")


def the_cluster_is_not_opted_in_any_more(accounts: Accounts, cluster: str) -> None:
    accounts.client("kafka").untag_resource(ResourceArn=cluster, TagKeys=["msklink"])


def the_cluster_is_deleted(accounts: Accounts, cluster: str) -> None:
    accounts.client("kafka").delete_cluster(ClusterArn=cluster)
    accounts.clock.advance(3600)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (the_client_removes_its_tag, "idle"),
        (the_client_is_not_listed_any_more, "idle"),
        (the_scheme_is_not_offered_any_more, "refused"),
        (the_cluster_is_not_opted_in_any_more, "idle"),
        (the_cluster_is_deleted, None),
    ],
)
def test_a_hold_for_which_nobody_waits_any_more_ends(
    accounts: Accounts,
    engine: Engine,
    cluster: str,
    change: Callable[[Accounts, str], None],
    status: str | None,
) -> None:
    change(accounts, cluster)

    assert engine.sweep() == 1

    assert change_control.held(cluster) == {}
    assert not accounts.take_events("Connectivity Held")
    written = accounts.parameters(CLIENT).get("/msklink/orders/status")
    assert (json.loads(written)["state"] if written else None) == status
    engine.sweep()
    assert change_control.held(cluster) == {}
    accounts.clock.advance(60)
    assert engine.sweep() == 0


def test_a_client_that_withdraws_its_request_by_event_waits_no_longer(
    accounts: Accounts, engine: Engine
) -> None:
    cluster = accounts.make_cluster(tags=ON_APPROVAL)
    accounts.deploy_client(CLIENT)
    vpc_id = accounts.make_network(CLIENT)
    asked = {"id": "1", "account": CLIENT, "detail": {"cluster": "orders", "vpc_id": vpc_id}}
    onboard = asked["detail"] | {"schemes": ["iam"]}  # type: ignore[operator]
    engine.receive(asked | {"detail-type": "Client Onboarding Requested", "detail": onboard})
    assert change_control.held(cluster) == {"iam": "AwaitingApproval"}
    accounts.clock.advance(60)

    engine.receive(asked | {"detail-type": "Client Offboarding Requested"})

    assert change_control.held(cluster) == {}
    assert accounts.status(CLIENT)["state"] == "idle"
    change_control.set_terms(accounts, cluster, approved="iam")
    engine.reconcile(cluster)
    assert change_control.reboots(accounts, cluster) == 0


# ----------------------------------------------------------------------------------------- repairs


@pytest.mark.parametrize(
    ("terms", "code", "released"),
    [
        ({"approval": "required"}, "AwaitingApproval", {"approved": "iam"}),
        ({"window": "sun 0200-sun 0500"}, "OutsideWindow", {"window": "always"}),
    ],
)
def test_a_scheme_that_others_turned_off_is_turned_on_again_when_the_owner_lets_it(
    onboarded: OnboardedClient,
    repair: Callable[[str], None],
    terms: dict[str, str],
    code: str,
    released: dict[str, str],
) -> None:
    repair("connectivity")
    accounts, cluster = onboarded.accounts, onboarded.cluster
    change_control.set_terms(accounts, cluster, **terms)
    external_changes.set_private_connectivity(accounts, cluster, on=False)
    before = change_control.reboots(accounts, cluster)

    onboarded.sweep()

    assert change_control.reboots(accounts, cluster) == before
    assert onboarded.connections() == ["INACTIVE"]
    waiting = onboarded.status_entry()
    assert (waiting["state"], waiting["waiting"]["code"]) == ("waiting", code)
    assert onboarded.take_events() == [("Connectivity Held", code)]
    assert onboarded.sweep() == 0

    change_control.set_terms(accounts, cluster, **released)
    onboarded.sweep()

    assert change_control.reboots(accounts, cluster) == before + 1
    onboarded.assert_is_onboarded()
    assert accounts.status(OWNER)["clients"] == {CLIENT: "published", OTHER_CLIENT: "published"}
    repaired = accounts.take_events("Drift Repaired")
    assert [one["kind"] for one in repaired] == ["connectivity"]
    assert change_control.held(cluster) == {}


def test_a_held_repair_that_the_owner_makes_itself_is_not_reported_as_ours(
    onboarded: OnboardedClient, repair: Callable[[str], None]
) -> None:
    repair("connectivity")
    accounts, cluster = onboarded.accounts, onboarded.cluster
    change_control.set_terms(accounts, cluster, approval="required")
    external_changes.set_private_connectivity(accounts, cluster, on=False)
    onboarded.sweep()
    external_changes.set_private_connectivity(accounts, cluster, on=True)

    assert onboarded.sweep() == 1

    onboarded.assert_is_onboarded()
    assert change_control.held(cluster) == {}
    assert accounts.take_events("Drift Repaired") == []


# ----------------------------------------------------------------------------------------- metrics


def metrics(capsys: pytest.CaptureFixture[str], name: str) -> list[dict[str, Any]]:
    """Return value, unit and dimensions of each metric *name* since the last call."""
    found = []
    for line in capsys.readouterr().out.splitlines():
        if f'"{name}"' in line and line.startswith("{"):
            text = json.loads(line)
            [directive] = text["_aws"]["CloudWatchMetrics"]
            [dimensions], [metric] = directive["Dimensions"], directive["Metrics"]
            found.append(
                {one: text[one] for one in dimensions if one != "service"}
                | {"value": text[name][0], "unit": metric["Unit"]}
            )
    return found


def test_the_hours_of_the_oldest_hold_are_measured_by_each_sweep(
    accounts: Accounts, engine: Engine, cluster: str, capsys: pytest.CaptureFixture[str]
) -> None:
    accounts.clock.advance(3 * 3600)
    engine.sweep()
    assert metrics(capsys, "OldestHold") == [{"value": 3, "unit": "None"}]

    change_control.set_terms(accounts, cluster, approved="iam")
    engine.reconcile(cluster)
    engine.sweep()
    assert metrics(capsys, "OldestHold") == [{"value": 0, "unit": "None"}]


def test_an_onboarding_measures_how_long_each_of_its_phases_took(
    accounts: Accounts, engine: Engine, cluster: str, capsys: pytest.CaptureFixture[str]
) -> None:
    accounts.clock.advance(3 * 3600)
    change_control.set_terms(accounts, cluster, approved="iam")
    approved = accounts.clock.now()

    engine.reconcile(cluster)

    measured = metrics(capsys, "OnboardingPhase")
    assert {one.pop("unit") for one in measured} == {"Seconds"}
    seconds = {one["phase"]: one["value"] for one in measured}
    assert list(seconds) == ["asked", "held", "enabling", "granting", "connecting", "publishing"]
    assert (seconds["asked"], seconds["held"]) == (0, 3 * 3600)
    assert 300 <= seconds["enabling"] <= 600
    assert 30 <= seconds["connecting"] <= 120
    took = (accounts.clock.now() - approved).total_seconds()
    assert sum(seconds.values()) == 3 * 3600 + took
