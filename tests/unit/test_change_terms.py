"""The owner's terms: tags over parameters of the stack, the safe reading, and what they hold."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from msklink.arns import ClusterArn
from msklink.auth_scheme import ALL_SCHEMES, Scheme
from msklink.change_control.holds import Hold, RecordedHold, freeze_hold, reboot_holds
from msklink.change_control.terms import StackTerms, read_terms
from msklink.refusals import Code
from tests.unit.factories import ARN

WEDNESDAY = datetime(2026, 3, 4, 12, tzinfo=UTC)
NEXT_SUNDAY = datetime(2026, 3, 8, 2, tzinfo=UTC)
WINDOW = "sun 0200-sun 0500"
NEVER_HELD = StackTerms()


def holds(
    *off: Scheme,
    stack: StackTerms = NEVER_HELD,
    needed: timedelta = timedelta(minutes=75),
    now: datetime = WEDNESDAY,
    **tags: str,
) -> dict[Scheme, Hold]:
    keys = {f"msklink/{key}": text for key, text in tags.items()}
    terms = read_terms(keys, "msklink", stack)
    return reboot_holds(terms, ClusterArn.parse(ARN), off or ALL_SCHEMES, needed, now)


def codes(found: dict[Scheme, Hold]) -> dict[str, str]:
    return {scheme.value: hold.reason.code for scheme, hold in found.items()}


def all_held(code: Code) -> dict[str, str]:
    return dict.fromkeys(sorted(ALL_SCHEMES), code)


def test_without_terms_nothing_is_held() -> None:
    assert not holds()


def test_a_reboot_waits_for_the_window() -> None:
    found = holds(window=WINDOW)

    assert codes(found) == all_held(Code.OUTSIDE_WINDOW)
    assert {hold.until for hold in found.values()} == {NEXT_SUNDAY}
    assert not holds(window=WINDOW, now=NEXT_SUNDAY)


def test_a_window_that_is_too_short_warns() -> None:
    [hold] = holds(Scheme.IAM, window=WINDOW, needed=timedelta(hours=9)).values()

    assert "No window is long enough for the 540 minutes" in hold.reason.message


def test_approval_names_schemes() -> None:
    found = holds(approval="required", approved="iam")

    assert codes(found) == {"scram": Code.AWAITING_APPROVAL, "tls": Code.AWAITING_APPROVAL}
    assert "set tag msklink/approved of the cluster to iam tls" in found[Scheme.TLS].reason.remedy
    assert "Turning on tls reboots" in found[Scheme.TLS].reason.message
    assert found[Scheme.TLS].until is None
    assert not holds(approval="required", approved="iam scram tls")
    assert not holds(approval="required", approved="auto")
    assert codes(holds(approval="required", approved="off")) == all_held(Code.AWAITING_APPROVAL)


def test_what_is_approved_waits_for_the_window_all_the_same() -> None:
    found = holds(approval="required", approved="iam", window=WINDOW)

    assert codes(found) == all_held(Code.AWAITING_APPROVAL) | {"iam": Code.OUTSIDE_WINDOW}


@pytest.mark.parametrize("text", ["", "yes", "no", "false"])
def test_a_freeze_holds_whatever_the_tag_says(text: str) -> None:
    found = holds(freeze=text, approval="required", window=WINDOW)

    assert codes(found) == all_held(Code.FROZEN)
    assert "tag msklink/freeze of the cluster" in found[Scheme.IAM].reason.remedy


@pytest.mark.parametrize(
    ("stack", "code"),
    [
        (StackTerms(window="sun:02:00-sun:05:00"), Code.OUTSIDE_WINDOW),
        (StackTerms(approval="required"), Code.AWAITING_APPROVAL),
        (StackTerms(freeze=True), Code.FROZEN),
        (StackTerms(window="sometimes"), Code.MALFORMED_WINDOW),
    ],
)
def test_the_stack_has_the_terms_of_clusters_without_tags(stack: StackTerms, code: Code) -> None:
    assert codes(holds(stack=stack)) == all_held(code)


def test_a_tag_overrides_the_stack() -> None:
    assert not holds(stack=StackTerms(window=WINDOW), window="always")
    assert not holds(stack=StackTerms(approval="required"), approval="none")
    assert codes(holds(stack=StackTerms(freeze=True), freeze="no")) == all_held(Code.FROZEN)


@pytest.mark.parametrize(
    ("tags", "code", "where"),
    [
        ({"window": "whenever"}, Code.MALFORMED_WINDOW, "Tag msklink/window"),
        ({"window": ""}, Code.MALFORMED_WINDOW, "Tag msklink/window"),
        ({"approval": "perhaps"}, Code.MALFORMED_APPROVAL, "Tag msklink/approval"),
        ({"approval": ""}, Code.MALFORMED_APPROVAL, "Tag msklink/approval"),
        ({"approved": "iam,scram"}, Code.UNKNOWN_SCHEME, "Tag msklink/approved"),
        ({"approved": ""}, Code.SCHEME_MISSING, "Tag msklink/approved"),
    ],
)
def test_words_that_mean_nothing_hold_every_reboot(
    tags: dict[str, Any], code: Code, where: str
) -> None:
    found = holds(**tags)

    assert codes(found) == all_held(code)
    assert where in found[Scheme.IAM].reason.message


def test_case_and_spaces_of_approval_are_ignored() -> None:
    assert not holds(approval=" None ")


@pytest.mark.parametrize(
    ("schemes", "stack", "is_like"),
    [
        ({Scheme.IAM}, StackTerms(approval="required"), True),
        ({Scheme.IAM, Scheme.TLS}, StackTerms(approval="required"), True),  # one waited before
        ({Scheme.TLS}, StackTerms(approval="required"), False),
        ({Scheme.IAM}, StackTerms(window=WINDOW), False),  # for another reason
    ],
)
def test_a_hold_goes_on_where_one_of_its_schemes_waits_for_the_same_reason(
    schemes: set[Scheme], stack: StackTerms, is_like: bool
) -> None:
    [before] = holds(Scheme.IAM, stack=StackTerms(approval="required")).values()
    recorded = RecordedHold(hold=before, schemes=(Scheme.IAM,), since=WEDNESDAY)

    now = next(iter(holds(*schemes, stack=stack).values()))

    assert recorded.is_like(now, tuple(sorted(schemes))) is is_like


def test_a_hold_of_removals_goes_on_while_the_freeze_does() -> None:
    frozen = freeze_hold("tag msklink/freeze", ClusterArn.parse(ARN))
    assert frozen

    assert RecordedHold(hold=frozen, since=WEDNESDAY).is_like(frozen, ())
    assert not RecordedHold(hold=frozen, since=WEDNESDAY).is_like(frozen, (Scheme.IAM,))
