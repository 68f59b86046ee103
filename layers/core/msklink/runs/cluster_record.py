"""The record of a cluster in the table: its lease, and what runs record for the next one."""

from datetime import datetime

from pydantic import BaseModel

from msklink.auth_scheme import Scheme
from msklink.change_control.holds import RecordedHold
from msklink.refusals import Refusal
from msklink.removal import Removal
from msklink.runs.lease import requested_before


class RunFailure(BaseModel, frozen=True):
    """How a run failed, by Step Functions' description of its execution."""

    run: str
    status: str
    """FAILED, TIMED_OUT or ABORTED."""
    state: str = ""
    """The last state that it entered."""
    error: str = ""
    cause: str = ""
    link: str = ""
    """The console page of the run."""
    ended: datetime
    times: int = 1
    """Failed runs of the cluster in a row, with this one."""
    next_attempt: datetime | None = None
    """None after the last attempt."""
    cluster_fingerprint: str = ""
    """The cluster's fingerprint after the last attempt; a change of it starts another run."""

    def is_same_end(self, other: "RunFailure | None") -> bool:
        """Return whether both describe the same end; a redriven run can end several times."""
        return other is not None and (self.run, self.ended) == (other.run, other.ended)


class VendorRecord(BaseModel, frozen=True):
    """One account that makes its connections itself, and the state of its grant."""

    removal: Removal | None = None
    """The removal of its grant, since it is not listed any more."""
    refusal: Refusal | None = None
    """Why it could not be admitted."""

    @property
    def state(self) -> str:
        if self.refusal:
            return "refused"
        return "leaving" if self.removal else "granted"

    def is_due(self, now: datetime) -> bool:
        """Return whether its grant is to be revoked now."""
        return bool(self.removal and self.removal.due and self.removal.due <= now)

    def with_(self, **changes: object) -> "VendorRecord":
        return self.model_copy(update=changes)


class PublishedBrokers(BaseModel, frozen=True):
    """The published brokers of a cluster, by scheme."""

    strings: dict[Scheme, str] = {}
    broker_count: int = 0
    """The number of brokers in the cluster when these were chosen."""


class RunReason(BaseModel, frozen=True):
    """How often a reason that a sweep still finds has started runs."""

    times: int
    next_run: datetime
    """Earliest time of the next run for it."""


class ClusterRecord(BaseModel, frozen=True):
    """The record of a cluster: its lease, and what runs record for the next one."""

    requested: int = 0
    """The number of requests for a run; see msklink.runs.lease."""
    holder: str | None = None
    """Name of the run that has the lease."""
    enabling: tuple[Scheme, ...] = ()
    """Schemes that our update in progress turns on."""
    operation: str | None = None
    """ARN of that update."""
    update_rejection: str = ""
    """Why MSK rejected that update, in MSK's words."""
    refusals: tuple[Refusal, ...] = ()
    """Refusals last reported to the owner."""
    failure: RunFailure | None = None
    """The last failed run."""
    enabled_schemes: tuple[Scheme, ...] = ()
    """Requested schemes that were on when a run last inspected the cluster."""
    policy_digests: str = ""
    """Possible digests of our statements: before and after the last write."""
    brokers: PublishedBrokers = PublishedBrokers()
    unknown_connections: tuple[str, ...] = ()
    """ARNs of connections of unknown accounts that were reported to the owner."""
    exempt_connections: tuple[str, ...] = ()
    """Those of them that are not rejected, because an AWS service may have made them."""
    suspended_accounts: tuple[str, ...] = ()
    """Accounts that a run removed from the policy to find a deleted principal, until readmitted."""
    vendors: dict[str, VendorRecord] = {}
    """The accounts that are admitted to make their connections themselves."""
    holds: tuple[RecordedHold, ...] = ()
    """What waits for the owner's terms, as last reported to the owner."""
    reasons: dict[str, RunReason] = {}
    """Reasons for which the sweep started runs, as long as it still finds them."""
    last_run_number: int = 0
    """Number of the last run that had the lease."""
    cluster_fingerprint: str = ""
    """The cluster's fingerprint as read by the last run that succeeded."""

    @property
    def last_failure(self) -> RunFailure | None:
        """The failure of the last run, if it failed."""
        if self.failure and requested_before(self.failure.run) == self.last_run_number:
            return self.failure
        return None
