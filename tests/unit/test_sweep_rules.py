from datetime import UTC, datetime

import pytest

from msklink.auth_scheme import Scheme
from msklink.connections import sweep_rules
from msklink.connections.record import ConnectionRecord, State
from msklink.requests.records import OnboardingRequest

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CLUSTER = (
    "arn:aws:kafka:eu-west-1:111111111111:cluster/orders/0b1c2d3e-1111-2222-3333-444444444444-1"
)
ABOUT = {"cluster_arn": CLUSTER, "account": "222222222222", "requested_at": NOW}


def record(scheme: str | None, state: State = State.PUBLISHED) -> ConnectionRecord:
    which = Scheme(scheme) if scheme else None
    return ConnectionRecord(**ABOUT, vpc_id="vpc-1", scheme=which, state=state)


@pytest.mark.parametrize(
    ("asked", "known", "unseen"),
    [
        (("scram",), [record("iam")], True),
        (("iam", "scram"), [record("iam"), record("scram", State.REFUSED)], False),
        (("auto",), [record("iam")], False),
        (("auto",), [], True),
        (("scram",), [record(None, State.REFUSED)], False),
    ],
)
def test_a_request_is_seen_when_there_is_a_record_of_each_scheme(
    asked: tuple[str, ...], known: list[ConnectionRecord], unseen: bool
) -> None:
    request = OnboardingRequest(**ABOUT, vpc_id="vpc-1", schemes=asked)
    client = sweep_rules.ClientRecords(
        "222222222222", is_listed=True, known=known, onboarding_requests=[request]
    )

    assert sweep_rules.has_unprocessed_request(client) is unseen
