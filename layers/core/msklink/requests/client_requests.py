"""
What clients asked for by event, as items of the table, of each of which the last word counts.

EventBridge delivers at least once and in no order, Lambda tries again, and people redrive queues.
So a word that takes another back is kept as well, each with the time at which its event was put:
what stands in the end is the same however often and in whatever order events came.
"""

from collections.abc import Iterable
from datetime import datetime

from msklink.auth_scheme import ALL_SCHEMES, Scheme
from msklink.requests.inbound_events import ClientChanged, OffboardingDetail, OnboardingDetail
from msklink.requests.records import OffboardingRequest, OnboardingRequest
from msklink.tags import read_schemes

ClientRequest = OnboardingRequest | OffboardingRequest


def read_client_requests(
    change: ClientChanged, cluster_arn: str, now: datetime
) -> list[ClientRequest]:
    """
    What is to be recorded of what the client did, one item each.

    The time is in whole seconds, as that of events is. A sender may put any time into an event, and
    one that is to come would silence all before it.
    """
    said = {
        "cluster_arn": cluster_arn,
        "account": change.account,
        "vpc_id": change.vpc_id,
        "requested_at": min(change.put_at or now, now).replace(microsecond=0),
    }

    def offboarding(schemes: Iterable[Scheme], *, withdrawn: bool) -> list[ClientRequest]:
        return [
            OffboardingRequest(**said, scheme=one, withdrawn=withdrawn) for one in sorted(schemes)
        ]

    match change.request:
        case OffboardingDetail(schemes=schemes):
            whole = set(schemes) == ALL_SCHEMES
            request = [OnboardingRequest(**said, schemes=(), withdrawn=True)] if whole else []
            return [*request, *offboarding(schemes, withdrawn=False)]
        case OnboardingDetail() as detail:
            again = " ".join(detail.schemes)
            request = [
                OnboardingRequest(**said, **detail.model_dump(exclude={"cluster", "vpc_id"}))
            ]
        case None:
            again, request = change.tag, []
    return [*request, *offboarding(read_schemes(again, "").schemes, withdrawn=True)]
