"""The page as a document: what is in it, and what must not be."""

import base64
import hashlib
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from msklink.auth_scheme import Scheme
from msklink.connections.record import State
from msklink.refusals import Code, refuse
from msklink.users.record import UserRecord, UserState, UserStatus
from msklink_cli.page import render
from msklink_cli.page.cards import card, counts, monthly
from msklink_cli.page.overview import Overview
from tests.support import page_samples
from tests.support.page_samples import client, detail

HOSTILE = """<img src=x onerror=f()>"' onclick="f()</script><script>f()</script>{{ 7 * 7 }}"""


class Elements(HTMLParser):
    """The elements of a document, with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def document(overview: Overview) -> str:
    return render.document(overview, [card(one) for one in overview.clusters])


def hostile() -> Overview:
    """Return an overview in which every text of others is hostile."""
    refusal = refuse(Code.ACCOUNT_NOT_ALLOWED, account=HOSTILE, key=HOSTILE)
    clients = [
        client(0, state=State.REFUSED, refusal=refusal, vpc_id=HOSTILE, failure=HOSTILE),
        client(1, state=State.PUBLISHED, account=HOSTILE, connection_arn=HOSTILE),
    ]
    of = detail("orders", clients, tags={"msklink": HOSTILE}, refusals=(refusal,))
    return replace(page_samples.waiting(), clusters=(of,), region=HOSTILE)


def test_texts_of_others_stay_texts() -> None:
    tame, found = Elements(document(page_samples.waiting())), Elements(document(hostile()))

    assert {name for name, _ in found.found} <= {name for name, _ in tame.found} | {"code", "br"}
    assert Counter(name for name, _ in found.found)["script"] == 1
    assert not [key for _, attributes in found.found for key in attributes if key[:2] == "on"]
    assert HOSTILE in found.text


@pytest.mark.parametrize("moment", ["waiting", "running", "connected"])
def test_nothing_is_loaded_from_anywhere(moment: str) -> None:
    html = document(getattr(page_samples, moment)())
    elements = Elements(html).found

    addresses = [
        value
        for _, attributes in elements
        for key, value in attributes.items()
        if key in {"src", "href", "action", "srcset", "poster", "data"}
    ]
    assert all(str(one).startswith(("#", "data:image/svg+xml,")) for one in addresses)
    assert set(re.findall(r"https?://[\w./]+", html)) == {"http://www.w3.org/2000/svg"}
    assert not re.findall(r"@import|url\(", html)
    assert not [1 for _, attributes in elements if "style" in attributes]


def test_the_content_security_policy_has_the_hashes_of_style_and_script() -> None:
    html = document(page_samples.running())
    [policy] = [
        str(one["content"])
        for name, one in Elements(html).found
        if name == "meta" and one.get("http-equiv") == "Content-Security-Policy"
    ]

    for name in ("style", "script"):
        [text] = re.findall(rf"<{name}>(.*?)</{name}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "connect-src" not in policy
    assert "unsafe" not in policy


def test_the_external_id_and_the_environment_are_not_in_it(
    owner_stack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret-access-key")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a-session-token")
    refusal = refuse(
        Code.EXTERNAL_ID_WRONG, role="r", account=page_samples.TEAMS[0], external_id=owner_stack
    )
    clients = [client(0, state=State.REFUSED, refusal=refusal)]
    of = detail("orders", clients, tags={"msklink": "iam"}, refusals=(refusal,))
    overview = replace(page_samples.waiting(), clusters=(of,))

    html = render.document(overview, [card(of)], problem=f"a problem with {owner_stack}")

    assert f"a problem with {render.HIDDEN}" in html
    assert f"set ExternalId to {render.HIDDEN}" in html
    for secret in (owner_stack, "a-secret-access-key", "a-session-token"):
        assert secret not in html


def test_a_refusal_has_its_remedy_and_the_command_of_the_owner() -> None:
    text = Elements(document(page_samples.connected())).text

    assert page_samples.not_offered().remedy in text
    assert "msklink enable orders iam scram tls" in text


def test_a_hold_has_what_lets_it_go() -> None:
    text = Elements(document(page_samples.waiting())).text

    assert "msklink approve orders" in text
    assert "AwaitingApproval" in text


def test_the_run_is_a_timeline_of_phases() -> None:
    orders = card(page_samples.running().clusters[0])

    assert [(one.phase.value, one.place) for one in orders.steps] == [
        ("asked", "done"),
        ("held", "done"),
        ("enabling", "now"),
        ("granting", "next"),
        ("connecting", "next"),
        ("publishing", "next"),
    ]
    assert orders.steps[1].seconds == 1260


def test_the_most_urgent_state_gives_a_cluster_its_tone() -> None:
    waiting, ledger, payments = (card(one) for one in page_samples.waiting().clusters)

    assert waiting.tones == ("bad", "waiting")
    assert ledger.tones == ("good",)
    assert payments.tones == ("quiet",)


def test_the_parts_of_a_bar_fill_it_in_the_order_of_urgency() -> None:
    found = counts({"published": 2, "refused": 1, "connecting": 1})

    assert [(one.state, one.start, one.width) for one in found] == [
        ("refused", 0, 25),
        ("connecting", 25, 25),
        ("published", 50, 50),
    ]


def test_a_region_without_a_known_price_has_no_cost() -> None:
    clusters = page_samples.connected().clusters
    elsewhere = [
        one.model_copy(update={"arn": one.arn.replace("us-east-1", "eu-west-1")})
        for one in clusters
    ]

    assert monthly(clusters) == pytest.approx(3 * 0.0225 * 730, abs=0.01)
    assert monthly(elsewhere) is None
    overview = replace(page_samples.connected(), clusters=tuple(elsewhere), region="eu-west-1")
    assert "no price of private connectivity for Region eu-west-1" in document(overview)


def with_users() -> Overview:
    """Return a cluster with users of a client by scram, and one of an account that has left."""
    arn = "arn:aws:secretsmanager:us-east-1:111111111111:secret:AmazonMSK_msklink_{}_orders_{}-a1"
    records = [
        UserRecord(
            cluster_arn=f"arn:aws:kafka:{page_samples.REGION}:{page_samples.OWNER}:cluster/orders/1-1",
            account=account,
            name=name,
            secret_arn=arn.format(account, name),
        )
        for account, name in ((page_samples.TEAMS[0], "billing"), (page_samples.TEAMS[1], "sales"))
    ]
    statuses = (
        UserStatus(name="audit", state=UserState.REFUSED),
        UserStatus(name="billing", state=UserState.READY, secret_arn=records[0].secret_arn),
    )
    published = client(0, "scram", state=State.PUBLISHED, users=statuses)
    of = detail("orders", [published], tags={"msklink": "scram"}, on=[Scheme.SCRAM], users=records)
    return replace(page_samples.connected(), clusters=(of,))


def test_a_connection_has_the_users_of_its_account() -> None:
    text = " ".join(Elements(document(with_users())).text.split())

    assert "users audit refused, billing ready" in text
    assert f"sales of {page_samples.TEAMS[1]} ✓ ready" in text
    assert text.count("billing") == 1


def test_secrets_of_users_are_in_the_cost() -> None:
    text = " ".join(Elements(document(with_users())).text.split())

    assert monthly(with_users().clusters) == pytest.approx(0.0225 * 730 + 2 * 0.40, abs=0.01)
    assert "for 1 scheme on and 2 secrets of users, without data" in text


def test_a_card_is_another_only_where_something_changed() -> None:
    before, after = page_samples.running(), page_samples.connected()

    def digests(overview: Overview) -> list[str]:
        return [card(one).digest for one in overview.clusters]

    assert digests(before) == digests(page_samples.running())
    assert [one == other for one, other in zip(digests(before), digests(after), strict=True)] == [
        False,
        True,
        True,
    ]


def test_six_hundred_clients_of_a_hundred_clusters_stay_small() -> None:
    html = document(page_samples.large(100, 6))

    assert len(html.encode()) < 1_000_000
    assert len(Elements(html).found) < 30 * 600


def test_an_identifier_is_unique() -> None:
    found = [
        attributes["id"]
        for _, attributes in Elements(document(page_samples.large(10, 6))).found
        if "id" in attributes
    ]

    assert len(found) == len(set(found))
