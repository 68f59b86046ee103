"""A client that floods the bus uses up no quota of the account; docs/numbers-limits.md."""

from benchmarks.flood import AT_ONCE, PARTITION_WRITES, Flooded, measure
from tests.support.cloudformation import resources

SMALL_START_EXECUTION = 150
"""A second, in the smaller Regions (Step Functions guide, service quotas)."""


def within_quotas(flooded: Flooded) -> bool:
    starts = flooded.a_second("StartExecution")
    writes = flooded.a_second("PutItem", "UpdateItem")
    return starts < SMALL_START_EXECUTION and writes < PARTITION_WRITES


def test_events_received_at_once_are_bounded() -> None:
    function = resources("AWS::Serverless::Function")["ReceiveEventFunction"]

    condition, bound, _ = function["ReservedConcurrentExecutions"]["Fn::If"]
    assert condition == "BoundsEvents"
    assert bound == {"Ref": "EventsAtOnce"}


def test_a_flood_stays_within_the_quotas_and_no_request_is_lost() -> None:
    flooded = measure(200, seconds=0.1, at_once=AT_ONCE)

    assert flooded.most_at_once == AT_ONCE
    assert within_quotas(flooded)
    assert flooded.recorded == 200 + 1
    assert flooded.is_other_recorded


def test_without_the_bound_the_same_flood_exceeds_them() -> None:
    flooded = measure(200, seconds=0.1)

    assert flooded.most_at_once > AT_ONCE
    assert not within_quotas(flooded)
