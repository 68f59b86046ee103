"""What the table says: of a cluster, of each client connection, and of requests by event."""

from collections.abc import Collection, Iterable
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel

from msklink.arns import ClusterArn
from msklink.auth_scheme import Scheme
from msklink.connections.removal import Removal
from msklink.refusals import Code, Refusal


class State(StrEnum):
    """How far a connection has come."""

    PLANNED = "planned"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    PUBLISHED = "published"
    REFUSED = "refused"
    FAILED = "failed"
    CLOSING = "closing"
    """It is being taken away."""
    ABANDONED = "abandoned"
    """It was to be taken away, but its account could not be reached."""


class ProbeResult(BaseModel, frozen=True):
    """What the probe found in the VPC: where all is well, how far it could look."""

    at: datetime
    good: bool
    servers: str
    """The brokers that it was asked about."""
    layer: str
    broker: str = ""
    detail: str = ""
    remedy: str = ""


class Hold(BaseModel, frozen=True):
    """That MSK would not make a connection yet, for a reason that passes by itself."""

    since: datetime
    tried: datetime
    """When it was asked last."""
    is_cluster: bool = False
    """Whether the cluster is being changed, so that the run waits for that."""


class ConnectionRecord(BaseModel, frozen=True):
    """
    One (account, VPC, scheme) of one cluster.

    A refusal that concerns the whole VPC or account is kept with an empty *scheme* or *vpc_id*.
    """

    cluster_arn: str
    account: str
    vpc_id: str = ""
    scheme: Scheme | None = None
    state: State
    requested_at: datetime
    wanted: bool = True
    """Whether a tag or request asks for it still."""
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    connection_arn: str | None = None
    connection_state: str | None = None
    refusal: Refusal | None = None
    last_reported_refusal: Refusal | None = None
    """Why the last attempt was refused, while another is under way."""
    failure: str | None = None
    hold: Hold | None = None
    warnings: tuple[Refusal, ...] = ()
    """What stands in the way of nothing, and what was refused beside the connection."""
    removal: Removal | None = None
    protected: bool = False
    """Whether its VPC was tagged against deletion when it was seen last."""
    probe_result: ProbeResult | None = None
    """None when it was published but now, and where there is no probe."""

    @property
    def item(self) -> str:
        """The sort key in the table."""
        return f"{connection_prefix(self.account)}{self.vpc_id}#{self.scheme or ''}"

    @property
    def cluster_name(self) -> str:
        return ClusterArn.parse(self.cluster_arn).name

    @property
    def is_about_account(self) -> bool:
        """Whether it is no connection, but what kept us from all of the account's."""
        return not self.vpc_id

    @property
    def is_live(self) -> bool:
        """Whether a connection exists or is to be made, and nobody is taking it away."""
        return self.state in {
            State.PLANNED,
            State.CONNECTING,
            State.CONNECTED,
            State.PUBLISHED,
        }

    @property
    def is_shown(self) -> bool:
        """Whether it means something to its team still."""
        return self.wanted or self.is_live or self.removal is not None

    @property
    def may_exist(self) -> bool:
        """Whether there may be something in the client account that was made for it."""
        return bool(self.scheme) and (self.is_live or bool(self.connection_arn))

    @property
    def removal_reason(self) -> Refusal | None:
        return self.removal.reason if self.removal else None

    def is_due(self, now: datetime) -> bool:
        """Whether it is to be taken away now."""
        return bool(self.removal and self.removal.due and self.removal.due <= now)

    @property
    def is_pursued(self) -> bool:
        """Whether a run sees to it that there is a connection, also where one has failed."""
        there = self.is_live or bool(self.connection_arn and self.scheme)
        return self.wanted and there and not self.is_turned_off

    @property
    def is_turned_off(self) -> bool:
        """Whether its scheme was turned off on the cluster, which no client can mend."""
        return self._is_refused_for(Code.SCHEME_TURNED_OFF)

    @property
    def was_established(self) -> bool:
        """Whether a connection was seen to work, or to have been changed by others since."""
        return self.is_unrepaired or self.state in {State.CONNECTED, State.PUBLISHED}

    @property
    def is_unrepaired(self) -> bool:
        """Whether others have changed it, and it is not to be changed back."""
        return self._is_refused_for(Code.DRIFT_LEFT, Code.DRIFT_CONTESTED)

    @property
    def is_rejected(self) -> bool:
        """Whether the owner rejected its connection."""
        return self._is_refused_for(Code.CONNECTION_REJECTED)

    @property
    def has_timed_out(self) -> bool:
        """Whether nobody waits for its connection any more."""
        return self._is_refused_for(Code.CONNECTION_TIMED_OUT)

    def _is_refused_for(self, *codes: Code) -> bool:
        return self.refusal is not None and self.refusal.code in codes

    def with_published(self, schemes: Collection[Scheme]) -> "ConnectionRecord":
        """Its state once the brokers of *schemes* are in Parameter Store."""
        done = self.state is State.CONNECTED and self.scheme in schemes
        return (
            self.with_(state=State.PUBLISHED, probe_result=None, last_reported_refusal=None)
            if done
            else self
        )

    def with_(self, **changes: object) -> "ConnectionRecord":
        return self.model_copy(update=changes)


def connection_prefix(account: str) -> str:
    """What the sort keys of the connections of *account* begin with."""
    return f"client#{account}#"


def changed_records(
    before: Iterable[ConnectionRecord], after: Iterable[ConnectionRecord]
) -> list[ConnectionRecord]:
    """Those of *after* that are new or different."""
    known = {record.item: record for record in before}
    return [record for record in after if known.get(record.item) != record]
