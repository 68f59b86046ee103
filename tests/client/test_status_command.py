"""`status`: what people and programs read of what is published."""

import sys

import pytest
import yaml

from msklink.auth_scheme import Scheme
from msklink.change_control.holds import Hold
from msklink.connections.record import ConnectionRecord, Phase, ProbeResult, Progress, State
from msklink.parameters import status
from msklink.refusals import Code, refuse
from msklink.removal import Removal
from msklink.runs.cluster_record import ClusterRecord
from msklink.topics.outcome import TopicState
from tests.client import requested_users
from tests.client.console import Console
from tests.unit.factories import ARN, CLIENT, LATER, NOW, OTHER_CLIENT, connection

VPC = "vpc-1"
REFUSAL = refuse(Code.SCHEME_OFF_ON_CLUSTER, scheme="tls")
HOLD = Hold(reason=refuse(Code.FROZEN, cluster="orders", what="tag k"), until=LATER)


def put(console: Console, *records: ConnectionRecord, cluster: str = "orders") -> None:
    """Put the status that MSKLink writes for *records*."""
    content = status.describe(ARN.replace("orders", cluster), records)
    console.store.put(f"/msklink/{cluster}/status", status.render(content, NOW))


def test_all_clusters_are_shown_with_their_states(console: Console) -> None:
    console.store.publish(Scheme.IAM)
    put(console, connection(state=State.PUBLISHED))
    put(console, connection(scheme=Scheme.TLS, state=State.REFUSED, refusal=REFUSAL), cluster="pay")

    said = console("status")

    assert said.code == 0
    head, orders, pay, *notes = said.out.splitlines()
    assert head.split()[:4] == ["CLUSTER", "VPC", "SCHEME", "STATE"]
    assert orders.split()[:4] == ["orders", VPC, "iam", "published"]
    assert orders.split()[-1] == "2"
    assert pay.split() == ["pay", VPC, "tls", "refused", "-", "-", "-", "-"]
    assert notes[:2] == ["", f"pay {VPC} tls: refusal"]
    assert notes[2].strip() == f"{REFUSAL.code}: {REFUSAL.message} {REFUSAL.remedy}"


def test_one_cluster_is_shown_with_its_brokers(console: Console) -> None:
    console.store.publish(Scheme.IAM)
    put(console, connection(state=State.PUBLISHED))
    put(console, connection(state=State.PLANNED), cluster="pay")

    said = console("status", "orders")

    assert "  b-1.iam.orders.x:14001" in said.out.splitlines()
    assert "pay" not in said.out
    assert f"Written {NOW.isoformat()}, for {ARN}." in said.out


def test_one_cluster_is_shown_with_the_topics_that_are_requested(console: Console) -> None:
    topics = (("billing.payments", TopicState.READY), ("billing.a", TopicState.REFUSED))
    put(console, connection(state=State.PUBLISHED, topics=topics))

    lines = console("status", "orders").out.splitlines()

    first = lines.index(f"orders {VPC} iam: topics")
    assert lines[first + 1 : first + 3] == ["  billing.a  refused", "  billing.payments  ready"]


def test_a_cluster_can_be_given_by_its_arn(console: Console) -> None:
    put(console, connection(state=State.PLANNED))

    assert console("status", ARN).out.splitlines()[1].startswith("orders")


def test_what_the_probe_could_not_check_is_shown(console: Console) -> None:
    unchecked = "SASL was not checked: the probe has no password."
    check = ProbeResult(at=NOW, good=True, servers="", layer="TLS", unchecked=unchecked)
    put(console, connection(scheme=Scheme.SCRAM, state=State.PUBLISHED, probe_result=check))

    said = console("status").out

    assert "ok: TLS" in said
    assert f"{unchecked} Run msklink-client check" in said


def test_progress_waits_removals_and_checks_have_their_times(console: Console) -> None:
    enabling = Progress(phase=Phase.ENABLING, since=NOW, expected=LATER)
    reason = refuse(
        Code.NO_LONGER_ASKED, account=CLIENT, vpc_id=VPC, scheme="tls", key="msklink/orders"
    )
    check = ProbeResult(
        at=NOW, good=False, servers="", layer="TCP", broker="b-1", detail="late", remedy="Open it."
    )
    put(
        console,
        connection(progress=enabling),
        connection(scheme=Scheme.SCRAM, state=State.WAITING, hold=HOLD),
        connection(
            scheme=Scheme.TLS, state=State.PUBLISHED, removal=Removal(reason=reason, due=LATER)
        ),
        connection(vpc_id="vpc-2", state=State.PUBLISHED, probe_result=check),
    )

    said = console("status", "--output", "json")

    [cluster] = said.json["clusters"]
    iam, scram, tls, other = cluster["connections"]
    assert (iam["phase"], iam["since"][:19]) == ("enabling", "2026-01-01T00:00:00")
    assert [one["until"][:19] for one in (iam, scram, tls)] == ["2026-01-01T01:00:00"] * 3
    assert scram["waiting"]["code"] == "Frozen"
    assert tls["leaving"]["reason"]["code"] == "NoLongerAsked"
    assert other["check"]["good"] is False
    people = console("status").out
    assert "published, leaving" in people
    assert "failed: TCP" in people
    assert f"{VPC} scram: waiting\n  Frozen: " in people
    assert "TCP: b-1 late Open it." in people


