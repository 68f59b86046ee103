from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msklink.auth_scheme import Scheme
from msklink.connections import offboarding
from msklink.connections.offboarding import same_reason, schedule_removal
from msklink.connections.record import ConnectionRecord, State
from msklink.refusals import Code, Refusal, refuse
from msklink.removal import Removal, RemovalTerms
from msklink.requests.records import OffboardingRequest
from tests.unit.factories import ARN, CLIENT, NOW, connection

DAY = timedelta(days=1)
TERMS = RemovalTerms("msklink", DAY, protection=False)
THERE = connection(state=State.PUBLISHED, connection_arn="arn:1")
BARRED = refuse(Code.ACCOUNT_NOT_ALLOWED, account=CLIENT, key="msklink/clients")
GONE = refuse(Code.CLUSTER_NOT_FOUND, cluster="orders", owner="111111111111")


REPLACED = refuse(Code.CLUSTER_REPLACED, old="arn:old", new="arn:new")


def leave(
    record: ConnectionRecord, reason: Refusal = BARRED, terms: RemovalTerms = TERMS
) -> ConnectionRecord:
    [left] = schedule_removal([record], same_reason(reason), terms, NOW)
    return left


def test_a_connection_is_removed_after_the_grace_period() -> None:
    left = leave(THERE)

    assert left == THERE.with_(wanted=False, removal=Removal(reason=BARRED, due=NOW + DAY))
    assert not left.is_due(NOW + DAY - timedelta(seconds=1))
    assert left.is_due(NOW + DAY)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=3)))
def test_the_due_time_is_never_postponed(since: timedelta) -> None:
    first = leave(THERE)

    [again] = schedule_removal([first], same_reason(GONE), TERMS, NOW + since)

    assert again == first


def test_an_offboarding_request_overrides_the_scheduled_time() -> None:
    request = OffboardingRequest(
        cluster_arn=ARN, account=CLIENT, vpc_id="vpc-1", scheme=Scheme.IAM, requested_at=NOW
    )

    [left] = schedule_removal(
        [leave(THERE)], offboarding.withdrawal_reason([request], "msklink"), TERMS, NOW
    )

    assert left.is_due(NOW)
    assert left.removal_reason
    assert left.removal_reason.code is Code.OFFBOARDING_REQUESTED


@pytest.mark.parametrize("scheme", [Scheme.SCRAM, Scheme.TLS])
def test_a_request_affects_only_the_schemes_it_names(scheme: Scheme) -> None:
    request = OffboardingRequest(
        cluster_arn=ARN, account=CLIENT, vpc_id="vpc-1", scheme=scheme, requested_at=NOW
    )

    assert offboarding.withdrawal_reason([request], "msklink")(THERE).code is Code.NO_LONGER_ASKED


@pytest.mark.parametrize(
    "record",
    [
        connection(state=State.REFUSED, refusal=BARRED),
        connection(state=State.FAILED),
        connection(state=State.REFUSED, vpc_id="", scheme=None),
    ],
)
def test_a_record_without_a_connection_is_deleted_unless_the_cluster_is_gone(
    record: ConnectionRecord,
) -> None:
    assert schedule_removal([record], same_reason(BARRED), TERMS, NOW) == ()
    assert leave(record, GONE).is_due(NOW)  # its status is removed as well


@pytest.mark.parametrize("state", [*State])
def test_a_connection_that_may_exist_is_scheduled_for_removal_in_every_state(state: State) -> None:
    record = THERE.with_(state=state)

    assert leave(record).removal


@pytest.mark.parametrize(
    ("record", "terms"),
    [
        (THERE.with_(protected=True), TERMS),
        (THERE, RemovalTerms("msklink", DAY, protection=True)),
        (leave(THERE).with_(protected=True), TERMS),
    ],
    ids=["tag", "stack", "tag after the announcement"],
)
def test_a_protected_connection_stays_with_a_reason(
    record: ConnectionRecord, terms: RemovalTerms
) -> None:
    left = leave(record, terms=terms)

    assert not left.is_due(NOW + 100 * DAY)
    assert left.removal_reason
    assert left.removal_reason.code is Code.DELETION_PROTECTED
    assert BARRED.message in left.removal_reason.message


def test_without_protection_the_grace_period_starts_again() -> None:
    protected = leave(THERE.with_(protected=True))

    assert leave(protected.with_(protected=False)).is_due(NOW + DAY)


@pytest.mark.parametrize(("waited", "pending"), [(0, 0), (360, 1), (1000, 5)])
def test_a_run_waits_only_for_pending_removals_and_only_to_a_limit(
    waited: int, pending: int
) -> None:
    assert offboarding.wait_seconds(waited, pending) == 0


def test_a_run_waits_for_connections_that_are_being_deleted() -> None:
    assert offboarding.wait_seconds(0, 1) > 0


def test_connections_of_a_replaced_cluster_are_removed_at_once_protected_or_not() -> None:
    terms = RemovalTerms("msklink", DAY, protection=True)

    assert leave(THERE, REPLACED, terms).removal == Removal(reason=REPLACED, due=NOW)
    assert leave(THERE.with_(protected=True), REPLACED).removal == Removal(reason=REPLACED, due=NOW)


@pytest.mark.parametrize(
    ("before", "after"), [(GONE, REPLACED), (BARRED, REPLACED), (REPLACED, GONE)]
)
def test_a_new_removal_reason_keeps_the_due_time(before: Refusal, after: Refusal) -> None:
    due = NOW - DAY
    left = leave(THERE.with_(removal=Removal(reason=before, due=due)), after)

    assert left.removal == Removal(reason=after, due=due)


def test_no_record_stays_of_a_replaced_cluster_without_a_connection() -> None:
    refused = connection(state=State.REFUSED)

    assert schedule_removal([refused], same_reason(REPLACED), TERMS, NOW) == ()
