from datetime import UTC, datetime, timedelta

import pytest

from msklink.auth_scheme import Scheme
from msklink.connections import sweep_rules
from msklink.connections.record import ConnectionRecord, Phase, Progress, State
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


def client(*known: ConnectionRecord, is_listed: bool = True) -> sweep_rules.ClientRecords:
    """Return the records of an account that sent a request for iam by event."""
    asked = OnboardingRequest(**ABOUT, vpc_id="vpc-1", schemes=("iam",))
    return sweep_rules.ClientRecords(
        "222222222222", is_listed=is_listed, known=[*known], onboarding_requests=[asked]
    )


def in_progress(hours: int) -> ConnectionRecord:
    """Return the record of a connection that has been enabling for *hours* two hours after NOW."""
    since = NOW + timedelta(hours=2 - hours)
    return record("iam", State.PLANNED).with_(
        enabled_by=NOW, progress=Progress(phase=Phase.ENABLING, since=since)
    )


@pytest.mark.parametrize(
    ("clients", "hours"),
    [
        ([], 0),
        ([client(record("iam"))], 0),
        ([client(record("iam", State.REFUSED))], 0),
        ([client()], 2),  # no run has processed it
        ([client(is_listed=False)], 0),
        ([client(in_progress(1))], 1),
        ([client(in_progress(1)), client(in_progress(5))], 5),
    ],
)
def test_the_oldest_request_is_the_one_on_which_work_began_first(
    clients: list[sweep_rules.ClientRecords], hours: int
) -> None:
    found = sweep_rules.oldest_request(clients, NOW + timedelta(hours=2))

    assert found == timedelta(hours=hours)
