"""Arrange a cluster for the page: what it is, what to do, how far its run is, and its clients."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate, groupby

from msklink.arns import ClusterArn
from msklink.auth_scheme import Scheme
from msklink.change_control.cost import cost_of
from msklink.connections.record import UNFINISHED_STATES, Phase, State
from msklink_cli import drawing, findings
from msklink_cli.findings import Finding
from msklink_cli.report import DELETED, ClientReport, ClusterDetail
from msklink_cli.users import ScramUser

TONES = {"red": "bad", "yellow": "waiting", "cyan": "moving", "green": "good"}
"""By colour of the terminal, the tone of the page, the most urgent first."""

QUIET = "quiet"
"""The tone of clusters for which nobody has opted in, and of states without a meaning."""

ATTENTION = (*TONES.values(), QUIET)


def tone(state: str) -> str:
    """Return the tone of a state of a client, or of the severity of a finding."""
    return TONES.get(drawing.SIGNS.get(state, ("", ""))[1], QUIET)


def sign(state: str) -> str:
    return drawing.SIGNS.get(state, ("·", ""))[0]


@dataclass(frozen=True)
class Count:
    """A number of clients in a state, as a part of a bar of width 100."""

    state: str
    count: int
    start: float
    width: float


@dataclass(frozen=True)
class PhaseStep:
    """A phase of the run at work."""

    phase: Phase
    place: str
    """Done, now or next."""
    seconds: float | None = None
    since: datetime | None = None
    expected: datetime | None = None


@dataclass(frozen=True)
class Card:
    """A cluster on the page."""

    id: str
    digest: str
    """Another one where the card is to be drawn again."""
    cluster: ClusterDetail
    tones: tuple[str, ...]
    """What there is of it, the most urgent first."""
    findings: tuple[Finding, ...]
    steps: tuple[PhaseStep, ...]
    monthly: float | None
    """US dollars a month for schemes and secrets; None where no price is known."""

    @property
    def counts(self) -> tuple[Count, ...]:
        return counts(self.cluster.clients)

    @property
    def accounts(self) -> Iterator[tuple[str, Iterator[tuple[str, list[ClientReport]]]]]:
        """Yield each account with its VPCs, and each VPC with its schemes."""
        for account, clients in groupby(self.cluster.connections, lambda one: one.account):
            of_vpcs = groupby(clients, lambda one: one.vpc_id)
            yield account, ((vpc_id, [*schemes]) for vpc_id, schemes in of_vpcs)

    @property
    def remaining_users(self) -> list[ScramUser]:
        """Return the users that no connection names, such as one that could not be removed."""
        named = {(one.account, name) for one in self.cluster.connections for name in one.users}
        return [one for one in self.cluster.users if (one.account, one.name) not in named]


def card(cluster: ClusterDetail) -> Card:
    found = tuple(findings.of_cluster(cluster))
    return Card(
        id=f"c-{_digest(cluster.arn)}",
        digest=_digest(cluster.model_dump_json()),
        cluster=cluster,
        tones=_tones(cluster, found),
        findings=found,
        steps=tuple(_steps(cluster)),
        monthly=monthly([cluster]),
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _tones(cluster: ClusterDetail, found: Iterable[Finding]) -> tuple[str, ...]:
    tones = {tone(state) for state in cluster.clients} | {tone(one.severity) for one in found}
    if cluster.freeze:
        tones.add("waiting")
    if run := cluster.run:
        tones.add("moving" if run.status == "RUNNING" else "bad")
    if not tones and not cluster.managed:
        tones = {QUIET}
    return tuple(one for one in ATTENTION if one in (tones or {"good"}))


def counts(clients: dict[str, int]) -> tuple[Count, ...]:
    """Return the parts of a bar that shows *clients*, the most urgent first."""
    ordered = sorted(clients.items(), key=lambda one: (ATTENTION.index(tone(one[0])), one[0]))
    total = sum(clients.values()) or 1
    widths = [100 * count / total for _, count in ordered]
    starts = accumulate(widths, initial=0.0)
    return tuple(
        Count(state, count, round(start, 2), round(width, 2))
        for (state, count), start, width in zip(ordered, starts, widths, strict=False)
    )


def total_clients(clusters: Iterable[ClusterDetail]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for one in clusters:
        total.update(one.clients)
    return dict(total)


def monthly(clusters: Iterable[ClusterDetail]) -> float | None:
    """
    Return the US dollars a month of the schemes that are on, and of the secrets of users.

    It is None where no price is known.
    """
    found = [
        cost_of(
            ClusterArn.parse(one.arn).region,
            [Scheme(scheme) for scheme in one.on],
            endpoints=0,
            secrets=count_secrets(one),
        )
        for one in clusters
        if one.state != DELETED
    ]
    prices = [one["monthly"] for one in found]
    return None if None in prices else round(sum(prices), 2)


def count_secrets(cluster: ClusterDetail) -> int:
    return sum(bool(one.secret_arn) for one in cluster.users)


def _steps(cluster: ClusterDetail) -> Iterator[PhaseStep]:
    """Yield the phases of the run at work: those of the clients that are furthest behind."""
    if cluster.run is None or cluster.run.phase is None:
        return
    phase, order = cluster.run.phase, list(Phase)
    live = UNFINISHED_STATES | {State.PUBLISHED}
    behind = [one for one in cluster.connections if one.phase is phase and one.state in live]
    for one in order[: order.index(phase)]:
        if took := [client.seconds[one] for client in behind if one in client.seconds]:
            yield PhaseStep(one, "done", seconds=max(took))
    since = min((one.since for one in behind if one.since), default=None)
    yield PhaseStep(phase, "now", since=since, expected=cluster.run.expected)
    for one in order[order.index(phase) + 1 :]:
        if one is not Phase.HELD:
            yield PhaseStep(one, "next")
