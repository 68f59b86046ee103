"""
Turn requests by event into items of the table, of which the last one of each key counts.

EventBridge delivers events at least once and in any order, Lambda retries, and people redrive
queues. So withdrawals are recorded as well, each with the time of its event: the result is the same
however often and in whatever order events arrive.
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
    Return the items that record a change by the client, one for each key.

    The time is in whole seconds, as in events. It is never later than *now*: a sender can put any
    time into an event, and a future one would override all later requests.
    """
    common = {
        "cluster_arn": cluster_arn,
        "account": change.account,
        "vpc_id": change.vpc_id,
        "requested_at": min(change.put_at or now, now).replace(microsecond=0),
    }

    def offboarding(schemes: Iterable[Scheme], *, withdrawn: bool) -> list[ClientRequest]:
        return [
            OffboardingRequest(**common, scheme=one, withdrawn=withdrawn) for one in sorted(schemes)
        ]

    match change.request:
        case OffboardingDetail(schemes=schemes):
            whole = set(schemes) == ALL_SCHEMES
            request = [OnboardingRequest(**common, schemes=(), withdrawn=True)] if whole else []
            return [*request, *offboarding(schemes, withdrawn=False)]
        case OnboardingDetail() as detail:
            requested = " ".join(detail.schemes)
            request = [
                OnboardingRequest(**common, **detail.model_dump(exclude={"cluster", "vpc_id"}))
            ]
        case None:
            requested, request = change.tag, []
    return [*request, *offboarding(read_schemes(requested, "").schemes, withdrawn=True)]
