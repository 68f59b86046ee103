"""What the table says: of a cluster, of each client connection, and of requests by event."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel

from msklink.access import Access
from msklink.arns import ClusterArn
from msklink.lease import requested_before
from msklink.refusals import Code, Refusal
from msklink.scheme import Scheme


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


class Leaving(BaseModel, frozen=True):
    """That a connection is to be taken away, and why."""

    reason: Refusal
    due: datetime | None = None
    """Not before this time; None while it is protected from deletion."""


class Check(BaseModel, frozen=True):
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


class Connection(BaseModel, frozen=True):
    """
    One (account, VPC, scheme) of one cluster.

    A refusal that concerns the whole VPC or account is kept with an empty *scheme* or *vpc_id*.
    """

    cluster_arn: str
    account: str
    vpc_id: str = ""
    scheme: Scheme | None = None
    state: State
    requested: datetime
    wanted: bool = True
    """Whether a tag or request asks for it still."""
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    connection_arn: str | None = None
    connection_state: str | None = None
    refusal: Refusal | None = None
    told: Refusal | None = None
    """Why the last attempt was refused, while another is under way."""
    failure: str | None = None
    hold: Hold | None = None
    warnings: tuple[Refusal, ...] = ()
    """What stands in the way of nothing, and what was refused beside the connection."""
    leaving: Leaving | None = None
    protected: bool = False
    """Whether its VPC was tagged against deletion when it was seen last."""
    check: Check | None = None
    """None when it was published but now, and where there is no probe."""

    @property
    def item(self) -> str:
        """The sort key in the table."""
        return f"{items_of(self.account)}{self.vpc_id}#{self.scheme or ''}"

    @property
    def cluster_name(self) -> str:
        return ClusterArn.parse(self.cluster_arn).name

    @property
    def concerns_account(self) -> bool:
        """Whether it is no connection, but what kept us from all of the account's."""
        return not self.vpc_id

    @property
    def live(self) -> bool:
        """Whether a connection exists or is to be made, and nobody is taking it away."""
        return self.state in {
            State.PLANNED,
            State.CONNECTING,
            State.CONNECTED,
            State.PUBLISHED,
        }

    @property
    def is_told(self) -> bool:
        """Whether it means something to its team still."""
        return self.wanted or self.live or self.leaving is not None

    @property
    def may_exist(self) -> bool:
        """Whether there may be something in the client account that was made for it."""
        return bool(self.scheme) and (self.live or bool(self.connection_arn))

    @property
    def reason_to_leave(self) -> Refusal | None:
        return self.leaving.reason if self.leaving else None

    def is_due(self, now: datetime) -> bool:
        """Whether it is to be taken away now."""
        return bool(self.leaving and self.leaving.due and self.leaving.due <= now)

    @property
    def pursued(self) -> bool:
        """Whether a run sees to it that there is a connection, also where one has failed."""
        there = self.live or bool(self.connection_arn and self.scheme)
        return self.wanted and there and not self.is_turned_off

    @property
    def is_turned_off(self) -> bool:
        """Whether its scheme was turned off on the cluster, which no client can mend."""
        return self._is_refused_for(Code.SCHEME_TURNED_OFF)

    @property
    def was_there(self) -> bool:
        """Whether a connection was seen to work, or to have been changed by others since."""
        return self.is_left_alone or self.state in {State.CONNECTED, State.PUBLISHED}

    @property
    def is_left_alone(self) -> bool:
        """Whether others have changed it, and it is not to be changed back."""
        return self._is_refused_for(Code.DRIFT_LEFT, Code.DRIFT_CONTESTED)

    @property
    def is_rejected(self) -> bool:
        """Whether the owner rejected its connection."""
        return self._is_refused_for(Code.CONNECTION_REJECTED)

    @property
    def is_too_slow(self) -> bool:
        """Whether nobody waits for its connection any more."""
        return self._is_refused_for(Code.CONNECTION_TIMED_OUT)

    def _is_refused_for(self, *codes: Code) -> bool:
        return self.refusal is not None and self.refusal.code in codes

    def published(self, schemes: Collection[Scheme]) -> "Connection":
        """Its state once the brokers of *schemes* are in Parameter Store."""
        done = self.state is State.CONNECTED and self.scheme in schemes
        return self.with_(state=State.PUBLISHED, check=None, told=None) if done else self

    def with_(self, **changes: object) -> "Connection":
        return self.model_copy(update=changes)


class Failure(BaseModel, frozen=True):
    """How a run failed, as Step Functions tells it."""

    run: str
    status: str
    """FAILED, TIMED_OUT or ABORTED."""
    state: str = ""
    """The last state that it entered."""
    error: str = ""
    cause: str = ""
    link: str = ""
    """To the run in the console."""
    ended: datetime
    times: int = 1
    """How many runs of the cluster have failed one after the other."""
    next_attempt: datetime | None = None
    """None when nobody tries again before somebody asks."""
    seen: str = ""
    """The fingerprint of the cluster when nobody tried any more, as a sweep found it."""

    def is_same_end(self, other: "Failure | None") -> bool:
        """Whether both tell of the same end; a run that was redriven can have several."""
        return other is not None and (self.run, self.ended) == (other.run, other.ended)


