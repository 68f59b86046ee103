"""The record of a client connection in the table."""

from collections.abc import Collection, Iterable
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel

from msklink.arns import ClusterArn
from msklink.auth_scheme import Scheme
from msklink.change_control.holds import Hold
from msklink.refusals import Code, Refusal
from msklink.removal import Removal
from msklink.topics.outcome import TOPIC_CODES, TopicReport, TopicState
from msklink.users.record import USER_CODES, UserReport, UserState, UserStatus


class State(StrEnum):
    """The state of a connection in MSKLink."""

    WAITING = "waiting"
    """It waits for the owner's terms, see `hold`."""
    PLANNED = "planned"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    PUBLISHED = "published"
    REFUSED = "refused"
    FAILED = "failed"
    CLOSING = "closing"
    """Its removal has begun."""
    ABANDONED = "abandoned"
    """It was due for removal, but its account could not be reached."""


UNFINISHED_STATES = frozenset({State.PLANNED, State.CONNECTING, State.CONNECTED})


class ProbeResult(BaseModel, frozen=True):
    """What the probe found in the VPC; where all is good, the last layer that it checked."""

    at: datetime
    good: bool
    servers: str
    """The brokers that the probe was asked about."""
    layer: str
    broker: str = ""
    detail: str = ""
    remedy: str = ""
    unchecked: str = ""
    """What it could not check after the last layer."""


class Phase(StrEnum):
    """A phase of an onboarding."""

    ASKED = "asked"
    """From the request to the first survey."""
    HELD = "held"
    ENABLING = "enabling"
    GRANTING = "granting"
    CONNECTING = "connecting"
    PUBLISHING = "publishing"


class Progress(BaseModel, frozen=True):
    """The progress of an onboarding."""

    phase: Phase
    since: datetime
    expected: datetime | None = None
    """When the phase is expected to end, where that is known."""
    seconds: dict[Phase, int] = {}
    """The seconds that each earlier phase took."""


class CreationDelay(BaseModel, frozen=True):
    """A temporary reason for which MSK does not create a connection yet."""

    since: datetime
    tried: datetime
    """Time of the last attempt."""
    cluster_is_busy: bool = False
    """Whether the cluster is being changed; the run then waits for the cluster."""


