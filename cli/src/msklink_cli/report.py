"""What people and programs read about clusters and clients: the shapes of `--output json`."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel

from msklink.arns import ClusterArn
from msklink.aws.cluster_snapshot import ClusterSnapshot
from msklink.change_control.holds import RecordedHold
from msklink.change_control.terms import ChangeTerms
from msklink.cluster.description import ClusterDescription
from msklink.connections.record import ConnectionRecord, Phase, ProbeResult, Progress, State
from msklink.policy.document import SIZE_LIMIT, Policy
from msklink.refusals import Refusal
from msklink.removal import Removal
from msklink.runs.cluster_record import ClusterRecord, RunFailure
from msklink.tags import read_client_accounts
from msklink.topics.outcome import TopicState
from msklink.users.record import UserState
from msklink_cli.users import ScramUser, scram_users

DELETED = "DELETED"
"""The state of a cluster that MSK no longer has, while clients of it remain."""


class Run(BaseModel, frozen=True):
    """The run that has the lease of a cluster."""

    name: str
    status: str
    """RUNNING, or how it ended, as Step Functions has it."""
    since: datetime | None
    phase: Phase | None
    """The phase of the onboardings in it that are furthest behind; None where it onboards none."""
    expected: datetime | None
    """When the phase is expected to end, where that is known."""


class Wait(BaseModel, frozen=True):
    """A change that waits for the owner's terms."""

    reason: Refusal
    schemes: tuple[str, ...]
    since: datetime
    until: datetime | None
    """When it goes on by itself; None where only the owner lets it go."""
    approval: tuple[str, ...]
    """What the owner has to approve; empty where it waits for no approval."""


class ClusterReport(BaseModel, frozen=True):
    """A cluster in the list of clusters."""

    name: str
    arn: str
    state: str
    """As MSK has it, or DELETED."""
    managed: bool
    asked: str
    """The value of the tag with which the owner opts in; empty without one."""
    listed: tuple[str, ...]
    """The accounts that the owner lists as clients."""
    authentication: tuple[str, ...]
    """The schemes that are on in the security settings of the cluster."""
    on: tuple[str, ...]
    """The schemes that are on for private connectivity."""
    clients: dict[str, int]
    """The number of connections and refusals in each state."""
    run: Run | None
    waiting: tuple[Wait, ...]
    freeze: str
    """What freezes it; empty where nothing does."""
    freeze_reason: str
    """The value of the tag that freezes it, which people write for people."""
    refusals: tuple[Refusal, ...]
    """What is refused of the owner's own words."""
    failure: RunFailure | None
    """The failure of the last run, if it failed."""


class ClientReport(BaseModel, frozen=True):
    """A connection of a client, or the refusal of a whole account or VPC."""

    account: str
    vpc_id: str
    scheme: str
    state: State
    requested: datetime
    phase: Phase | None
    since: datetime | None
    """Since when it is in its phase, or its removal is due."""
    expected: datetime | None
    seconds: dict[Phase, int]
    """How long each earlier phase took."""
    refusal: Refusal | None
    waiting: Wait | None
    removal: Removal | None
    """Why and when it is removed."""
    check: ProbeResult | None
    """What the probe in the VPC found."""
    warnings: tuple[Refusal, ...]
    topics: dict[str, TopicState]
    """The topics that its request asks for."""
    users: dict[str, UserState]
    """With scram, the users of its account."""
    failure: str
    connection_arn: str
    connection_state: str
    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]

    @property
    def place(self) -> str:
        """Account, VPC and scheme, as far as it concerns one."""
        return "/".join(part for part in (self.account, self.vpc_id, self.scheme) if part)


class PolicyReport(BaseModel, frozen=True):
    """The cluster policy, and how much of it MSK allows."""

    bytes: int
    of: int = SIZE_LIMIT
    accounts: tuple[str, ...]
    """The accounts that MSKLink's statements admit."""


class ClusterDetail(ClusterReport, frozen=True):
    """A cluster with its clients."""

    brokers: dict[str, str]
    """By scheme, the bootstrap brokers that are published."""
    policy: PolicyReport | None
    """None where the cluster is deleted."""
    window: str
    """When updates that reboot brokers may begin."""
    approval: bool
    """Whether such updates need the owner's approval."""
    approved: tuple[str, ...]
    """The schemes that are approved."""
    connections: tuple[ClientReport, ...]
    users: tuple[ScramUser, ...]
    """The SCRAM users that clients request, or that MSKLink has created for them."""
    vendors: dict[str, str]
    """The state of the grant of each vendor."""
    unknown_connections: tuple[str, ...]
    """ARNs of connections of accounts that are not listed."""


