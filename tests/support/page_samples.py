"""Overviews for tests of the page and for its pictures in the documentation."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from msklink.arns import ClusterArn
from msklink.auth_scheme import Scheme
from msklink.aws.cluster_snapshot import ClusterSnapshot
from msklink.change_control.holds import Hold, RecordedHold
from msklink.change_control.terms import ChangeTerms
from msklink.cluster.description import ClusterDescription
from msklink.connections.record import ConnectionRecord, Phase, ProbeResult, Progress, State
from msklink.policy.document import ClusterGrant, Policy
from msklink.refusals import Code, Refusal, refuse
from msklink.runs.cluster_record import ClusterRecord, PublishedBrokers
from msklink.users.record import UserRecord
from msklink_cli import report
from msklink_cli.page.overview import Overview
from msklink_cli.reading import NOTHING
from msklink_cli.report import ClusterDetail

OWNER, REGION = "111111111111", "us-east-1"
NOW = datetime(2026, 11, 28, 8, 27, tzinfo=UTC)
BEGAN = NOW - timedelta(minutes=27)
ORDERS, LEDGER, PAYMENTS = "orders", "ledger", "payments"
TEAMS = ("222222222222", "333333333333", "444444444444")
VPCS = ("vpc-6ded92d65897e5f46", "vpc-c7197d74529770001", "vpc-0a41c09e7b2d3f518")


def waiting() -> Overview:
    """Return the moment in which a reboot waits for the owner's approval."""
    clients = [client(0, state=State.WAITING, hold=_approval()), _refused(1), client(2, "tls")]
    clients[2] = clients[2].model_copy(update={"state": State.WAITING, "hold": _approval()})
    hold = RecordedHold(hold=_approval(), schemes=(Scheme.IAM, Scheme.TLS), since=BEGAN)
    return _overview(_orders(clients, on=(), holds=(hold,)), *_others())


def running() -> Overview:
    """Return the moment in which the brokers reboot, one after the other."""
    progress = Progress(
        phase=Phase.ENABLING,
        since=BEGAN + timedelta(minutes=1),
        expected=BEGAN + timedelta(minutes=75),
        seconds={Phase.ASKED: 12, Phase.HELD: 1260},
    )
    clients = [
        client(0, state=State.PLANNED, progress=progress),
        _refused(1),
        client(2, "tls", state=State.PLANNED, progress=progress),
    ]
    return _overview(
        _orders(clients, state="UPDATING", on=(), holder="orders-29ef26ea-8"), *_others()
    )


def connected() -> Overview:
    """Return the moment in which all are connected but one, which is refused."""
    clients = [_published(0), _refused(1), _published(2, "tls")]
    brokers = {Scheme.IAM: _brokers("iam"), Scheme.TLS: _brokers("tls")}
    published = PublishedBrokers(strings=brokers)
    return _overview(_orders(clients, on=(Scheme.IAM, Scheme.TLS), brokers=published), *_others())


def large(clusters: int, clients_of_each: int) -> Overview:
    """Return many clusters; in every tenth, one client is refused and one waits."""
    states = {0: _refused(1), 1: client(0, state=State.WAITING, hold=_approval())}
    return _overview(
        *(
            detail(
                f"cluster-{number}",
                [
                    states[place].model_copy(update={"account": f"{number:06}{place:06}"})
                    if number % 10 == 0 and place in states
                    else _published(0).model_copy(update={"account": f"{number:06}{place:06}"})
                    for place in range(clients_of_each)
                ],
                on=(Scheme.IAM,),
                tags={"msklink": "iam"},
            )
            for number in range(clusters)
        )
    )


