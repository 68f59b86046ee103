"""The records in the table of requests that clients sent by event."""

from datetime import datetime

from pydantic import BaseModel

from msklink.auth_scheme import Scheme
from msklink.policy.kafka_access import KafkaAccess
from msklink.topics.request import TopicRequest
from msklink.users.request import UserRequest


class OnboardingRequest(BaseModel, frozen=True):
    """The last request of a VPC, recorded for all later runs."""

    cluster_arn: str
    account: str
    vpc_id: str
    schemes: tuple[str, ...]
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    access: KafkaAccess | None = None
    topics: tuple[TopicRequest, ...] = ()
    users: tuple[UserRequest, ...] = ()
    requested_at: datetime
    withdrawn: bool = False
    """Whether the request was withdrawn by an offboarding request."""

    @property
    def item(self) -> str:
        return f"{onboarding_prefix(self.account)}{self.vpc_id}"

    @property
    def is_onboarding(self) -> bool:
        """Whether it asks for a connection."""
        return not self.withdrawn

    @property
    def asks_iam(self) -> bool:
        """Whether its access is for clients by IAM, which the cluster policy has to allow."""
        return bool({"iam", "auto"} & {scheme.lower() for scheme in self.schemes})

    @property
    def is_bounded(self) -> bool:
        """Whether the owner's access bounds decide about a part of it."""
        return bool(self.access or self.topics or self.users)


def onboarding_prefix(account: str) -> str:
    """Return the prefix of the sort keys of the onboarding requests of *account*."""
    return f"onboarding#{account}#"


class OffboardingRequest(BaseModel, frozen=True):
    """
    A request to remove a connection, recorded until the next onboarding request.

    It overrides the tag of the VPC, which may still exist. A withdrawn one is kept, so that a
    second delivery of its event is ignored.
    """

    cluster_arn: str
    account: str
    vpc_id: str
    scheme: Scheme
    requested_at: datetime
    withdrawn: bool = False
    """Whether a later request asks for the connection again."""

    @property
    def item(self) -> str:
        return f"{offboarding_prefix(self.account)}{self.vpc_id}#{self.scheme}"

    @property
    def is_onboarding(self) -> bool:
        """Whether it asks for a connection."""
        return self.withdrawn


def offboarding_prefix(account: str) -> str:
    """Return the prefix of the sort keys of the offboarding requests of *account*."""
    return f"offboarding#{account}#"