def test_times_have_no_fraction_of_a_second(console: Console) -> None:
    due = LATER.replace(microsecond=123456)
    reason = refuse(Code.NO_LONGER_ASKED, account=CLIENT, vpc_id=VPC, scheme="iam", key="k")
    put(console, connection(state=State.PUBLISHED, removal=Removal(reason=reason, due=due)))

    [row] = [line for line in console("status").out.splitlines() if line.startswith("orders  ")]
    assert f"{LATER:%Y-%m-%dT%H:%M:%SZ}" in row
    [cluster] = console("status", "--output", "json").json["clusters"]
    assert cluster["connections"][0]["until"] == f"{due:%Y-%m-%dT%H:%M:%S.%fZ}"


def test_yaml_has_the_content_of_json(console: Console) -> None:
    console.store.publish(Scheme.IAM)
    put(console, connection(state=State.PUBLISHED))

    as_json = console("status", "--output", "json").json

    assert yaml.safe_load(console("status", "--output", "yaml").out) == as_json
    [[one]] = [cluster["connections"] for cluster in as_json["clusters"]]
    assert one["brokers"] == ["b-1.iam.orders.x:14001", "b-2.iam.orders.x:14002"]


def test_yaml_without_its_package_names_the_extra(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)

    said = console("status", "--output", "yaml")

    assert (said.code, said.error) == (1, "PackageMissing")
    assert "msklink-client[yaml]" in said.err


def test_text_has_one_line_for_each_connection(console: Console) -> None:
    put(
        console,
        connection(state=State.PUBLISHED),
        connection(scheme=Scheme.TLS, state=State.REFUSED, refusal=REFUSAL),
    )

    iam, tls = [line.split("\t") for line in console("status", "--output", "text").out.splitlines()]

    assert iam == ["orders", VPC, "iam", "published", *["None"] * 7]
    assert tls[-3:] == [REFUSAL.code, REFUSAL.message, REFUSAL.remedy]


def test_nothing_published_is_said_and_no_error(console: Console) -> None:
    said = console("status")

    assert (said.code, said.out) == (
        0,
        "MSKLink has published nothing for this account in eu-west-1.\n",
    )
    assert console("status", "--output", "json").json == {"region": "eu-west-1", "clusters": []}
    assert console("status", "--output", "text").out == ""


def test_an_unknown_cluster_is_an_error(console: Console) -> None:
    said = console("status", "orders")

    assert (said.code, said.out, said.error) == (1, "", "NotOnboarded")


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        "null",
        "{}",
        '{"vpcs": 3}',
        '{"vpcs": {"vpc-1": 3, "vpc-2": {"iam": 1}, "vpc-3": {"iam": {}}}, "refusal": "no"}',
        '{"vpcs": {"vpc-1": {"iam": {"state": 1, "waiting": "x", "leaving": 2, "check": []}}}}',
        '{"clients": {"222222222222": {}}, "warnings": {"a": 1}, "updated": 7}',
        '{"vpcs": {"vpc-1": {"scram": {"users": 3}}, "vpc-2": {"scram": {"users": ["a"]}}}}',
        '{"vpcs": {"vpc-1": {"scram": {"users": {"a": 1, "b": {"acls": 2, "due": []}}}}}}',
        '{"vpcs": {"vpc-1": {"scram": {"users": {"\\u001b[31m": {"acls": ["\\u001b[0m", 1]}}}}}}',
        '{"state": "\\u001b[31m\\n\\tboo", "failure": "\\u001b]0;x\\u0007"}',
    ],
)
def test_a_status_of_any_form_is_shown_without_hiding_the_others(
    console: Console, content: str
) -> None:
    console.store.put("/msklink/orders/status", content)
    put(console, connection(state=State.PUBLISHED), cluster="pay")

    for form in ("table", "json", "text"):
        said = console("status", "--output", form)

        assert (said.code, said.err) == (0, "")
        assert "pay" in said.out
        assert "\x1b" not in said.out
    assert "\x1b" not in console("status", "orders").out


