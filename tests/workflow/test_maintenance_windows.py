"""Reboots that wait for a maintenance window, which starts the run by itself."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.support import change_control
from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts
from tests.support.functions import OWNER
from tests.support.onboarded_client import OnboardedClient
from tests.support.step_functions import Engine

OPTED_IN = {"msklink": "iam scram", "msklink/clients": f"{CLIENT} {OTHER_CLIENT}"}
WINDOW = "sun 0200-sun 0500"
SUNDAY = datetime(2026, 1, 4, 2, tzinfo=UTC)
"""The first beginning of that window: the clock of the tests begins on Thursday 2026-01-01."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize("where", ["tag", "parameter"])
def test_a_window_starts_the_run_that_serves_all_who_asked_before_it(
    accounts: Accounts, engine: Engine, stack: Callable[..., None], where: str
) -> None:
    cluster = accounts.make_cluster(tags=OPTED_IN)
    if where == "tag":
        change_control.set_terms(accounts, cluster, window=WINDOW)
    else:
        stack(MAINTENANCE_WINDOW="sun:02:00-sun:05:00")
    vpc_id = accounts.make_tagged_vpc(CLIENT, "iam")
    engine.reconcile(cluster)
    accounts.make_tagged_vpc(OTHER_CLIENT, "scram")
    accounts.clock.advance(24 * 3600)
    engine.sweep()

    waiting = change_control.entry(accounts, CLIENT, vpc_id)
    assert (waiting["state"], waiting["waiting"]["code"]) == ("waiting", "OutsideWindow")
    assert waiting["waiting"]["until"] == "2026-01-04T02:00:00+00:00"
    assert "begins at 2026-01-04 02:00 UTC." in waiting["waiting"]["message"]
    assert "tag msklink/window" in waiting["waiting"]["remedy"]
    first, second = accounts.take_events("Connectivity Held")
    assert first["until"] == second["until"] == "2026-01-04T02:00:00+00:00"
    assert (first["schemes"], second["schemes"]) == (["iam"], ["iam", "scram"])
    assert change_control.reboots(accounts, cluster) == 0

    [when] = change_control.scheduled(accounts)
    assert timedelta(0) < when - SUNDAY < timedelta(minutes=1)
    change_control.advance_to(accounts, when)
    assert engine.sweep() == 1

    assert change_control.reboots(accounts, cluster) == 1
    assert accounts.status(OWNER)["clients"] == {CLIENT: "published", OTHER_CLIENT: "published"}
    assert change_control.held(cluster) == {}
    assert engine.sweep() == 0


@pytest.mark.parametrize(
    ("window", "until", "is_too_short"),
    [
        ("always", None, False),
        ("thu 0000-thu 0300", None, False),  # it is Thursday, 1 o'clock
        ("thu 0000-thu 0200", "2026-01-08 00:00", False),  # 75 minutes no longer fit
        (WINDOW, "2026-01-04 02:00", False),
        (f"{WINDOW} / fri 0000-fri 0200", "2026-01-02 00:00", False),
        ("fri 0000-fri 0100 / sun 0200-sun 0500", "2026-01-04 02:00", False),
        ("fri 0000-fri 0030 / sun 0200-sun 0300", "2026-01-04 02:00", True),  # the longest
        ("thu 0100-thu 0230 America/New_York", "2026-01-01 06:00", False),
        (f"{WINDOW} Asia/Kolkata", "2026-01-03 20:30", False),
    ],
)
def test_the_reboot_begins_in_the_first_window_in_which_it_is_expected_to_end(
    accounts: Accounts, engine: Engine, window: str, until: str | None, is_too_short: bool
) -> None:
    accounts.clock.advance(60 if until else 0)
    cluster = accounts.make_cluster(tags=OPTED_IN | {"msklink/window": window})
    accounts.make_tagged_vpc(CLIENT, "iam")

    engine.reconcile(cluster)

    assert change_control.reboots(accounts, cluster) == (0 if until else 1)
    events = accounts.take_events("Connectivity Held")
    assert [one["until"] for one in events] == ([at(until).isoformat()] if until else [])
    for one in events:
        assert one["minutes"] == 75
        assert ("No window is long enough for the 75 minutes" in str(one)) is is_too_short
    if not until:
        return
    change_control.advance_to(accounts, at(until) - timedelta(seconds=1))
    assert engine.sweep() == 0
    accounts.clock.advance(2)
    assert engine.sweep() == 1
    assert change_control.reboots(accounts, cluster) == 1
    assert accounts.status(CLIENT)["state"] == "published"


def test_an_earlier_update_of_the_cluster_says_how_long_a_reboot_takes(
    onboarded: OnboardedClient,
) -> None:
    accounts, cluster = onboarded.accounts, onboarded.cluster
    accounts.tag_cluster(cluster, msklink="iam scram")
    change_control.set_terms(accounts, cluster, window="sun 0200-sun 0210")
    accounts.tag_vpc(CLIENT, onboarded.vpc_id, "iam scram")

    onboarded.reconcile()

    [event] = accounts.take_events("Connectivity Held")
    assert 5 <= event["minutes"] <= 7
    assert "No window is long enough" not in event["refusal"]["message"]


def test_a_run_that_misses_its_window_waits_for_the_next_without_another_alert(
    accounts: Accounts, engine: Engine
) -> None:
    cluster = accounts.make_cluster(tags=OPTED_IN | {"msklink/window": WINDOW})
    vpc_id = accounts.make_tagged_vpc(CLIENT, "iam")
    engine.reconcile(cluster)
    [event] = accounts.take_events("Connectivity Held")
    change_control.advance_to(accounts, SUNDAY + timedelta(hours=2))  # no sweep ran meanwhile

    assert engine.sweep() == 1

    assert change_control.reboots(accounts, cluster) == 0
    waiting = change_control.entry(accounts, CLIENT, vpc_id)["waiting"]
    assert waiting["until"] == (SUNDAY + timedelta(days=7)).isoformat()
    assert not accounts.take_events("Connectivity Held")
    assert change_control.scheduled(accounts)[-1] > SUNDAY + timedelta(days=7)
    assert engine.sweep() == 0

    change_control.set_terms(accounts, cluster, window="always")
    assert engine.sweep() == 1
    assert change_control.reboots(accounts, cluster) == 1
    assert event["until"] == SUNDAY.isoformat()
