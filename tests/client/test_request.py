"""`request`: the tag or the event, shown and confirmed before it is made."""

from typing import Any

import pytest

from msklink.auth_scheme import Scheme
from msklink.connections.record import State
from msklink.parameters import status
from msklink.requests.inbound_events import ClientChanged, read_event
from tests.client.console import ACCOUNT, BUS, Console, Said, calls
from tests.unit.factories import ARN, NOW, connection

KEY = "msklink/orders"
ACCESS = ("--produce", "billing.*,audit", "--consume", "orders", "--groups", "billing.app")


def request(console: Console, *words: str, typed: str | None = None) -> Said:
    return console("request", "orders", "--vpc", console.vpc_id, *words, typed=typed)


def test_the_tag_is_shown_and_set(console: Console) -> None:
    console.tag(Name="billing")

    said = request(console, "--schemes", "scram,iam", "--yes")

    assert said.code == 0
    assert console.tags()[KEY] == "iam scram"
    first, second, *_, last = said.out.splitlines()
    assert first == f"In account {ACCOUNT}, eu-west-1:"
    assert second == f"  Set tag {KEY} = 'iam scram' on {console.vpc_id} (billing)."
    assert last == "Watch it: msklink-client status orders"


@pytest.mark.parametrize(
    ("typed", "code", "tags"),
    [
        ("y\n", 0, {KEY: "iam"}),
        ("YES\n", 0, {KEY: "iam"}),
        ("\n", 1, {}),
        ("no\n", 1, {}),
        ("", 1, {}),
    ],
)
def test_people_are_asked(console: Console, typed: str, code: int, tags: dict[str, str]) -> None:
    said = request(console, "--schemes", "iam", typed=typed)

    assert said.code == code
    assert "Continue? [y/N] " in said.err
    assert ("NotConfirmed" in said.err) is bool(code)
    assert console.tags() == tags