def test_a_missing_or_unreadable_status_is_a_note(console: Console) -> None:
    console.store.publish(Scheme.IAM)
    console.store.put("/msklink/pay/status", "{")

    said = console("status").out

    assert "StatusMissing" in said
    assert "/msklink/pay/status is not a status of MSKLink." in said


def test_a_status_without_room_is_shown_by_its_counts(console: Console) -> None:
    many = [
        connection(vpc_id=f"vpc-{n}", scheme=scheme, state=State.REFUSED, refusal=REFUSAL)
        for n in range(100)
        for scheme in Scheme
    ]
    put(console, *many)

    said = console("status")

    assert "300 refused" in said.out


def test_the_owners_account_shows_its_clients(console: Console) -> None:
    records = [connection(), connection(account=OTHER_CLIENT, state=State.PUBLISHED)]
    content = status.summarize(ARN, records, ClusterRecord(cluster_arn=ARN))
    console.store.put("/msklink/orders/status", status.render(content, NOW))
    console.store.put("/msklink/client_stack", "{}")
    console.store.put("/msklink/orders/plan", "{}")

    _, *rows = console("status").out.splitlines()

    assert [row.split()[1:5] for row in rows] == [
        ["account", CLIENT, "-", "planned"],
        ["account", OTHER_CLIENT, "-", "published"],
    ]


def test_more_parameters_than_a_page_are_read(console: Console) -> None:
    for n in range(12):
        put(console, connection(), cluster=f"c{n}")

    assert len(console("status", "--output", "json").json["clusters"]) == 12


def test_another_namespace_has_its_own_parameters(console: Console) -> None:
    put(console, connection())

    assert "nothing" in console("status", "--namespace", "other").out


def test_users_are_shown_once_with_the_commands_for_the_owner(console: Console) -> None:
    users = {
        "reports": {"state": "asked"},
        "billing": {"state": "ready", "secret_arn": "arn:secret", "acls": requested_users.ACLS},
        "audit": {"state": "ready", "secret_arn": "arn:other", "due": "2026-01-02T00:00:00.5Z"},
    }
    requested_users.put_status(console.store, "vpc-1", "vpc-2", users=users)

    lines = console("status", "orders").out.splitlines()

    first = lines.index("orders scram: users")
    assert lines[first : first + 8] == [
        "orders scram: users",
        "  audit  ready  arn:other  removed at 2026-01-02T00:00:00Z",
        "  billing  ready  arn:secret",
        "  reports  asked",
        "",
        "orders scram: ACLs of billing, which the owner adds once",
        *(f"  {command}" for command in requested_users.ACLS),
    ]
    assert sum("--operation Read" in line for line in lines) == 1
    [cluster] = console("status", "orders", "--output", "json").json["clusters"]
    assert cluster["connections"][0]["users"]["billing"]["acls"] == [*requested_users.ACLS]


def test_commands_for_what_each_vpc_requests_are_shown(console: Console) -> None:
    read, write = requested_users.ACLS
    entries = {
        vpc: {"scram": {"state": "published", "users": {"billing": {"acls": [*acls]}}}}
        for vpc, acls in {"vpc-1": (read,), "vpc-2": (read, write)}.items()
    }
    console.store.put_status(cluster_arn=ARN, state="published", vpcs=entries)

    lines = console("status", "orders").out.splitlines()

    assert [line.strip() for line in lines if "kafka-acls.sh" in line] == [read, write]


def test_of_a_shortened_status_nothing_is_said_of_acls(console: Console) -> None:
    users = {"billing": {"state": "ready", "secret_arn": "arn:secret"}}
    requested_users.put_status(console.store, VPC, users=users)

    assert "ACL" not in console("status", "orders").out


def test_a_refusal_of_a_user_is_a_warning_of_all_vpcs(console: Console) -> None:
    refusal = {"code": "UserNotAllowed", "message": "Not admin.", "remedy": "Ask the owner."}
    users = {"admin": {"state": "refused"}}
    requested_users.put_status(console.store, "vpc-1", "vpc-2", users=users, warnings=(refusal,))

    lines = console("status", "orders").out.splitlines()

    first = lines.index("orders vpc-1 scram, orders vpc-2 scram: warnings")
    assert lines[first + 1] == "  UserNotAllowed: Not admin. Ask the owner."
    assert "  admin  refused" in lines
