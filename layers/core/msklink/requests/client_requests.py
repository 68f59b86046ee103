"""
What clients asked for by event, as items of the table, of each of which the last word counts.

EventBridge delivers at least once and in no order, Lambda tries again, and people redrive queues.
So a word that takes another back is kept as well, each with the time at which its event was put:
what stands in the end is the same however often and in whatever order events came.
"""

from collections.abc import Iterable
from datetime import datetime

from msklink.auth_scheme import ALL_SCHEMES, Scheme
from msklink.requests.inbound_events import ClientTouched, Offboarding, Onboarding
from msklink.requests.records import Departure, Request
from msklink.tags import read_schemes

Word = Request | Departure


def words(touched: ClientTouched, cluster_arn: str, now: datetime) -> list[Word]:
    """
    What is to be recorded of what the client did, one item each.

    The time is in whole seconds, as that of events is. A sender may put any time into an event, and
    one that is to come would silence all before it.
    """
    said = {
        "cluster_arn": cluster_arn,
        "account": touched.account,
        "vpc_id": touched.vpc_id,
        "requested": min(touched.put or now, now).replace(microsecond=0),
    }

    def departures(schemes: Iterable[Scheme], *, withdrawn: bool) -> list[Word]:
        return [Departure(**said, scheme=one, withdrawn=withdrawn) for one in sorted(schemes)]

    match touched.request:
        case Offboarding(schemes=schemes):
            whole = set(schemes) == ALL_SCHEMES
            request = [Request(**said, schemes=(), withdrawn=True)] if whole else []
            return [*request, *departures(schemes, withdrawn=False)]
        case Onboarding() as wish:
            again = " ".join(wish.schemes)
            request = [Request(**said, **wish.model_dump(exclude={"cluster", "vpc_id"}))]
        case None:
            again, request = touched.tag, []
    return [*request, *departures(read_schemes(again, "").schemes, withdrawn=True)]
