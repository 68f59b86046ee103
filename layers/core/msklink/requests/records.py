"""The requests that clients sent by event, as the table keeps them."""

from datetime import datetime

from pydantic import BaseModel

from msklink.auth_scheme import Scheme
from msklink.policy.kafka_access import KafkaAccess


class OnboardingRequest(BaseModel, frozen=True):
    """A request by event, recorded so that every later run sees it; the last of its VPC."""

    cluster_arn: str
    account: str
    vpc_id: str
    schemes: tuple[str, ...]
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    access: KafkaAccess | None = None
    requested_at: datetime
    withdrawn: bool = False
    """Whether it says that its VPC is not to be connected any more."""

    @property
    def item(self) -> str:
        return f"{onboarding_prefix(self.account)}{self.vpc_id}"

    @property
    def is_onboarding(self) -> bool:
        """Whether it speaks for a connection."""
        return not self.withdrawn


def onboarding_prefix(account: str) -> str:
    """What the sort keys of the requests of *account* begin with."""
    return f"onboarding#{account}#"


class OffboardingRequest(BaseModel, frozen=True):
    """
    A request by event to take a connection away, recorded until it is asked for anew.

    It counts for more than the tag of the VPC, which may be there still. One that was withdrawn is
    kept, so that its event is known when it comes again.
    """

    cluster_arn: str
    account: str
    vpc_id: str
    scheme: Scheme
    requested_at: datetime
    withdrawn: bool = False
    """Whether it was asked for anew since."""

    @property
    def item(self) -> str:
        return f"{offboarding_prefix(self.account)}{self.vpc_id}#{self.scheme}"

    @property
    def is_onboarding(self) -> bool:
        """Whether it speaks for a connection."""
        return self.withdrawn


def offboarding_prefix(account: str) -> str:
    """What the sort keys of the departures of *account* begin with."""
    return f"offboarding#{account}#"
