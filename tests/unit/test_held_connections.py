"""Connections whose scheme is held: what is planned for each, and what becomes of it later."""

from typing import Any

import pytest

from msklink.auth_scheme import Scheme
from msklink.change_control.holds import Hold
from msklink.connections.record import ConnectionRecord, State
from msklink.connections.requested_vpcs import requested_vpcs
from msklink.connections.wanted_connections import ClusterFacts, plan_connections
from msklink.refusals import Code, refuse
from tests.unit.factories import ARN, CLIENT, KEY, LATER, NOW, ZONES, connection, tagged

HOLD = Hold(reason=refuse(Code.FROZEN, cluster="orders", what="tag msklink/freeze"))
MADE = {"connection_arn": "arn:1"}
ON = (Scheme.IAM,)


def plan(
    known: ConnectionRecord | None = None,
    *,
    held: bool = True,
    enabled: tuple[Scheme, ...] = (),
    value: str = "iam",
    **facts: Any,
) -> list[ConnectionRecord]:
    """Return what is planned for a VPC with *value* as its tag, after the record *known*."""
    cluster = ClusterFacts(
        arn=ARN,
        name="orders",
        zone_ids=ZONES,
        enabled_schemes=enabled,
        holds={Scheme.IAM: HOLD} if held else {},
        enabled_by=LATER,
        **{"refusals": {}, **facts},
    )
    vpc = tagged(value)
    requested = requested_vpcs([vpc], (), (), KEY, LATER)
    return [*plan_connections(CLIENT, cluster, {vpc.id: vpc}, requested, [known] if known else [])]


def test_a_held_scheme_waits_and_the_others_are_planned() -> None:
    iam, scram = plan(value="iam scram", enabled=(Scheme.SCRAM,))

    assert (iam.state, iam.hold, iam.enabled_by) == (State.WAITING, HOLD, None)
    assert (scram.state, scram.hold, scram.enabled_by) == (State.PLANNED, None, None)
    assert iam.is_in_progress
    assert not iam.is_pursued  # so that nothing is created for it


def test_what_the_cluster_refuses_does_not_wait() -> None:
    [record] = plan(refusals={Scheme.IAM: refuse(Code.SCHEME_OFF_ON_CLUSTER, scheme="iam")})

    assert (record.state, record.hold) == (State.REFUSED, None)


@pytest.mark.parametrize(
    ("state", "enabled", "expected"),
    [
        (State.PLANNED, ON, State.WAITING),
        (State.CONNECTING, ON, State.WAITING),  # a freeze in the middle of a run
        (State.CONNECTED, ON, State.WAITING),
        (State.PUBLISHED, ON, State.PUBLISHED),  # what works goes on
        (State.FAILED, ON, State.FAILED),
        (State.PUBLISHED, (), State.WAITING),  # others turned its scheme off
        (State.FAILED, (), State.WAITING),
    ],
)
def test_a_connection_waits_unless_it_works_or_has_failed(
    state: State, enabled: tuple[Scheme, ...], expected: State
) -> None:
    [record] = plan(connection(state=state, **MADE), enabled=enabled)

    assert record.state is expected
    assert record.connection_arn == "arn:1"
    assert record.may_exist  # so that it is removed if the client leaves
    assert record.requested_at == NOW


@pytest.mark.parametrize("enabled", [(), ON])
@pytest.mark.parametrize("made", [{}, MADE])
def test_after_its_hold_a_connection_is_planned(
    enabled: tuple[Scheme, ...], made: dict[str, Any]
) -> None:
    waiting = connection(state=State.WAITING, hold=HOLD, **made)

    [record] = plan(waiting, held=False, enabled=enabled)

    assert (record.state, record.hold) == (State.PLANNED, None)
    assert record.enabled_by == (None if enabled else LATER)
    assert record.connection_arn is None  # ConnectClient finds it, if it exists
    assert record.requested_at == NOW


def test_a_second_survey_of_a_held_connection_changes_nothing() -> None:
    [first] = plan()

    assert plan(first) == [first]