class ConnectionRecord(BaseModel, frozen=True):
    """
    The connection of one account, VPC and scheme to one cluster.

    A refusal of a whole VPC has an empty *scheme*; one of an account also an empty *vpc_id*.
    """

    cluster_arn: str
    account: str
    vpc_id: str = ""
    scheme: Scheme | None = None
    state: State
    requested_at: datetime
    wanted: bool = True
    """Whether a tag or request still asks for it."""
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    connection_arn: str | None = None
    connection_state: str | None = None
    refusal: Refusal | None = None
    last_reported_refusal: Refusal | None = None
    """The refusal of the last attempt, while another is in progress."""
    failure: str | None = None
    hold: Hold | None = None
    """Why it waits for the owner's terms."""
    enabled_by: datetime | None = None
    """When its scheme is expected to be on; None where it is on, or is not turned on yet."""
    progress: Progress | None = None
    delay: CreationDelay | None = None
    notices: tuple[Refusal, ...] = ()
    """What does not block the connection: warnings, and a refusal of access to topics."""
    topics: tuple[tuple[str, TopicState], ...] = ()
    """The topics that its request asks for, by name."""
    users: tuple[UserStatus, ...] = ()
    """With scram, the users of its account."""
    removal: Removal | None = None
    protected: bool = False
    """Whether its VPC had the tag for deletion protection when last read."""
    probe_result: ProbeResult | None = None
    """None where it has just been published, and where there is no probe."""

    @property
    def item(self) -> str:
        """The sort key in the table."""
        return f"{connection_prefix(self.account)}{self.vpc_id}#{self.scheme or ''}"

    @property
    def cluster_name(self) -> str:
        return ClusterArn.parse(self.cluster_arn).name

    @property
    def is_about_account(self) -> bool:
        """Whether it is not a connection but the refusal of its whole account."""
        return not self.vpc_id

    @property
    def is_live(self) -> bool:
        """Whether a connection exists or is to be created, and is not being removed."""
        return self.state in UNFINISHED_STATES | {State.PUBLISHED}

    @property
    def is_in_progress(self) -> bool:
        """Whether the client gets it without doing anything more."""
        return self.is_live or self.state is State.WAITING

    @property
    def is_shown(self) -> bool:
        """Whether the status still shows this record."""
        return self.wanted or self.is_live or self.removal is not None

    @property
    def may_exist(self) -> bool:
        """Whether something that was created for it may exist in the client account."""
        return bool(self.scheme) and (self.is_live or bool(self.connection_arn))

    @property
    def removal_reason(self) -> Refusal | None:
        return self.removal.reason if self.removal else None

    @property
    def is_unsettled(self) -> bool:
        """Whether no run has created a topic or a user that came with its request."""
        topics = any(state is TopicState.ASKED for _, state in self.topics)
        return topics or any(user.state is UserState.ASKED for user in self.users)

    def is_due(self, now: datetime) -> bool:
        """Return whether its removal is due."""
        return bool(self.removal and self.removal.due and self.removal.due <= now)

    @property
    def is_pursued(self) -> bool:
        """Whether runs keep a connection for it, also after one has failed."""
        exists = self.is_live or bool(self.connection_arn and self.scheme)
        is_possible = not self.is_turned_off and self.state is not State.WAITING
        return self.wanted and exists and is_possible

    @property
    def is_turned_off(self) -> bool:
        """Whether others turned its scheme off on the cluster, which the client cannot change."""
        return self._is_refused_for(Code.SCHEME_TURNED_OFF)

    @property
    def can_drift(self) -> bool:
        """
        Whether changes by others are drift: it works, or did until a change that is not repaired.

        Nothing of a connection that is not made yet, failed, was rejected or is removed can drift.
        """
        return self.is_unrepaired or self.state in {State.CONNECTED, State.PUBLISHED}

    @property
    def is_unrepaired(self) -> bool:
        """Whether others have changed its connection, and MSKLink does not repair it."""
        return self._is_refused_for(Code.DRIFT_LEFT, Code.DRIFT_CONTESTED)

    @property
    def is_rejected(self) -> bool:
        """Whether the owner rejected its connection."""
        return self._is_refused_for(Code.CONNECTION_REJECTED)

    @property
    def has_timed_out(self) -> bool:
        """Whether the wait for its connection timed out."""
        return self._is_refused_for(Code.CONNECTION_TIMED_OUT)

    def _is_refused_for(self, *codes: Code) -> bool:
        return self.refusal is not None and self.refusal.code in codes

    def with_topics(self, report: TopicReport) -> "ConnectionRecord":
        """Return its record with what *report* says of the topics of its request."""
        notices = self._notices_with(report.refusals, TOPIC_CODES)
        return self.with_(topics=tuple(report.states.items()), notices=notices)

    def with_users(self, report: UserReport) -> "ConnectionRecord":
        """Return its record with what *report* says of users, if it is a connection by scram."""
        if self.scheme is not Scheme.SCRAM:
            return self
        notices = self._notices_with(report.refusals, USER_CODES)
        return self.with_(users=report.users, notices=notices)

    def _notices_with(
        self, refusals: tuple[Refusal, ...], codes: Collection[Code]
    ) -> tuple[Refusal, ...]:
        """Return each notice once, with *refusals* in place of those that have *codes*."""
        others = (one for one in self.notices if one.code not in codes)
        return tuple(dict.fromkeys((*others, *refusals)))

    def with_published(self, schemes: Collection[Scheme]) -> "ConnectionRecord":
        """Return its record once the brokers of *schemes* are in Parameter Store."""
        done = self.state is State.CONNECTED and self.scheme in schemes
        return (
            self.with_(
                state=State.PUBLISHED, probe_result=None, last_reported_refusal=None, progress=None
            )
            if done
            else self
        )

    def with_(self, **changes: object) -> "ConnectionRecord":
        return self.model_copy(update=changes)


def connection_prefix(account: str) -> str:
    """Return the prefix of the sort keys of the connections of *account*."""
    return f"client#{account}#"


def changed_records(
    before: Iterable[ConnectionRecord], after: Iterable[ConnectionRecord]
) -> list[ConnectionRecord]:
    """Return those of *after* that are new or different."""
    known = {record.item: record for record in before}
    return [record for record in after if known.get(record.item) != record]


def new_requests(
    before: Iterable[ConnectionRecord], after: Iterable[ConnectionRecord]
) -> list[ConnectionRecord]:
    """
    Return those of *after* that a client requests and that *before* does not know.

    A refusal of a whole VPC is the answer to the same request as the connections that follow it.
    """
    known: dict[tuple[str, str], set[Scheme | None]] = {}
    for record in before:
        known.setdefault((record.account, record.vpc_id), set()).add(record.scheme)
    return [
        record
        for record in after
        if record.wanted
        and record.vpc_id
        and not known.get((record.account, record.vpc_id), set()) & {record.scheme, None}
        and (record.scheme or (record.account, record.vpc_id) not in known)
    ]
