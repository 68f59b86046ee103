import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msklink.auth_scheme import Scheme
from msklink.change_control.holds import Hold, RecordedHold
from msklink.connections.record import ProbeResult, State
from msklink.parameters import status
from msklink.refusals import Code, refuse
from msklink.removal import Removal
from msklink.runs.cluster_record import ClusterRecord, VendorRecord
from tests.unit.factories import ARN, CLIENT, NOW, OTHER_CLIENT, connection

REFUSAL = refuse(Code.VPC_NOT_FOUND, vpc_id="vpc-1", account=CLIENT)


def test_each_scheme_of_each_vpc_has_its_own_state() -> None:
    content = status.describe(
        ARN,
        [
            connection(state=State.PUBLISHED, connection_arn="arn:1"),
            connection(scheme=Scheme.TLS, state=State.REFUSED, refusal=REFUSAL),
            connection(scheme=None, vpc_id="vpc-2", state=State.REFUSED, refusal=REFUSAL),
        ],
    )

    assert content["state"] == "refused"
    assert content["vpcs"]["vpc-1"]["iam"] == {"state": "published", "connection_arn": "arn:1"}
    assert content["vpcs"]["vpc-1"]["tls"]["refusal"]["code"] == "VpcNotFound"
    assert "remedy" in content["vpcs"]["vpc-2"]["tag"]["refusal"]


def test_a_failure_of_the_whole_account_is_shown_at_the_top() -> None:
    content = status.describe(
        ARN, [connection(vpc_id="", scheme=None, state=State.FAILED, failure="it broke")]
    )

    assert content == {"cluster_arn": ARN, "state": "failed", "vpcs": {}, "failure": "it broke"}


WARNING = refuse(Code.NOBODY_LET_IN, groups="sg-1")


def test_warnings_are_shown_and_do_not_change_the_state() -> None:
    content = status.describe(ARN, [connection(state=State.PUBLISHED, notices=(WARNING,))])

    entry = content["vpcs"]["vpc-1"]["iam"]
    assert (content["state"], entry["state"]) == ("published", "published")
    assert [warning["code"] for warning in entry["warnings"]] == ["NobodyLetIn"]
    assert {"code", "message", "remedy"} == entry["warnings"][0].keys()
    assert "refusal" not in entry


def test_a_new_or_removed_warning_changes_the_status() -> None:
    plain, warned = (
        status.describe(ARN, [connection(state=State.PUBLISHED, notices=notices)])
        for notices in ((), (WARNING,))
    )

    assert status.says_the_same(status.render(warned, NOW), warned)
    assert not status.says_the_same(status.render(plain, NOW), warned)
    assert not status.says_the_same(status.render(warned, NOW), plain)


CHECK = ProbeResult(
    at=NOW, good=False, servers="b-1:14001", layer="TCP", broker="b-1:14001", detail="d", remedy="r"
)


def test_a_check_is_shown_for_a_published_connection_only() -> None:
    content = status.describe(ARN, [connection(state=State.PUBLISHED, probe_result=CHECK)])
    gone = status.describe(ARN, [connection(state=State.CONNECTING, probe_result=CHECK)])

    check = content["vpcs"]["vpc-1"]["iam"]["check"]
    assert set(check) == {"at", "good", "layer", "broker", "detail", "remedy"}
    assert "check" not in gone["vpcs"]["vpc-1"]["iam"]


def test_a_short_status_keeps_only_the_failed_layer_of_a_check() -> None:
    many = [
        connection(vpc_id=f"vpc-{number}", state=State.PUBLISHED, probe_result=CHECK)
        for number in range(60)
    ]

    content = status.describe(ARN, many)

    assert content["vpcs"]["vpc-1"]["iam"]["check"] == {"good": False, "layer": "TCP"}


def test_a_refusal_of_an_unwanted_connection_is_not_shown() -> None:
    gone = connection(state=State.REFUSED, refusal=REFUSAL, wanted=False)

    assert status.describe(ARN, [gone]) == {"cluster_arn": ARN, "state": "idle", "vpcs": {}}


def test_an_unwanted_connection_is_shown_while_it_exists() -> None:
    content = status.describe(ARN, [connection(state=State.PUBLISHED, wanted=False)])

    assert content["state"] == "published"


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], "idle"),
        ([State.PUBLISHED, State.PUBLISHED], "published"),
        ([State.PUBLISHED, State.CONNECTING], "connecting"),
        ([State.PLANNED, State.CONNECTING], "planned"),
        ([State.PUBLISHED, State.REFUSED], "refused"),
        ([State.REFUSED, State.FAILED], "failed"),
    ],
)
def test_the_state_that_needs_attention_most_is_shown(states: list[State], expected: str) -> None:
    assert status.overall_state(connection(state=state) for state in states) == expected


