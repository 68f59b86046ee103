"""The pages on one request: the event, the command that sends it, and the code that follows."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

import msklink_client
from msklink.auth_scheme import Scheme
from msklink_client import kafka_config
from tests.client import requested_users
from tests.client.conftest import Store
from tests.client.console import BUS, Console, calls
from tests.client.guide import CLIENT, DOCS, USERS, blocks, sections

REQUEST = sections(CLIENT)["In one request"]


@pytest.fixture
def broker(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A broker of librdkafka without TLS and logins, for which the configuration drops both."""
    cluster = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    [one] = cluster.list_topics(timeout=30).brokers.values()
    store.publish(Scheme.IAM, Scheme.SCRAM)
    for scheme in ("iam", "scram"):
        store.put(f"/msklink/orders/{scheme}/bootstrap.servers", f"{one.host}:{one.port}")

    def without_login(*given: Any, **options: Any) -> dict[str, Any]:
        config = kafka_config(*given, **options)
        kept = {name: one for name, one in config.items() if name[:4] not in {"sasl", "oaut"}}
        return kept | {"security.protocol": "PLAINTEXT", "log_level": 0}

    monkeypatch.setitem(vars(msklink_client), "kafka_config", without_login)
    yield f"{one.host}:{one.port}"
    cluster.flush(0)


def test_the_code_after_the_request_produces_and_consumes(store: Store, broker: str) -> None:
    requested_users.create(store, "billing")
    [block] = blocks(REQUEST, "python")
    names: dict[str, Any] = {}

    exec(block, names)

    assert names["by_scram"]["bootstrap.servers"] == broker
    assert (names["message"].topic(), names["message"].value()) == ("billing.payments", b"paid")


def test_the_code_for_a_user_makes_a_client(store: Store) -> None:
    store.publish(Scheme.SCRAM)
    requested_users.create(store, "billing")
    [block] = blocks(USERS.read_text(), "python")
    names: dict[str, Any] = {}

    exec(block, names)

    assert isinstance(names["producer"], Producer)


@pytest.mark.parametrize("page", [CLIENT, USERS, DOCS / "access.md"], ids=lambda page: page.name)
def test_the_command_sends_the_event_of_the_page(
    console: Console, monkeypatch: pytest.MonkeyPatch, page: Path
) -> None:
    calls(monkeypatch, PutEvents={"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})
    text = page.read_text().replace("\\\n", " ").replace("vpc-…", console.vpc_id)
    [entry] = json.loads(re.findall(r"put-events --entries '(\[.*?\])'", text, re.DOTALL)[0])
    [command] = re.findall(
        r"msklink-client (request [^`]*?--event-bus .*?)(?:`|\nmsklink)", text, re.DOTALL
    )
    words = shlex.split(command.replace("arn:…", BUS))

    said = console(*words, "--yes", "--output", "json")

    [change] = said.json["changed"]
    assert change["detail_type"] == entry["DetailType"]
    assert change["detail"] == json.loads(entry["Detail"])


def test_the_users_of_the_page_are_within_the_bounds_of_the_page() -> None:
    text = USERS.read_text()
    bounds = json.loads(re.findall(r"--value '(\{.*?\})'", text, re.DOTALL)[0])
    names = re.findall(r'\\"users\\": \[\{\\"name\\": \\"(\w+)\\"', text)

    [pattern] = bounds["users"]
    assert names
    assert all(re.fullmatch(pattern.replace("*", ".*"), name) for name in names)
