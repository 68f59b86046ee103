"""The message to the owner about a change that waits."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from msklink.arns import ClusterArn
from msklink.auth_scheme import Scheme
from msklink.change_control.change_request import HeldChange, change_request
from msklink.change_control.holds import Hold, RecordedHold, common_holds, freeze_hold, reboot_holds
from msklink.change_control.terms import STACK_FREEZE, StackTerms, read_terms
from tests.unit.factories import ARN, CLIENT

CLUSTER = ClusterArn.parse(ARN)
OTHER = "333333333333"
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
TAG = f"aws kafka tag-resource --resource-arn {ARN} --tags"


def held(hold: Hold, *schemes: Scheme, **changes: Any) -> HeldChange:
    facts: dict[str, Any] = {
        "accounts": [CLIENT],
        "brokers": 3,
        "minutes": 75,
        "window": "always",
        "freeze": "",
        "plan": "3 brokers reboot once.",
        "key": "msklink",
    }
    recorded = RecordedHold(hold=hold, schemes=schemes, since=NOW)
    return HeldChange(cluster=CLUSTER, hold=recorded, **(facts | changes))


def hold_of(needed: timedelta = timedelta(minutes=75), **tags: str) -> Hold:
    """Return the common hold of iam and scram."""
    keys = {f"msklink/{key}": text for key, text in tags.items()}
    terms = read_terms(keys, "msklink", StackTerms())
    wanted = (Scheme.IAM, Scheme.SCRAM)
    holds = reboot_holds(terms, CLUSTER, wanted, needed, NOW)
    return next(common_holds(CLUSTER, "msklink", holds))[0]


def test_an_approval_is_requested_for_all_schemes_that_wait_for_it() -> None:
    hold = hold_of(approval="required", approved="tls")

    request = change_request(held(hold, Scheme.IAM, Scheme.SCRAM, accounts=[OTHER, CLIENT]))

    assert request.change == (
        f"MSK cluster {CLUSTER.name}: turning on iam and scram for private connectivity waits for "
        "your approval."
    )
    assert request.effect.startswith("Effect: MSK reboots the 3 brokers one after the other")
    assert "75 minutes" in request.effect
    assert request.clients == f"Accounts that wait: {CLIENT}, {OTHER}."
    assert request.time == "Begins: as soon as you approve it; no maintenance window is set."
    assert request.go == f"To approve: {TAG} 'msklink/approved=iam scram tls'"
    assert request.stop.startswith("To decline: do nothing.")


def test_an_approval_names_the_window_that_comes_after_it() -> None:
    hold = hold_of(approval="required")

    request = change_request(held(hold, Scheme.IAM, window="sun 0200-sun 0500 Europe/Berlin"))

    assert "after your approval (sun 0200-sun 0500 Europe/Berlin)" in request.time


def test_a_window_is_shown_in_its_time_zone() -> None:
    window = "sun 0200-sun 0500 Europe/Berlin"

    request = change_request(held(hold_of(window=window), Scheme.IAM, window=window))

    assert request.time == (
        "Begins: by itself on Sun 2026-07-05 02:00 Europe/Berlin (2026-07-05 00:00 UTC), in window "
        "sun 0200-sun 0500 Europe/Berlin."
    )
    assert request.go.startswith("To begin at once, and have no window from then on: ")
    assert request.go.endswith(f"{TAG} msklink/window=always")
    assert request.stop.endswith(f"{TAG} msklink/freeze=stop")


def test_a_window_that_is_too_short_is_reported() -> None:
    window = "sun 0200-sun 0300"
    hold = hold_of(window=window)

    request = change_request(held(hold, Scheme.IAM, window=window))

    assert "Sun 2026-07-05 02:00 UTC" in request.time
    assert request.time.endswith("No window is long enough for the 75 minutes that it may take.")


def test_a_freeze_is_ended_where_it_was_set() -> None:
    hold = freeze_hold("tag msklink/freeze of the cluster", CLUSTER)
    assert hold

    by_tag = change_request(held(hold, Scheme.IAM, freeze="tag msklink/freeze of the cluster"))
    by_stack = change_request(held(hold, Scheme.IAM, freeze=STACK_FREEZE))

    untag = f"aws kafka untag-resource --resource-arn {ARN} --tag-keys msklink/freeze"
    assert by_tag.go == f"To end the freeze: {untag}"
    assert by_stack.go == "To end the freeze: deploy the owner stack with Freeze=false"


@pytest.mark.parametrize(
    ("schemes", "change"),
    [((), "the removal of connections"), ((Scheme.IAM,), "connecting clients by iam")],
)
def test_what_reboots_no_broker_says_so(schemes: tuple[Scheme, ...], change: str) -> None:
    hold = freeze_hold("tag msklink/freeze of the cluster", CLUSTER)
    assert hold

    request = change_request(held(hold, *schemes, minutes=0))

    assert request.change == f"MSK cluster {CLUSTER.name}: {change} is held by a freeze."
    assert request.effect == "Effect: no broker reboots."


def test_terms_that_mean_nothing_are_shown_with_their_remedy() -> None:
    hold = hold_of(window="whenever")

    request = change_request(held(hold, Scheme.IAM, window="whenever"))

    assert "waits for a correction of your terms" in request.change
    assert "'whenever' is not like sun 0200-sun 0500" in request.time
    assert request.go == hold.reason.remedy


def test_a_change_for_no_client_says_for_what_it_is() -> None:
    request = change_request(held(hold_of(approval="required"), Scheme.IAM, accounts=[]))

    assert request.clients.startswith("Accounts that wait: none; it is for a vendor")


def test_a_plan_that_is_not_known_is_not_made_up() -> None:
    request = change_request(held(hold_of(approval="required"), Scheme.IAM, plan=""))

    assert request.plan == "Plan: not known this time. The next run plans again."
