"""MSKLink's own errors, and what becomes of each; the state machine matches them by class name.

| kind             | class                  | raised by        | in the state machine       |
|------------------|------------------------|------------------|----------------------------|
| AWS is busy      | TransientError         | msklink.aws      | Retry                      |
| lost a race      | LostRace               | msklink.aws      | Retry, which reads again   |
| cannot be done   | Refused                | aws and services | none: services record it   |
| too early        | NotYet                 | msklink.aws      | none: the run tries later  |
| bad principal    | PrincipalRejected      | msklink.aws      | none: the account is found |
| update rejected  | UpdateRejected         | msklink.aws      | none: the run goes on      |
| probe failed     | ProbeFailed            | msklink.aws      | none: it is logged         |
| took too long    | ClusterWaitTimedOut    | InspectCluster   | none: the run fails loudly |
| lost its lease   | LeaseLost              | services.lease   | none: the run ends         |

Time-outs of a function have names of Lambda and Step Functions, and are in the same Retry.
"""

from datetime import timedelta

from msklink.refusals import Refusal


class TransientError(Exception):
    """A call that may succeed later: throttled, without an answer, or failed in AWS itself."""


class LostRace(Exception):
    """Another writer was first; it is safe to read and decide again."""


class Refused(Exception):
    """AWS or the client account refuses the call, and will not change that by itself."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


class NotYet(Exception):
    """AWS refuses what it may allow later; after *longest* the error is *final*."""

    def __init__(self, final: Exception, longest: timedelta) -> None:
        super().__init__(str(final))
        self.final, self.longest = final, longest


class PrincipalRejected(Exception):
    """MSK rejects a principal of the cluster policy; the message may name it."""


class UpdateRejected(Exception):
    """MSK rejects the update of a cluster; the message has MSK's words."""


class ProbeFailed(Exception):
    """The probe of a client account gave no answer, or an invalid one."""


class LeaseLost(Exception):
    """Another run has or had the lease of the cluster since; a redriven run can meet this."""


class ClusterWaitTimedOut(Exception):
    """The cluster was not ACTIVE within the limit of one wait."""