def test_every_state_has_a_rank() -> None:
    assert all(status.overall_state([connection(state=state)]) == state for state in State)


def test_the_owner_sees_the_state_of_each_client() -> None:
    content = status.summarize(
        ARN,
        [
            connection(state=State.PUBLISHED),
            connection(account=OTHER_CLIENT, state=State.REFUSED, refusal=REFUSAL),
        ],
        ClusterRecord(),
    )

    assert not {"vendors", "refusals", "waiting"} & content.keys()
    assert content["clients"] == {CLIENT: "published", OTHER_CLIENT: "refused"}
    assert content["state"] == "refused"


def test_the_same_status_at_another_time_is_the_same() -> None:
    content = status.describe(ARN, [connection()])

    value = status.render(content, NOW + timedelta(days=1))

    assert status.says_the_same(value, content)
    assert json.loads(value)["updated"] == "2026-01-02T00:00:00+00:00"
    assert not status.says_the_same(value, content | {"state": "published"})
    assert not status.says_the_same(None, content)


@given(st.text() | st.none())
def test_an_overwritten_status_has_no_owner(value: str | None) -> None:
    assert status.cluster_arn_of(value) is None
    assert not status.says_the_same(value, {"cluster_arn": ARN})


@pytest.mark.parametrize("value", ["[]", "1", '{"cluster_arn": 1}', "null"])
def test_a_status_of_another_shape_has_no_owner(value: str) -> None:
    assert status.cluster_arn_of(value) is None


@pytest.mark.parametrize(("vpcs", "kept"), [(2, "remedy"), (40, "code"), (400, "refused")])
def test_a_status_that_is_too_large_drops_texts_first_and_names_last(vpcs: int, kept: str) -> None:
    refused = [
        connection(vpc_id=f"vpc-{number:017x}", state=State.REFUSED, refusal=REFUSAL)
        for number in range(vpcs)
    ]

    content = status.describe(ARN, refused)

    assert kept in status.render(content, NOW)
    assert len(status.render(content, NOW)) <= 8192
    assert status.says_the_same(status.render(content, NOW), content)


def test_the_owner_sees_the_state_of_each_vendor() -> None:
    removal = Removal(reason=REFUSAL, due=NOW)
    vendors = {
        "444444444444": VendorRecord(removal=removal),
        "333333333333": VendorRecord(),
        "555555555555": VendorRecord(refusal=REFUSAL, removal=removal),
    }

    content = status.summarize(ARN, [], ClusterRecord(vendors=vendors))

    assert content["vendors"] == {
        "333333333333": "granted",
        "444444444444": "leaving",
        "555555555555": "refused",
    }


def test_the_owner_sees_what_is_refused_of_its_own_words_and_what_waits() -> None:
    hold = RecordedHold(hold=Hold(reason=REFUSAL, until=NOW), schemes=(Scheme.IAM,), since=NOW)

    content = status.summarize(ARN, [], ClusterRecord(refusals=(REFUSAL,), holds=(hold,)))

    reason = REFUSAL.model_dump(mode="json")
    assert content["refusals"] == [reason]
    assert content["waiting"] == [
        reason | {"until": "2026-01-01T00:00:00+00:00", "schemes": ["iam"]}
    ]


def test_the_owner_of_six_hundred_clients_sees_how_many_are_in_each_state() -> None:
    clients = [connection(account=f"{number:012d}", state=State.PUBLISHED) for number in range(600)]

    content = status.summarize(ARN, clients, ClusterRecord())

    assert content["clients"] == {"published": 600}


def test_a_replacement_is_shown_while_the_status_is_about_the_successor() -> None:
    replaced = refuse(Code.CLUSTER_REPLACED, old="arn:old", new=ARN)
    first = status.render(status.taken_over(ARN, replaced), NOW)

    kept = status.with_replaced_cluster(first, status.describe(ARN, ()))
    assert kept["replaced"]["code"] == "ClusterReplaced"
    assert "replaced" not in status.with_replaced_cluster(first, status.describe(ARN + "-next", ()))
    assert status.says_the_same(first, kept)
