"""`leave`: what it removes, and what it does not."""

from typing import Any

import pytest

from msklink.auth_scheme import Scheme
from msklink.connections.record import ConnectionRecord, State
from msklink.refusals import Code, refuse
from msklink.removal import Removal
from msklink.requests.inbound_events import read_event
from tests.client import requested_users
from tests.client.console import ACCOUNT, BUS, Console, Said, calls
from tests.client.test_request import KEY, put
from tests.unit.factories import LATER, connection

TAKEN = {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}


def leave(console: Console, *words: str, typed: str | None = None) -> Said:
    return console("leave", "orders", "--vpc", console.vpc_id, *words, typed=typed)


def published(console: Console, scheme: Scheme = Scheme.IAM, **changes: Any) -> ConnectionRecord:
    facts = {"vpc_id": console.vpc_id, "state": State.PUBLISHED, "connection_arn": f"arn:{scheme}"}
    return connection(scheme=scheme, **(facts | changes))


def removal(**facts: Any) -> Removal:
    about = {"account": ACCOUNT, "vpc_id": "v", "scheme": "iam", "key": KEY}
    return Removal(reason=refuse(Code.NO_LONGER_ASKED, **about), **facts)


def test_the_tag_is_removed_after_what_goes_with_it_is_shown(console: Console) -> None:
    console.tag(msklink__orders="iam", Name="billing")
    console.store.publish(Scheme.IAM)
    put(console, published(console))

    said = leave(console, "--yes")

    assert (said.code, console.tags()) == (0, {"Name": "billing"})
    assert f"Remove tag {KEY} = 'iam' from {console.vpc_id} (billing)." in said.out
    assert "iam (published) is removed after the owner's grace period" in said.out
    assert "connection arn:iam, and the parameters" in said.out
    assert "    /msklink/orders/iam/bootstrap.servers" in said.out.splitlines()


def test_nothing_is_removed_without_a_yes(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    console.tag(msklink__orders="iam")
    made = calls(monkeypatch)

    assert leave(console).error == "NotConfirmed"
    assert leave(console, typed="n\n").code == 1
    assert not made


def test_a_tag_that_was_changed_meanwhile_stays(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EC2 deletes a tag with a value only if it has that value."""
    console.tag(msklink__orders="iam")
    seen = console.ec2.describe_vpcs(VpcIds=[console.vpc_id])
    console.tag(msklink__orders="iam tls")
    calls(monkeypatch, DescribeVpcs=seen)

    leave(console, "--yes")

    monkeypatch.undo()
    assert console.tags() == {KEY: "iam tls"}


def test_parameters_that_another_vpc_needs_are_not_listed(console: Console) -> None:
    console.tag(msklink__orders="auto")
    console.store.publish(Scheme.IAM, Scheme.TLS)
    other = connection(vpc_id="vpc-other", state=State.PUBLISHED)
    put(console, published(console), published(console, Scheme.TLS), other)

    said = leave(console, "--yes", "--output", "json")

    iam, tls = said.json["removed"]
    assert iam["parameters"] == []
    assert "/msklink/orders/tls/bootstrap.servers" in tls["parameters"]
    assert iam["connection_arn"] == "arn:iam"


def test_what_the_tag_does_not_request_is_not_said_to_go(console: Console) -> None:
    console.tag(msklink__orders="iam")
    put(console, published(console), published(console, Scheme.TLS))

    said = leave(console, "--yes")

    assert "iam (published) is removed" in said.out
    assert "tls (published)" not in said.out
    assert "What an event requested stays." in said.out


def test_a_connection_by_event_needs_the_bus(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(console, published(console))
    made = calls(monkeypatch)

    said = leave(console, "--yes")

    assert (said.code, said.error) == (1, "RequestedByEvent")
    assert "--event-bus" in said.err
    assert not made


def test_an_event_removes_at_once_and_msklink_reads_it(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    console.tag(msklink__orders="iam")
    put(console, published(console))
    made = calls(monkeypatch, PutEvents=TAKEN)

    said = leave(console, "--event-bus", BUS, "--yes", "--output", "json")

    assert (said.code, made) == (0, ["DeleteTags", "PutEvents"])
    assert said.json["removed"][0]["at_once"] is True
    _, change = said.json["changed"]
    event = {"account": ACCOUNT, "detail-type": change["detail_type"], "detail": change["detail"]}
    [trigger] = read_event(event, "msklink")
    asked: Any = trigger
    assert (asked.vpc_id, set(asked.request.schemes)) == (console.vpc_id, set(Scheme))


def test_a_failure_after_the_first_change_says_what_was_done(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    console.tag(msklink__orders="iam")
    refused = {"ErrorCode": "InternalFailure", "ErrorMessage": "busy"}
    calls(monkeypatch, PutEvents={"FailedEntryCount": 1, "Entries": [refused]})

    said = leave(console, "--event-bus", BUS, "--yes")

    assert said.code == 1
    assert f"Done: Remove tag {KEY}" in said.out
    assert "EventRejected" in said.err


@pytest.mark.parametrize("tags", [{}, {"msklink__orders": "off"}, {"msklink__other": "iam"}])
def test_there_is_nothing_to_do_without_a_request(console: Console, tags: dict[str, str]) -> None:
    console.tag(Name="x", **tags)

    said = leave(console)

    assert said.code == 0
    assert said.out.startswith("Nothing to do")
    assert leave(console, "--output", "json").json["changed"] == []


@pytest.mark.parametrize("value", ["", "iamm"])
def test_a_tag_with_a_mistake_is_removed_as_well(console: Console, value: str) -> None:
    console.tag(msklink__orders=value)
    put(console, published(console))

    said = leave(console, "--yes")

    assert (said.code, console.tags()) == (0, {})
    assert "iam (published) is removed" in said.out


def test_an_announced_removal_is_nothing_to_do_and_has_its_time(console: Console) -> None:
    put(console, published(console, removal=removal(due=LATER)))

    said = leave(console)

    assert said.code == 0
    assert "iam is removed at 2026-01-01T01:00:00Z, as announced." in said.out


def test_a_protected_vpc_is_not_left(console: Console) -> None:
    console.tag(msklink__orders="iam", msklink__protect="")

    said = leave(console, "--yes")

    assert (said.code, said.error) == (1, "DeletionProtected")
    assert (
        f"aws ec2 delete-tags --resources {console.vpc_id} --tags Key=msklink/protect" in said.err
    )
    assert KEY in console.tags()


@pytest.mark.parametrize("others", [(), ("vpc-other",)])
def test_users_go_with_the_last_connection_by_scram(
    console: Console, others: tuple[str, ...]
) -> None:
    console.tag(msklink__orders="scram")
    console.store.publish(Scheme.SCRAM)
    requested_users.create(console.store, "billing")
    users = {
        "billing": {"state": "ready", "secret_arn": "arn:secret"},
        "admin": {"state": "refused"},
    }
    requested_users.put_status(console.store, console.vpc_id, *others, users=users)

    said = leave(console, "--yes").out

    is_last = not others
    assert ("  and user billing, with its secret" in said) is is_last
    assert "user admin" not in said
    assert ("  /msklink/orders/users/billing" in said) is is_last
