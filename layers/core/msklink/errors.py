"""The errors that leave MSKLink's own code. A state machine sees them by class name.

| kind             | class                  | raised by        | in the state machine       |
|------------------|------------------------|------------------|----------------------------|
| AWS is busy      | TransientError         | msklink.aws      | Retry                      |
| lost a race      | LostRace               | msklink.aws      | Retry, which reads again   |
| cannot be done   | Refused                | msklink.aws      | none: handlers record it   |
| too early        | NotYet                 | msklink.aws      | none: it is asked again    |
| bad principal    | PrincipalRejected      | msklink.aws      | none: GrantAccess finds it |
| update rejected  | UpdateRejected         | msklink.aws      | none: the run goes on      |
| a probe is mute  | ProbeFailed            | msklink.aws      | none: it is logged         |
| took too long    | ClusterWaitTimedOut    | InspectCluster   | none: the run fails loudly |
| lost its lease   | LeaseLost              | services.lease   | none: the run ends         |

Time-outs of a function are named by Lambda and Step Functions, and are in the same Retry.
"""

from datetime import timedelta

from msklink.refusals import Refusal


class TransientError(Exception):
    """A call that may succeed in a moment: throttled, unanswered, or failed by AWS itself."""


class LostRace(Exception):
    """Somebody else wrote first; reading again and deciding again is safe."""


class Refused(Exception):
    """AWS or the client account said no, and waiting does not help."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


class NotYet(Exception):
    """AWS says no to what it may allow a little later; after *longest* that is *final*."""

    def __init__(self, final: Exception, longest: timedelta) -> None:
        super().__init__(str(final))
        self.final, self.longest = final, longest


class PrincipalRejected(Exception):
    """MSK does not take a principal of the cluster policy; the message may name it."""


class UpdateRejected(Exception):
    """MSK does not take the update of a cluster, in its own words."""


class ProbeFailed(Exception):
    """The probe of a client account gave no answer, or none that we know."""


class LeaseLost(Exception):
    """Another run works on the cluster, or has since; a run that was redriven finds it out."""


class ClusterWaitTimedOut(Exception):
    """The cluster was not ACTIVE within the time that one wait may take."""
