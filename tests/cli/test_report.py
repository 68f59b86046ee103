"""What the reports say about a cluster, by the records of runs."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from rich.console import Console

from msklink.auth_scheme import Scheme
from msklink.aws.cluster_snapshot import ClusterSnapshot
from msklink.change_control.holds import Hold, RecordedHold
from msklink.change_control.terms import STACK_FREEZE, ChangeTerms
from msklink.connections.record import ConnectionRecord, Phase, ProbeResult, Progress, State
from msklink.policy.document import Policy
from msklink.refusals import Code, Refusal, refuse
from msklink.removal import Removal
from msklink.runs.cluster_record import ClusterRecord, PublishedBrokers, RunFailure, VendorRecord
from msklink.topics.outcome import TopicState
from msklink_cli import clusters, show
from msklink_cli.reading import NOTHING
from msklink_cli.report import ClusterDetail, cluster_detail, cluster_report
from msklink_cli.tag_changes import enable
from tests.unit.factories import ARN, CLIENT, LATER, NOW, OTHER_CLIENT, cluster, connection

TERMS = ChangeTerms("msklink")
REFUSED = refuse(
    Code.ACCOUNT_NOT_ALLOWED, account=OTHER_CLIENT, cluster="orders", owner="1", key="k"
)
FROZEN = refuse(Code.FROZEN, cluster="orders", what="tag msklink/freeze of the cluster")


def snapshot(*connections: ConnectionRecord, **record: Any) -> ClusterSnapshot:
    return replace(NOTHING, cluster=ClusterRecord(**record), connections=list(connections))


def detail(
    of: ClusterSnapshot, terms: ChangeTerms = TERMS, *, gone: bool = False, **described: Any
) -> ClusterDetail:
    now = None if gone else cluster(**described)
    report = cluster_report(ARN, now, of, terms, ("RUNNING", NOW) if of.cluster.holder else None)
    return cluster_detail(report, of, terms, None if gone else Policy.parse(None))


def text(of: ClusterDetail) -> str:
    """Return what people see of the cluster, in the list and alone."""
    console = Console(width=200)
    with console.capture() as captured:
        clusters.draw(console, [of])
        show.draw(console, of)
    return captured.get()


def test_clients_are_counted_by_state_without_those_that_left() -> None:
    found = detail(
        snapshot(
            connection(state=State.PUBLISHED),
            connection(vpc_id="vpc-2", state=State.PUBLISHED),
            connection(account=OTHER_CLIENT, state=State.REFUSED, refusal=REFUSED),
            connection(vpc_id="vpc-3", state=State.REFUSED, wanted=False),
        )
    )

    assert found.clients == {"published": 2, "refused": 1}
    assert [one.vpc_id for one in found.connections] == ["vpc-1", "vpc-2", "vpc-1"]
    assert "✓ 2 published, ✗ 1 refused" in text(found)
    assert REFUSED.remedy in text(found)


def test_the_topics_of_a_request_are_shown_once() -> None:
    topics = (("billing.new", TopicState.READY), ("billing.old", TopicState.REFUSED))
    found = detail(
        snapshot(
            connection(state=State.PUBLISHED, topics=topics),
            connection(state=State.PUBLISHED, scheme=Scheme.SCRAM, topics=topics),
        )
    )

    assert text(found).count("billing.new") == 1
    assert "✓ ready" in text(found)
    assert "✗ refused" in text(found)


def test_no_table_of_topics_is_shown_where_nobody_requests_any() -> None:
    assert "Topics" not in text(detail(snapshot(connection(state=State.PUBLISHED))))


def test_a_run_is_as_far_as_its_slowest_client() -> None:
    enabling = Progress(phase=Phase.ENABLING, since=NOW, expected=LATER)
    connecting = Progress(phase=Phase.CONNECTING, since=NOW)
    found = detail(
        snapshot(
            connection(state=State.CONNECTING, progress=connecting),
            connection(vpc_id="vpc-2", state=State.PLANNED, progress=enabling),
            holder="orders-0b1c2d3e-7",
        )
    )

    assert found.run
    assert (found.run.status, found.run.phase, found.run.expected) == ("RUNNING", "enabling", LATER)
    assert "enabling, expected by 2026-01-01 01:00Z" in text(found)


def test_a_run_that_has_died_is_shown() -> None:
    of = snapshot(holder="orders-0b1c2d3e-7")
    report = cluster_report(ARN, cluster(), of, TERMS, ("ABORTED", NOW))

    assert "✗ run ABORTED" in clusters.now(report).plain


def test_a_run_that_succeeded_since_the_record_was_read_is_none() -> None:
    of = snapshot(holder="orders-0b1c2d3e-7")

    assert cluster_report(ARN, cluster(), of, TERMS, ("SUCCEEDED", NOW)).run is None


def test_a_scheme_that_is_off_on_the_cluster_has_no_command() -> None:
    off = refuse(Code.SCHEME_NOT_OFFERED, offered="iam", scheme="tls", key="msklink")
    client = connection(account=OTHER_CLIENT, scheme="tls", state=State.REFUSED, refusal=off)
    found = detail(
        snapshot(client), tags={"msklink": "iam"}, authentication_schemes=frozenset({Scheme.IAM})
    )

    assert "$ msklink" not in text(found)


def test_a_cluster_is_gone_while_clients_of_it_remain() -> None:
    removal = Removal(reason=REFUSED, due=LATER)
    found = detail(snapshot(connection(state=State.CLOSING, removal=removal)), gone=True)

    assert (found.state, found.policy, found.managed) == ("DELETED", None, False)
    assert "leaves 2026-01-01 01:00Z" in text(found)


def test_a_protected_removal_has_no_time() -> None:
    found = detail(snapshot(connection(removal=Removal(reason=REFUSED))))

    assert "leaves never: it is protected" in text(found)


def test_what_waits_names_what_lets_it_go() -> None:
    hold = Hold(reason=FROZEN)
    waits = RecordedHold(hold=hold, schemes=(Scheme.IAM,), since=NOW)
    found = detail(
        snapshot(connection(state=State.WAITING, hold=hold), holds=(waits,)),
        replace(TERMS, freeze="tag msklink/freeze of the cluster"),
    )

    assert found.waiting[0].schemes == ("iam",)
    assert found.connections[0].waiting
    assert "frozen by tag msklink/freeze of the cluster" in text(found)
    assert FROZEN.remedy in text(found)


def test_a_failed_run_says_when_it_is_tried_again() -> None:
    failure = RunFailure(
        run="orders-0b1c2d3e-7",
        status="FAILED",
        state="GrantAccess",
        error="TransientError",
        ended=NOW,
        next_attempt=LATER,
    )
    found = detail(snapshot(failure=failure, last_run_number=7))

    assert "Run orders-0b1c2d3e-7 ended as FAILED in GrantAccess: TransientError" in text(found)
    assert "tried again 2026-01-01 01:00Z" in text(found)


def test_a_failed_check_shows_its_layer_detail_and_remedy() -> None:
    probe = ProbeResult(
        at=NOW, good=False, servers="b-1", layer="tcp", detail="no answer", remedy="Open the port."
    )
    found = detail(snapshot(connection(state=State.PUBLISHED, probe_result=probe)))

    assert all(one in text(found) for one in ("✗ tcp", "no answer", "Open the port."))


def test_brokers_vendors_and_unknown_connections_are_shown() -> None:
    unknown = f"arn:aws:kafka:eu-west-1:{CLIENT}:vpc-connection/1/orders/x"
    found = detail(
        snapshot(
            brokers=PublishedBrokers(strings={Scheme.IAM: "b-1:14001,b-2:14002"}),
            vendors={OTHER_CLIENT: VendorRecord()},
            unknown_connections=(unknown,),
        )
    )

    assert found.brokers == {"iam": "b-1:14001,b-2:14002"}
    assert all(one in text(found) for one in ("b-1:14001", f"vendor {OTHER_CLIENT}", unknown))


def test_the_tag_that_opts_in_is_shown_also_where_it_means_nothing() -> None:
    found = detail(snapshot(refusals=(REFUSED,)), tags={"msklink": "iamm"})

    assert (found.asked, found.managed) == ("iamm", True)
    assert REFUSED.code in text(found)


def test_a_cluster_of_others_is_not_opted_in() -> None:
    found = detail(snapshot(), tags={"team": "payments"})

    assert not found.managed
    assert "not opted in" in text(found)
    assert found.connections == ()


def test_what_was_published_long_ago_has_the_time_of_its_request() -> None:
    found = detail(
        snapshot(connection(state=State.PUBLISHED, requested_at=NOW - timedelta(days=9)))
    )

    assert "2025-12-23 00:00Z" in text(found)


@pytest.mark.parametrize(
    ("refusal", "command"),
    [
        (REFUSED, f"msklink allow orders {OTHER_CLIENT}"),
        (
            refuse(Code.SCHEME_NOT_OFFERED, offered="iam", scheme="tls", key="msklink"),
            "msklink enable orders iam tls",
        ),
        (
            refuse(Code.CLUSTER_NOT_MANAGED, cluster="orders", key="msklink"),
            "msklink enable orders auto",
        ),
    ],
    ids=lambda one: one.code if isinstance(one, Refusal) else "",
)
def test_an_owner_gets_the_command_that_remedies_a_refusal(refusal: Refusal, command: str) -> None:
    client = connection(account=OTHER_CLIENT, scheme="tls", state=State.REFUSED, refusal=refusal)

    found = detail(snapshot(client), tags={"msklink": "iam"})

    assert f"$ {command}\n" in text(found)


@pytest.mark.parametrize(
    ("asked", "command"),
    [("iam", "iam tls"), ("iamm", "tls"), ("IAM nope", "iam tls"), ("auto", "")],
)
def test_the_command_that_offers_a_scheme_is_one_that_is_accepted(asked: str, command: str) -> None:
    off = refuse(Code.SCHEME_NOT_OFFERED, offered="iam", scheme="tls", key="msklink")
    client = connection(account=OTHER_CLIENT, scheme="tls", state=State.REFUSED, refusal=off)

    found = text(detail(snapshot(client), tags={"msklink": asked}))

    assert (f"$ msklink enable orders {command}\n" in found) == bool(command)
    if command:
        assert enable("msklink", command.split()) == {"msklink": command}
    else:
        assert "$ msklink" not in found


def test_what_waits_shows_the_command_that_lets_it_go() -> None:
    approval = refuse(
        Code.AWAITING_APPROVAL, cluster="orders", schemes="iam", key="msklink/approved", value="iam"
    )
    for reason, freeze, command in (
        (approval, "", "msklink approve orders"),
        (FROZEN, "tag msklink/freeze of the cluster", "msklink thaw orders"),
        (FROZEN, STACK_FREEZE, ""),
    ):
        waits = RecordedHold(hold=Hold(reason=reason), schemes=(Scheme.IAM,), since=NOW)
        found = detail(snapshot(holds=(waits,)), replace(TERMS, freeze=freeze))

        assert (f"$ {command}\n" in text(found)) == bool(command)
        assert ("$ msklink" in text(found)) == bool(command)
