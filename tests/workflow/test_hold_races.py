"""Terms and windows that change while a run is at work: nothing is lost, and nothing too early."""

import contextvars
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.client import BaseClient

from msklink.aws import cluster_item
from tests.support import change_control
from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts
from tests.support.functions import invoke
from tests.support.onboarded_client import OnboardedClient
from tests.support.step_functions import Engine, tag_event

OPTED_IN = {"msklink": "iam scram", "msklink/clients": CLIENT}
WINDOW = {"msklink/window": "sun 0200-sun 0500"}
SUNDAY = datetime(2026, 1, 4, 2, tzinfo=UTC)
"""The first beginning of that window by the clock of the tests."""

Before = Callable[[str, str, Callable[[], object]], None]


@pytest.fixture
def before_call(monkeypatch: pytest.MonkeyPatch) -> Before:
    """Return a function that runs an action once, just before a call with some text arrives."""
    call = BaseClient._make_api_call  # type: ignore[attr-defined]  # all calls pass here
    coming: list[tuple[str, str, Callable[[], object]]] = []

    def act(client: Any, name: str, parameters: dict[str, Any]) -> Any:
        for one in [*coming]:
            operation, text, action = one
            if name == operation and text in str(parameters):
                coming.remove(one)
                contextvars.Context().run(action)
        return call(client, name, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", act)
    return lambda *one: coming.append(one)


CONCLUDES = ("UpdateItem", "cluster_fingerprint = :")


def sweep() -> list[str]:
    """Sweep, and return the names of the runs that this starts, without waiting for them."""
    runs: list[str] = invoke("SweepClustersFunction", {"id": "1"})["runs"]
    return runs


def is_served(accounts: Accounts, cluster: str) -> bool:
    return (
        accounts.status(CLIENT)["state"] == "published"
        and change_control.reboots(accounts, cluster) == 1
        and change_control.held(cluster) == {}
    )


# --------------------------------------------------------------------- a hold ends during a run


def test_a_window_that_begins_when_the_run_concludes_is_used(
    accounts: Accounts, engine: Engine, before_call: Before
) -> None:
    cluster = accounts.make_cluster(tags=OPTED_IN | WINDOW)
    accounts.make_tagged_vpc(CLIENT)

    def begin() -> None:
        [when] = change_control.scheduled(accounts)
        change_control.advance_to(accounts, when)
        sweep()

    before_call(*CONCLUDES, begin)
    [run] = engine.receive(tag_event(cluster))

    assert engine.states(run).count("HoldChanges") > 1
    assert is_served(accounts, cluster)


@pytest.mark.parametrize("event", ["delivered", "lost"])
def test_an_approval_that_comes_when_the_run_concludes_is_used(
    accounts: Accounts, engine: Engine, before_call: Before, event: str
) -> None:
    cluster = accounts.make_cluster(tags=OPTED_IN | {"msklink/approval": "required"})
    accounts.make_tagged_vpc(CLIENT)

    def approve() -> None:
        change_control.set_terms(accounts, cluster, approved="iam")
        if event == "delivered":
            invoke("ReceiveEventFunction", tag_event(cluster, "msklink/approved"))

    before_call(*CONCLUDES, approve)
    engine.receive(tag_event(cluster))
    assert engine.sweep() == (1 if event == "lost" else 0)

    assert is_served(accounts, cluster)


def test_a_window_that_begins_during_the_survey_is_used_by_the_same_run(
    accounts: Accounts, engine: Engine, before_call: Before
) -> None:
    cluster = accounts.make_cluster(tags=OPTED_IN | WINDOW)
    accounts.make_tagged_vpc(CLIENT)
    change_control.advance_to(accounts, SUNDAY - timedelta(seconds=5))
    before_call("DescribeVpcs", "", lambda: accounts.clock.advance(10))

    [run] = engine.receive(tag_event(cluster))

    assert engine.states(run).count("GoRoundAgain") == 1
    assert is_served(accounts, cluster)
    assert not accounts.take_events("Connectivity Held")
    assert change_control.scheduled(accounts) == []


def test_a_run_that_has_the_lease_when_the_window_begins_uses_it(
    accounts: Accounts, engine: Engine
) -> None:
    cluster = accounts.make_cluster(tags=OPTED_IN | WINDOW | {"msklink/window": "always"})
    vpc_id = accounts.make_tagged_vpc(CLIENT, "iam")
    engine.reconcile(cluster)
    change_control.set_terms(accounts, cluster, window=WINDOW["msklink/window"])
    accounts.tag_vpc(CLIENT, vpc_id, "iam scram")
    accounts.make_tagged_vpc(CLIENT, "iam")  # the run waits for its connection

    def begin() -> None:
        change_control.advance_to(accounts, SUNDAY + timedelta(seconds=1))
        sweep()

    accounts.meanwhile("ListClientVpcConnections", begin)
    [run] = engine.receive(tag_event(cluster))

    assert "GoRoundAgain" in engine.states(run)
    assert change_control.reboots(accounts, cluster) == 2
    assert change_control.entry(accounts, CLIENT, vpc_id, "scram")["state"] == "published"
    assert change_control.held(cluster) == {}


def test_a_run_that_fails_in_its_window_is_tried_again_like_any_other(
    accounts: Accounts, engine: Engine
) -> None:
    cluster = accounts.make_cluster(tags=OPTED_IN | WINDOW)
    accounts.make_tagged_vpc(CLIENT)
    engine.reconcile(cluster)
    change_control.advance_to(accounts, SUNDAY + timedelta(seconds=1))
    accounts.meanwhile(
        "DescribeClusterV2", lambda: engine.kill(str(cluster_item.read_cluster(cluster).holder))
    )

    [failed] = sweep()
    engine.wait(failed)
    assert engine.describe(failed)["status"] == "ABORTED"
    assert sweep() == sweep() == []
    [event] = accounts.take_events("Run Failed")
    assert event["run"] == failed

    accounts.clock.advance(5 * 60)
    assert engine.sweep() == 1
    assert is_served(accounts, cluster)


# ------------------------------------------------------------------- terms change before a reboot


def after_the_inspection(accounts: Accounts, action: Callable[[], object]) -> None:
    """Run *action* between InspectCluster and the call by which EnableConnectivity reads again."""
    accounts.meanwhile("DescribeClusterV2", lambda: accounts.meanwhile("DescribeClusterV2", action))


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"approval": "required"}, "AwaitingApproval"),
        ({"window": "sun 0200-sun 0500"}, "OutsideWindow"),
        ({"window": "whenever"}, "MalformedWindow"),
        ({"freeze": "now"}, "Frozen"),
    ],
)
def test_terms_that_are_set_just_before_a_reboot_hold_it(
    accounts: Accounts, engine: Engine, terms: dict[str, str], code: str
) -> None:
    cluster = accounts.make_cluster(tags=OPTED_IN)
    vpc_id = accounts.make_tagged_vpc(CLIENT)
    after_the_inspection(
        accounts, lambda: change_control.set_terms(accounts, cluster, **terms)
    )  # no event of this arrives

    [run] = engine.receive(tag_event(cluster))

    assert "EnableConnectivity" in engine.states(run)
    assert change_control.reboots(accounts, cluster) == 0
    with pytest.raises(accounts.client("kafka").exceptions.NotFoundException):
        accounts.policy(cluster)
    assert change_control.entry(accounts, CLIENT, vpc_id)["waiting"]["code"] == code
    assert change_control.held(cluster) == {"iam": code}


