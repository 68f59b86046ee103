"""`request` with users for SCRAM, of which the event has the names."""

from typing import Any

import pytest

from msklink.requests.inbound_events import ClientChanged, read_event
from tests.client import requested_users
from tests.client.console import ACCOUNT, BUS, Console, calls
from tests.client.test_request import ACCESS, request

TAKEN = {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}


@pytest.mark.parametrize("scheme", ["scram", "auto"])
def test_users_are_requested_by_an_event(
    console: Console, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    calls(monkeypatch, PutEvents=TAKEN)
    words = ("--users", "billing", "reports,billing", "--event-bus", BUS, "--yes")

    said = request(console, "--schemes", scheme, *words, "--output", "json")

    [change] = said.json["changed"]
    assert change["detail"]["users"] == [{"name": "billing"}, {"name": "reports"}]
    event = {"account": ACCOUNT, "detail-type": change["detail_type"], "detail": change["detail"]}
    [trigger] = read_event(event, "msklink")
    assert isinstance(trigger, ClientChanged)
    asked: Any = trigger.request
    assert [one.name for one in asked.users] == ["billing", "reports"]
    assert "MSKLink creates users billing and reports for scram" in said.err


def test_with_users_access_is_for_their_acls(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls(monkeypatch, PutEvents=TAKEN)
    words = ("--users", "billing", *ACCESS, "--event-bus", BUS, "--yes", "--output", "json")

    said = request(console, "--schemes", "scram", *words)

    assert said.json["changed"][0]["detail"]["access"]["groups"] == ["billing.app"]
    assert "MSKLink grants the access" not in said.err
    assert request(console, "--schemes", "scram", *ACCESS, *words[-4:]).error == "BadArgument"


@pytest.mark.parametrize(
    ("words", "message", "remedy"),
    [
        (("--users", "billing*"), "'billing*' is not the name of a user", "letters, digits"),
        (("--users", "b" * 65), "is not the name of a user", "at most 64"),
        (("--users", "a,b,c,d,e"), "5 names after --users are too many", "room for 4"),
        (("--schemes", "iam,tls", "--users", "a"), "not by iam and tls", "Add scram"),
    ],
)
def test_users_that_no_request_can_have_are_refused_before_it_is_sent(
    console: Console,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    message: str,
    remedy: str,
) -> None:
    made = calls(monkeypatch, PutEvents=TAKEN)

    said = request(console, "--schemes", "scram", *words, "--event-bus", BUS, "--yes")

    assert (said.code, said.error, made) == (1, "BadArgument", [])
    assert message in said.err
    assert remedy in said.err


def test_users_need_an_event(console: Console) -> None:
    said = request(console, "--schemes", "scram", "--users", "billing", "--yes")

    assert "A tag cannot carry --users" in said.err


def test_users_that_a_request_leaves_out_are_announced(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = {"state": "ready", "secret_arn": "arn:secret"}
    due = ready | {"due": "2026-01-02T00:00:00Z"}
    refused = {"state": "refused"}
    users = {"billing": ready, "reports": ready, "old": due, "admin": refused}
    requested_users.put_status(console.store, console.vpc_id, users=users)
    calls(monkeypatch, PutEvents=TAKEN)
    words = ("--schemes", "scram", "--event-bus", BUS, "--yes")

    assert "no longer requests user reports:" in request(console, *words, "--users", "billing").out
    assert "no longer requests users billing and reports:" in request(console, *words).out
    both = request(console, *words, "--users", "billing,reports").out
    assert "no longer requests" not in both