class Vendor(BaseModel, frozen=True):
    """One account that makes its connections itself, and how far its grant has come."""

    leaving: Leaving | None = None
    """That it is not on the list any more."""
    refusal: Refusal | None = None
    """Why it could not be admitted."""

    @property
    def state(self) -> str:
        if self.refusal:
            return "refused"
        return "leaving" if self.leaving else "granted"

    def is_due(self, now: datetime) -> bool:
        """Whether its grant is to be taken away now."""
        return bool(self.leaving and self.leaving.due and self.leaving.due <= now)

    def with_(self, **changes: object) -> "Vendor":
        return self.model_copy(update=changes)


class Brokers(BaseModel, frozen=True):
    """The brokers of a cluster that are published, by scheme."""

    strings: dict[Scheme, str] = {}
    of: int = 0
    """How many brokers the cluster had when these were chosen."""


class Left(BaseModel, frozen=True):
    """How a run left the parameters of a cluster in one account."""

    digests: dict[str, str] = {}
    """By scheme, what the configuration said; and that the status was there."""
    alone: tuple[Scheme, ...] = ()
    """Schemes that others have changed, and that were left so."""

    def may_differ(self, scheme: Scheme, found: Mapping[str, str]) -> bool:
        """Whether the configuration with the digests *found* may be somebody else's."""
        noted = self.digests.get(scheme)
        return scheme in self.alone or (noted is not None and noted != found.get(scheme))


class Surveyed(BaseModel, frozen=True):
    """What the last survey of an account went by."""

    tags: dict[str, str] = {}
    """What the tags of its VPCs said of the cluster, by VPC."""
    bounds: str = ""
    """Digest of the owner's bounds for its access; empty where it asks for none."""


class Reason(BaseModel, frozen=True):
    """How often runs were started for one reason that a sweep found, and finds still."""

    times: int
    again: datetime
    """Not before this time is another started for it."""


class Cluster(BaseModel, frozen=True):
    """What the table says of a cluster: its lease, and what its runs left for the next."""

    requested: int = 0
    """How often a run was asked for; see msklink.lease."""
    holder: str | None = None
    """Name of the run that holds the lease."""
    enabling: tuple[Scheme, ...] = ()
    """Schemes that an update under way turns on."""
    operation: str | None = None
    """ARN of that update."""
    rejected: str = ""
    """Why MSK did not take that update, in its words."""
    refusals: tuple[Refusal, ...] = ()
    """Refusals that the owner was told of last."""
    failure: Failure | None = None
    """How the last run that failed did."""
    turned_on: tuple[Scheme, ...] = ()
    """Schemes that were asked for and on when a run looked last."""
    granted: str = ""
    """Digests that our statements may have: as they were, and as they were to be written."""
    brokers: Brokers = Brokers()
    strangers: tuple[str, ...] = ()
    """ARNs of the connections of unknown accounts that the owner was told of."""
    spared: tuple[str, ...] = ()
    """Those of them that are not to be rejected, as a service of AWS may have made them."""
    doubtful: tuple[str, ...] = ()
    """Accounts that a run took out of the policy to find one that is gone, until they are back."""
    vendors: dict[str, Vendor] = {}
    """The accounts that are admitted to make their connections themselves."""
    reasons: dict[str, Reason] = {}
    """Why the sweep started runs, as far as it finds the same still."""
    taken: int = 0
    """Number of the last run that had the lease."""
    seen: str = ""
    """Fingerprint of the cluster when the last run that came to its end looked at it."""

    @property
    def last_failure(self) -> Failure | None:
        """How the last run failed, if it did."""
        if self.failure and requested_before(self.failure.run) == self.taken:
            return self.failure
        return None


def items_of(account: str) -> str:
    """What the sort keys of the connections of *account* begin with."""
    return f"client#{account}#"


def changed(before: Iterable[Connection], after: Iterable[Connection]) -> list[Connection]:
    """Those of *after* that are new or different."""
    known = {record.item: record for record in before}
    return [record for record in after if known.get(record.item) != record]


class Request(BaseModel, frozen=True):
    """A request by event, recorded so that every later run sees it; the last of its VPC."""

    cluster_arn: str
    account: str
    vpc_id: str
    schemes: tuple[str, ...]
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    access: Access | None = None
    requested: datetime
    withdrawn: bool = False
    """Whether it says that its VPC is not to be connected any more."""

    @property
    def item(self) -> str:
        return f"{requests_of(self.account)}{self.vpc_id}"

    @property
    def asks(self) -> bool:
        """Whether it speaks for a connection."""
        return not self.withdrawn


def requests_of(account: str) -> str:
    """What the sort keys of the requests of *account* begin with."""
    return f"request#{account}#"


class Departure(BaseModel, frozen=True):
    """
    A request by event to take a connection away, recorded until it is asked for anew.

    It counts for more than the tag of the VPC, which may be there still. One that was withdrawn is
    kept, so that its event is known when it comes again.
    """

    cluster_arn: str
    account: str
    vpc_id: str
    scheme: Scheme
    requested: datetime
    withdrawn: bool = False
    """Whether it was asked for anew since."""

    @property
    def item(self) -> str:
        return f"{departures_of(self.account)}{self.vpc_id}#{self.scheme}"

    @property
    def asks(self) -> bool:
        """Whether it speaks for a connection."""
        return self.withdrawn


def departures_of(account: str) -> str:
    """What the sort keys of the departures of *account* begin with."""
    return f"departure#{account}#"