def test_a_window_in_which_the_update_no_longer_fits_is_not_used(
    accounts: Accounts, engine: Engine
) -> None:
    cluster = accounts.make_cluster(tags=OPTED_IN | WINDOW)
    vpc_id = accounts.make_tagged_vpc(CLIENT)
    change_control.advance_to(accounts, SUNDAY)
    after_the_inspection(accounts, lambda: accounts.clock.advance(2 * 3600))

    engine.receive(tag_event(cluster))

    assert change_control.reboots(accounts, cluster) == 0
    waiting = change_control.entry(accounts, CLIENT, vpc_id)["waiting"]
    assert waiting["until"] == (SUNDAY + timedelta(days=7)).isoformat()


def test_a_freeze_holds_a_run_in_which_nobody_wants_a_scheme(onboarded: OnboardedClient) -> None:
    accounts, cluster = onboarded.accounts, onboarded.cluster
    accounts.tag_cluster(cluster, msklink__clients="")
    onboarded.reconcile()
    onboarded.advance_hours(48)
    before = accounts.policy(cluster)
    after_the_inspection(
        accounts, lambda: change_control.set_terms(accounts, cluster, freeze="now")
    )

    onboarded.reconcile()

    assert accounts.policy(cluster) == before
    assert onboarded.connections() == onboarded.connections(OTHER_CLIENT) == ["AVAILABLE"]
    assert change_control.held(cluster) == {"-": "Frozen"}
