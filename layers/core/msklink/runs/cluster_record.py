"""What the table says of a cluster: its lease, and what its runs left for the next."""

from datetime import datetime

from pydantic import BaseModel

from msklink.auth_scheme import Scheme
from msklink.connections.removal import Leaving
from msklink.refusals import Refusal
from msklink.runs.lease import requested_before


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


class Reason(BaseModel, frozen=True):
    """How often runs were started for one reason that a sweep found, and finds still."""

    times: int
    again: datetime
    """Not before this time is another started for it."""


class Cluster(BaseModel, frozen=True):
    """What the table says of a cluster: its lease, and what its runs left for the next."""

    requested: int = 0
    """How often a run was asked for; see msklink.runs.lease."""
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