def detail(
    name: str,
    clients: Iterable[ConnectionRecord],
    *,
    tags: dict[str, str],
    on: Iterable[Scheme] = (),
    state: str = "ACTIVE",
    terms: ChangeTerms | None = None,
    users: Iterable[UserRecord] = (),
    **record: Any,
) -> ClusterDetail:
    """Return what the command reads of a cluster whose table has the items *clients*."""
    arn = ClusterArn.parse(
        f"arn:aws:kafka:{REGION}:{OWNER}:cluster/{name}/29ef26ea-2fba-482b-9a23-80d0fb93ae5a-1"
    )
    known = list(clients)
    snapshot: ClusterSnapshot = replace(
        NOTHING, cluster=ClusterRecord(**record), connections=known, users=list(users)
    )
    described = ClusterDescription(
        arn=arn,
        state=state,
        version="K1",
        serverless=False,
        zone_ids=(),
        authentication_schemes=frozenset(Scheme),
        private_schemes=frozenset(on),
        tags=tags,
    )
    terms = terms or ChangeTerms("msklink")
    admitted = frozenset(one.account for one in known if one.state is State.PUBLISHED)
    policy = Policy.parse(None).with_grant(arn, ClusterGrant(admitted), "msklink")
    status = ("RUNNING", BEGAN) if snapshot.cluster.holder else None
    listed = report.cluster_report(arn.text, described, snapshot, terms, status)
    return report.cluster_detail(listed, snapshot, terms, policy if known else None)


def _overview(*clusters: ClusterDetail) -> Overview:
    return Overview(NOW, OWNER, REGION, clusters)


def _others() -> list[ClusterDetail]:
    """Return a cluster with one client, and one for which the owner has not opted in."""
    ledger = detail(LEDGER, [_published(0)], tags={"msklink": "iam"}, on=(Scheme.IAM,))
    return [ledger, detail(PAYMENTS, [], tags={})]


def _orders(clients: Iterable[ConnectionRecord], **facts: Any) -> ClusterDetail:
    terms = ChangeTerms("msklink", window="sat 0600-sat 1200", is_approval_required=True)
    return detail(ORDERS, clients, tags={"msklink": "iam tls"}, terms=terms, **facts)


def client(team: int, scheme: str = "iam", **facts: Any) -> ConnectionRecord:
    """Return the record of the client of a team."""
    known = {
        "cluster_arn": f"arn:aws:kafka:{REGION}:{OWNER}:cluster/orders/1-1",
        "account": TEAMS[team],
        "vpc_id": VPCS[team],
        "scheme": scheme,
        "state": State.WAITING,
        "requested_at": BEGAN - timedelta(minutes=21),
    }
    return ConnectionRecord(**(known | facts))


def _published(team: int, scheme: str = "iam") -> ConnectionRecord:
    zones = ("f8290addab5650f5a", "4f0bdd8e6fea74280", "5b87de3b4d3b6e941")
    return client(
        team,
        scheme,
        state=State.PUBLISHED,
        connection_arn=f"arn:aws:kafka:{REGION}:{TEAMS[team]}:vpc-connection/{OWNER}/orders/{team}",
        connection_state="AVAILABLE",
        subnet_ids=tuple(f"subnet-{zone}" for zone in zones),
        security_group_ids=("sg-0c5d9e7f1a2b3c4d5",),
        probe_result=ProbeResult(at=NOW, good=True, servers="b-1", layer="kafka"),
    )


def _refused(team: int) -> ConnectionRecord:
    return client(team, "scram", state=State.REFUSED, refusal=not_offered())


def not_offered() -> Refusal:
    return refuse(Code.SCHEME_NOT_OFFERED, offered="iam and tls", scheme="scram", key="msklink")


def _approval() -> Hold:
    reason = refuse(
        Code.AWAITING_APPROVAL,
        cluster=ORDERS,
        schemes="iam and tls",
        key="msklink/approved",
        value="iam tls",
    )
    return Hold(reason=reason, approval=("iam", "tls"))


def _brokers(scheme: str) -> str:
    host = f"{scheme}.orders.7w2k9x.c3.kafka.{REGION}.amazonaws.com"
    return ",".join(f"b-{number}.{host}:{14000 + number}" for number in (1, 2, 3))


class SampleAws:
    """An AWS that counts how often the page reads it, and a clock."""

    def __init__(self) -> None:
        self.overview = waiting()
        self.error: Exception | None = None
        self.meanwhile: Callable[[], object] = lambda: None
        self.readings = 0
        self.now = 0.0

    def read(self) -> Overview:
        self.readings += 1
        self.meanwhile()
        if self.error:
            raise self.error
        return self.overview
