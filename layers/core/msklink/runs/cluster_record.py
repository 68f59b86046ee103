"""What the table says of a cluster: its lease, and what its runs left for the next."""

from datetime import datetime

from pydantic import BaseModel

from msklink.auth_scheme import Scheme
from msklink.connections.removal import Removal
from msklink.refusals import Refusal
from msklink.runs.lease import requested_before


class RunFailure(BaseModel, frozen=True):
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
    cluster_fingerprint: str = ""
    """The fingerprint of the cluster when nobody tried any more, as a sweep found it."""

    def is_same_end(self, other: "RunFailure | None") -> bool:
        """Whether both tell of the same end; a run that was redriven can have several."""
        return other is not None and (self.run, self.ended) == (other.run, other.ended)


class VendorRecord(BaseModel, frozen=True):
    """One account that makes its connections itself, and how far its grant has come."""

    removal: Removal | None = None
    """That it is not on the list any more."""
    refusal: Refusal | None = None
    """Why it could not be admitted."""

    @property
    def state(self) -> str:
        if self.refusal:
            return "refused"
        return "leaving" if self.removal else "granted"

    def is_due(self, now: datetime) -> bool:
        """Whether its grant is to be taken away now."""
        return bool(self.removal and self.removal.due and self.removal.due <= now)

    def with_(self, **changes: object) -> "VendorRecord":
        return self.model_copy(update=changes)


class PublishedBrokers(BaseModel, frozen=True):
    """The brokers of a cluster that are published, by scheme."""

    strings: dict[Scheme, str] = {}
    broker_count: int = 0
    """How many brokers the cluster had when these were chosen."""


class RunReason(BaseModel, frozen=True):
    """How often runs were started for one reason that a sweep found, and finds still."""

    times: int
    next_run: datetime
    """Not before this time is another started for it."""


class ClusterRecord(BaseModel, frozen=True):
    """What the table says of a cluster: its lease, and what its runs left for the next."""

    requested: int = 0
    """How often a run was asked for; see msklink.runs.lease."""
    holder: str | None = None
    """Name of the run that holds the lease."""
    enabling: tuple[Scheme, ...] = ()
    """Schemes that an update under way turns on."""
    operation: str | None = None
    """ARN of that update."""
    update_rejection: str = ""
    """Why MSK did not take that update, in its words."""
    refusals: tuple[Refusal, ...] = ()
    """Refusals that the owner was told of last."""
    failure: RunFailure | None = None
    """How the last run that failed did."""
    enabled_schemes: tuple[Scheme, ...] = ()
    """Schemes that were asked for and on when a run looked last."""
    policy_digests: str = ""
    """Digests that our statements may have: as they were, and as they were to be written."""
    brokers: PublishedBrokers = PublishedBrokers()
    unknown_connections: tuple[str, ...] = ()
    """ARNs of the connections of unknown accounts that the owner was told of."""
    exempt_connections: tuple[str, ...] = ()
    """Those of them that are not to be rejected, as a service of AWS may have made them."""
    suspended_accounts: tuple[str, ...] = ()
    """Accounts that a run took out of the policy to find one that is gone, until they are back."""
    vendors: dict[str, VendorRecord] = {}
    """The accounts that are admitted to make their connections themselves."""
    reasons: dict[str, RunReason] = {}
    """Why the sweep started runs, as far as it finds the same still."""
    last_run_number: int = 0
    """Number of the last run that had the lease."""
    cluster_fingerprint: str = ""
    """Fingerprint of the cluster when the last run that came to its end looked at it."""

    @property
    def last_failure(self) -> RunFailure | None:
        """How the last run failed, if it did."""
        if self.failure and requested_before(self.failure.run) == self.last_run_number:
            return self.failure
        return None
