"""Which tags a command of the owner changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msklink.change_control.terms import STACK_FREEZE
from msklink.refusals import Code, refuse
from msklink.tags import read_client_accounts
from msklink_cli import tag_changes
from msklink_cli.errors import CommandError
from msklink_cli.report import Wait
from tests.unit.factories import CLIENT, NOW, OTHER_CLIENT, account_ids

NS = "msklink"
ARABIC = "".join(map(chr, range(0x660, 0x66A))) + "12"
OWN = {"team": "payments", "msklink": "iam"}


def waits_for_approval(*schemes: str) -> Wait:
    reason = refuse(
        Code.AWAITING_APPROVAL, cluster="orders", schemes="iam", key="msklink/approved", value="iam"
    )
    return Wait(reason=reason, schemes=schemes, since=NOW, until=None, approval=schemes)


def apply(tags: dict[str, str], changes: tag_changes.TagChanges) -> dict[str, str]:
    return {key: value for key, value in {**tags, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["iam"], "iam"),
        (["iam,scram"], "iam scram"),
        (["IAM", "tls"], "iam tls"),
        (["auto"], "auto"),
        (["off"], "off"),
    ],
)
def test_enable_sets_the_tag_of_the_namespace(words: list[str], value: str) -> None:
    assert tag_changes.enable(NS, words) == {NS: value}


@pytest.mark.parametrize("words", [["iamm"], ["iam", "kerberos"], ["auto iam"], [""], [" , "]])
def test_enable_refuses_words_that_mean_nothing(words: list[str]) -> None:
    with pytest.raises(CommandError) as refused:
        tag_changes.enable(NS, words)

    assert refused.value.code in {Code.UNKNOWN_SCHEME, Code.SCHEME_MISSING}
    assert refused.value.remedy


def test_approve_takes_what_waits_and_keeps_what_was_approved() -> None:
    waiting = [waits_for_approval("iam", "scram")]

    changes = tag_changes.approve(NS, ["tls"], waiting, [])

    assert changes == {"msklink/approved": "iam scram tls"}


def test_approve_takes_the_named_schemes_only() -> None:
    waiting = [waits_for_approval("iam", "scram")]

    assert tag_changes.approve(NS, [], waiting, ["scram"]) == {"msklink/approved": "scram"}


def test_approve_changes_nothing_where_nothing_waits() -> None:
    assert tag_changes.approve(NS, ["iam"], [], []) == {}


def test_approve_refuses_an_unknown_scheme() -> None:
    with pytest.raises(CommandError, match="kerberos"):
        tag_changes.approve(NS, [], [], ["kerberos"])


def test_thaw_removes_the_tag_whatever_its_value() -> None:
    assert tag_changes.thaw(NS, "tag msklink/freeze of the cluster") == {"msklink/freeze": None}
    assert tag_changes.thaw(NS, "") == {}


def test_thaw_names_the_remedy_where_the_stack_freezes() -> None:
    with pytest.raises(CommandError) as refused:
        tag_changes.thaw(NS, STACK_FREEZE)

    assert "Freeze=false" in refused.value.remedy


@given(
    before=st.lists(account_ids, max_size=60, unique=True), new=st.lists(account_ids, max_size=9)
)
def test_allow_lists_all_and_writes_only_tags_that_msk_accepts(
    before: list[str], new: list[str]
) -> None:
    tags = apply(OWN, tag_changes.allow(OWN, NS, before))

    after = apply(tags, tag_changes.allow(tags, NS, new))

    listed = read_client_accounts(after, NS)
    assert listed.accounts == {*before, *new}
    assert not listed.refusals
    assert all(len(value) <= 255 for value in after.values())
    assert {key: after[key] for key in OWN} == OWN


@given(before=st.lists(account_ids, min_size=1, max_size=60, unique=True), data=st.data())
def test_deny_is_the_reverse_of_allow(before: list[str], data: st.DataObject) -> None:
    tags = apply(OWN, tag_changes.allow(OWN, NS, before))
    gone = data.draw(st.lists(st.sampled_from(before), unique=True))

    after = apply(tags, tag_changes.deny(tags, NS, gone))

    assert read_client_accounts(after, NS).accounts == {*before} - {*gone}
    assert "" not in after.values()


def test_deny_keeps_words_that_it_does_not_know() -> None:
    tags = {"msklink/clients": f"{CLIENT} all-of-them {OTHER_CLIENT}"}

    assert tag_changes.deny(tags, NS, [CLIENT]) == {
        "msklink/clients": f"all-of-them {OTHER_CLIENT}"
    }


def test_deny_removes_a_tag_that_would_be_empty() -> None:
    assert tag_changes.deny({"msklink/clients/2": CLIENT}, NS, [CLIENT]) == {
        "msklink/clients/2": None
    }


@pytest.mark.parametrize("account", ["1234", "12345678901a", ARABIC, ""])
def test_an_account_has_twelve_digits(account: str) -> None:
    for change in (tag_changes.allow, tag_changes.deny):
        with pytest.raises(CommandError) as refused:
            change({}, NS, [account])
        assert refused.value.code == "MalformedAccount"


def test_a_cluster_has_at_most_fifty_tags() -> None:
    tags = {f"own-{number}": "" for number in range(50)}

    with pytest.raises(CommandError) as refused:
        tag_changes.allow(tags, NS, [CLIENT])

    assert refused.value.code == "TooManyTags"


@pytest.mark.parametrize("reason", ["a\nb", "\x1b[31m", "x" * 256, "no: colon"])
def test_the_reason_of_a_freeze_is_a_value_that_msk_takes(reason: str) -> None:
    with pytest.raises(CommandError) as refused:
        tag_changes.freeze(NS, reason)

    assert refused.value.code == "MalformedTag"
    assert tag_changes.freeze(NS, "month end") == {"msklink/freeze": "month end"}


def test_off_approves_nothing() -> None:
    assert tag_changes.approve(NS, ["iam"], [], ["off"]) == {}