def test_without_a_terminal_a_script_must_say_yes(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = calls(monkeypatch)

    said = request(console, "--schemes", "iam")

    assert (said.code, said.error) == (1, "NotConfirmed")
    assert "--yes" in said.err
    assert f"Set tag {KEY} = 'iam'" in said.out
    assert not made


def test_what_is_requested_already_is_not_requested_again(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    console.tag(msklink__orders="Scram  IAM")
    made = calls(monkeypatch)

    said = request(console, "--schemes", "iam", "scram")

    assert said.code == 0
    assert said.out.startswith("Nothing to do")
    assert "--again" in said.out
    assert not made


def test_again_removes_the_tag_and_sets_it_again(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    console.tag(msklink__orders="iam")
    made = calls(monkeypatch)

    assert request(console, "--schemes", "iam", "--again", "--yes").code == 0

    assert made == ["DeleteTags", "CreateTags"]
    assert console.tags()[KEY] == "iam"


def test_a_scheme_that_is_no_longer_requested_is_announced(console: Console) -> None:
    console.tag(msklink__orders="iam tls")

    said = request(console, "--schemes", "iam", "--yes")

    assert "which is 'iam tls' now" in said.out
    assert "The tag no longer requests tls. Its connection by tls is removed after" in said.out


def test_from_auto_those_that_are_there_are_announced(console: Console) -> None:
    console.tag(msklink__orders="auto")
    records = [
        connection(vpc_id=console.vpc_id, scheme=scheme, state=State.PUBLISHED)
        for scheme in (Scheme.IAM, Scheme.TLS)
    ]
    put(console, *records)

    said = request(console, "--schemes", "iam", "--yes")

    assert "no longer requests tls" in said.out
    assert "no longer requests scram" not in said.out
    assert "no longer" not in request(console, "--schemes", "auto", "--yes").out


def put(console: Console, *records: Any, arn: str = ARN) -> None:
    content = status.describe(arn, records)
    console.store.put("/msklink/orders/status", status.render(content, NOW))


@pytest.mark.parametrize("form", ["json", "yaml", "text"])
def test_programs_get_a_document_and_people_the_rest(console: Console, form: str) -> None:
    said = request(console, "--schemes", "iam", "--yes", "--output", form)

    assert "Done: Set tag" in said.err
    assert "Done" not in said.out
    if form == "json":
        assert said.json["changed"] == [
            {
                "call": "ec2:CreateTags",
                "vpc_id": console.vpc_id,
                "key": KEY,
                "value": "iam",
                "before": None,
            }
        ]
    if form == "text":
        assert said.out == f"ec2:CreateTags\t{console.vpc_id}\t{KEY}\tiam\tNone\n"


def test_a_missing_package_is_found_before_anything_is_changed(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "yaml", None)

    said = request(console, "--schemes", "iam", "--yes", "--output", "yaml")

    assert said.error == "PackageMissing"
    assert console.tags() == {}


def test_a_vpc_that_does_not_exist_is_refused(console: Console) -> None:
    said = console("request", "orders", "--vpc", "vpc-0123456789abcdef0", "--schemes", "iam")

    assert (said.code, said.error) == (1, "VpcNotFound")
    assert f"in account {ACCOUNT} in eu-west-1" in said.err


def test_a_vpc_of_another_account_is_refused(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = {"Vpcs": [{"VpcId": console.vpc_id, "OwnerId": "999999999999"}]}
    calls(monkeypatch, DescribeVpcs=shared)

    said = request(console, "--schemes", "iam", "--yes")

    assert said.error == "VpcShared"
    assert "999999999999" in said.err


def test_fifty_tags_leave_no_room_and_those_of_aws_do_not_count(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = [{"Key": f"key{n}", "Value": "x"} for n in range(49)]
    of_aws = [{"Key": "aws:cloudformation:stack-name", "Value": "x"}]
    vpc = {"VpcId": console.vpc_id, "OwnerId": ACCOUNT, "Tags": [*own, *of_aws]}
    made = calls(monkeypatch, DescribeVpcs={"Vpcs": [vpc]}, CreateTags={})
    assert request(console, "--schemes", "iam", "--yes").code == 0

    vpc["Tags"] = [*own, *of_aws, {"Key": "one-more", "Value": "x"}]
    said = request(console, "--schemes", "iam", "--yes")

    assert said.error == "TagLimit"
    assert made == ["CreateTags"]
    vpc["Tags"] = [*own, {"Key": KEY, "Value": "tls"}]
    assert request(console, "--schemes", "iam", "--yes").code == 0


def test_the_arn_of_another_cluster_of_that_name_is_refused(console: Console) -> None:
    put(console, connection(vpc_id=console.vpc_id))
    other = ARN.replace("111111111111", "444444444444")

    said = console("request", other, "--vpc", console.vpc_id, "--schemes", "iam", "--yes")

    assert said.error == "WrongCluster"
    assert console.tags() == {}


def test_an_event_requests_access_and_msklink_reads_it(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = calls(monkeypatch, PutEvents={"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})
    subnets = ("--subnet-ids", "subnet-0123456789abcdef0", "subnet-0123456789abcdef1")

    words = ("--schemes", "iam", "--event-bus", BUS, *ACCESS, *subnets, "--yes")
    said = request(console, *words, "--output", "json")

    assert (said.code, made) == (0, ["PutEvents"])
    [change] = said.json["changed"]
    event = {"account": ACCOUNT, "detail-type": change["detail_type"], "detail": change["detail"]}
    [trigger] = read_event(event, "msklink")
    assert isinstance(trigger, ClientChanged)
    assert (trigger.cluster, trigger.vpc_id) == ("orders", console.vpc_id)
    asked: Any = trigger.request
    assert asked.schemes == ("iam",)
    assert asked.access.produce == ("billing.*", "audit")
    assert asked.access.groups == ("billing.app",)
    assert len(asked.subnet_ids) == 2
    assert console.tags() == {}


def test_an_event_without_access_says_that_it_revokes(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls(monkeypatch, PutEvents={"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})

    said = request(console, "--schemes", "iam", "--event-bus", BUS, "--yes")

    assert "revokes the access" in said.out
    assert f"msklink-client leave orders --vpc {console.vpc_id} --event-bus {BUS}" in said.out


def test_an_event_that_the_bus_does_not_take_is_an_error(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = {"ErrorCode": "NotAuthorizedForSourceException", "ErrorMessage": "no"}
    calls(monkeypatch, PutEvents={"FailedEntryCount": 1, "Entries": [failed]})

    said = request(console, "--schemes", "iam", "--event-bus", BUS, "--yes")

    assert said.code == 1
    assert "EventRejected" in said.err
    assert "Done" not in said.out


def test_options_are_repeated_in_the_command_that_watches(console: Console) -> None:
    words = ("--schemes", "iam", "--yes", "--region", "eu-west-1", "--namespace", "other")

    said = request(console, *words)

    assert said.out.splitlines()[-1] == (
        "Watch it: msklink-client status orders --region eu-west-1 --namespace other"
    )
    assert console.tags() == {"other/orders": "iam"}


def test_topics_are_requested_by_an_event(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls(monkeypatch, PutEvents={"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})
    words = ("--topics", "billing.payments=6,billing.audit=1", "--event-bus", BUS, "--yes")

    said = request(console, "--schemes", "iam", *words, "--output", "json")

    assert said.code == 0
    [change] = said.json["changed"]
    event = {"account": ACCOUNT, "detail-type": change["detail_type"], "detail": change["detail"]}
    [trigger] = read_event(event, "msklink")
    assert isinstance(trigger, ClientChanged)
    asked: Any = trigger.request
    assert [(one.name, one.partitions) for one in asked.topics] == [
        ("billing.payments", 6),
        ("billing.audit", 1),
    ]


@pytest.mark.parametrize(
    ("topics", "words"),
    [
        ("billing.payments", "has no number of partitions"),
        ("billing.payments=0", "has no number of partitions"),
        ("billing.*=3", "is not the name of a topic"),
        ("a=1,a=2", "a is twice"),
        (",".join(f"t{n}=1" for n in range(17)), "16"),
    ],
)
def test_topics_that_no_request_can_have_are_refused(
    console: Console, topics: str, words: str
) -> None:
    said = request(console, "--schemes", "iam", "--topics", topics, "--event-bus", BUS, "--yes")

    assert said.error == "BadArgument"
    assert words in said.err


def test_topics_need_an_event(console: Console) -> None:
    said = request(console, "--schemes", "iam", "--topics", "billing.payments=6", "--yes")

    assert "A tag cannot carry --topics" in said.err