def cluster_report(
    arn: str,
    cluster: ClusterDescription | None,
    snapshot: ClusterSnapshot,
    terms: ChangeTerms,
    status: tuple[str, datetime | None] | None,
) -> ClusterReport:
    """
    Return the report of the cluster *arn*; None as *cluster* means that MSK no longer has it.

    *terms* are the owner's for it, and *status* is how the run that has the lease stands, with its
    start.
    """
    record, shown = snapshot.cluster, _shown(snapshot)
    return ClusterReport(
        name=ClusterArn.parse(arn).name,
        arn=arn,
        state=cluster.state if cluster else DELETED,
        managed=cluster is not None and cluster.is_managed(terms.key),
        asked=(cluster.tags.get(terms.key) or "") if cluster else "",
        listed=_listed(cluster.tags, terms.key) if cluster else (),
        authentication=tuple(sorted(cluster.authentication_schemes)) if cluster else (),
        on=tuple(sorted(cluster.private_schemes)) if cluster else (),
        clients=dict(sorted(Counter(one.state.value for one in shown).items())),
        run=_run(record, shown, status),
        waiting=tuple(_wait(one) for one in record.holds),
        freeze=terms.freeze,
        freeze_reason=cluster.tags.get(f"{terms.key}/freeze", "") if cluster else "",
        refusals=record.refusals,
        failure=record.last_failure,
    )


def cluster_detail(
    report: ClusterReport, snapshot: ClusterSnapshot, terms: ChangeTerms, policy: Policy | None
) -> ClusterDetail:
    """Return *report* with the clients of the cluster, and its *policy*."""
    record, shown = snapshot.cluster, _shown(snapshot)
    return ClusterDetail(
        **dict(report),
        brokers={scheme.value: text for scheme, text in sorted(record.brokers.strings.items())},
        policy=policy
        and PolicyReport(
            bytes=0 if policy.is_empty else len(policy.to_json()),
            accounts=tuple(sorted(policy.admitted(terms.key))),
        ),
        window=terms.window,
        approval=terms.is_approval_required,
        approved=tuple(sorted(terms.approved)),
        connections=tuple(map(_client, shown)),
        users=scram_users(snapshot.users, shown),
        vendors={account: one.state for account, one in sorted(record.vendors.items())},
        unknown_connections=record.unknown_connections,
    )


def _listed(tags: Mapping[str, str], namespace: str) -> tuple[str, ...]:
    return tuple(sorted(read_client_accounts(tags, namespace).accounts))


def _shown(snapshot: ClusterSnapshot) -> list[ConnectionRecord]:
    return sorted((one for one in snapshot.connections if one.is_shown), key=lambda one: one.item)


def _run(
    record: ClusterRecord,
    connections: Sequence[ConnectionRecord],
    status: tuple[str, datetime | None] | None,
) -> Run | None:
    # A run that has succeeded had released its lease; the record was read just before.
    if record.holder is None or status is None or status[0] == "SUCCEEDED":
        return None
    progress = _furthest_behind(connections)
    return Run(
        name=record.holder,
        status=status[0],
        since=status[1],
        phase=progress.phase if progress else None,
        expected=progress.expected if progress else None,
    )


def _furthest_behind(connections: Iterable[ConnectionRecord]) -> Progress | None:
    order = list(Phase)
    unfinished = (one.progress for one in connections if one.progress and one.is_live)
    return min(unfinished, key=lambda one: order.index(one.phase), default=None)


def _wait(recorded: RecordedHold) -> Wait:
    return Wait(
        reason=recorded.hold.reason,
        schemes=tuple(recorded.schemes),
        since=recorded.since,
        until=recorded.hold.until,
        approval=tuple(recorded.hold.approval),
    )


def _client(record: ConnectionRecord) -> ClientReport:
    progress = record.progress
    hold = record.hold
    return ClientReport(
        account=record.account,
        vpc_id=record.vpc_id,
        scheme=record.scheme or "",
        state=record.state,
        requested=record.requested_at,
        phase=progress.phase if progress else None,
        since=progress.since if progress else None,
        expected=progress.expected if progress else None,
        seconds=progress.seconds if progress else {},
        refusal=record.refusal or record.last_reported_refusal,
        waiting=hold
        and Wait(
            reason=hold.reason,
            schemes=(record.scheme,) if record.scheme else (),
            since=progress.since if progress else record.requested_at,
            until=hold.until,
            approval=tuple(hold.approval),
        ),
        removal=record.removal,
        check=record.probe_result,
        warnings=record.notices,
        topics=dict(record.topics),
        users={one.name: one.state for one in record.users},
        failure=record.failure or "",
        connection_arn=record.connection_arn or "",
        connection_state=record.connection_state or "",
        subnet_ids=record.subnet_ids,
        security_group_ids=record.security_group_ids,
    )
