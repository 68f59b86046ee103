from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msklink.auth_scheme import Scheme
from msklink.connections.lifecycle import (
    WAIT_LIMIT_SECONDS,
    accounts_to_reconnect,
    adopt,
    observe,
    observe_connections,
)
from msklink.connections.record import ConnectionRecord, State
from msklink.connections.vpc_connection import DEAD_STATES, VpcConnection, find_connection
from msklink.refusals import Code, refuse
from tests.unit.factories import ARN, CLIENT, NOW, connection, thorough

CONNECTION = VpcConnection("arn:1", ARN, Scheme.IAM, "AVAILABLE", "vpc-1")


@pytest.mark.parametrize(
    ("before", "state", "after"),
    [
        (State.CONNECTING, "CREATING", State.CONNECTING),
        (State.CONNECTED, "UPDATING", State.CONNECTED),
        (State.CONNECTING, "AVAILABLE", State.CONNECTING),  # once is too early
        (State.CONNECTED, "AVAILABLE", State.CONNECTED),
        (State.PUBLISHED, "AVAILABLE", State.PUBLISHED),
        (State.PLANNED, "AVAILABLE", State.CONNECTING),
        (State.FAILED, "AVAILABLE", State.CONNECTING),
        (State.CONNECTING, "FAILED", State.FAILED),
        (State.PUBLISHED, "REJECTED", State.FAILED),
        (State.PUBLISHED, "REJECTING", State.PUBLISHED),  # not yet
        (State.PUBLISHED, "INACTIVE", State.FAILED),
        (State.PUBLISHED, "DEACTIVATING", State.PUBLISHED),
        (State.PUBLISHED, "DELETING", State.CONNECTING),  # until it can be created again
        (State.FAILED, "DELETING", State.CONNECTING),
        (State.PUBLISHED, "ASCENDING", State.PUBLISHED),  # unknown to us
        (State.CONNECTING, "ASCENDING", State.FAILED),
    ],
)
def test_the_state_of_msk_decides(before: State, state: str, after: State) -> None:
    seen = observe(connection(state=before, connection_arn="arn:1"), state)

    assert (seen.state, seen.connection_state) == (after, state)
    assert bool(seen.refusal) is (after is State.FAILED)


def test_a_connection_that_recovers_loses_its_refusal() -> None:
    refusal = refuse(Code.CONNECTION_FAILED, connection_arn="arn:1", state="REJECTED")

    assert observe(connection(refusal=refusal), "AVAILABLE").refusal is None


@pytest.mark.parametrize(
    ("states", "after"),
    [
        (["AVAILABLE", "AVAILABLE"], State.CONNECTED),
        (["CREATING", "AVAILABLE", "AVAILABLE"], State.CONNECTED),
        (["AVAILABLE", "CREATING", "AVAILABLE"], State.CONNECTING),  # not in succession
        (["AVAILABLE", "FAILED"], State.FAILED),
        (["AVAILABLE", "FAILED", "AVAILABLE"], State.CONNECTING),
    ],
)
def test_a_connection_is_connected_when_it_is_available_twice(
    states: list[str], after: State
) -> None:
    record = connection(connection_arn="arn:1")

    for state in states:
        record = observe(record, state)

    assert record.state is after


def test_a_new_connection_starts_its_own_count() -> None:
    record = observe(connection(connection_arn="arn:0"), "AVAILABLE")

    assert adopt(record, CONNECTION).state is State.CONNECTING


@thorough
@given(st.sampled_from(["CREATING", "DELETING", *sorted(DEAD_STATES)]) | st.text())
def test_observing_twice_changes_nothing(state: str) -> None:
    once = observe(connection(connection_arn="arn:1"), state)

    twice = observe(once, state)

    assert twice == once or state == "AVAILABLE"
    assert observe(twice, state) == twice


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        (CONNECTION, True),
        (VpcConnection("arn:1", ARN + "2", Scheme.IAM, "AVAILABLE", "vpc-1"), False),
        (VpcConnection("arn:1", ARN, Scheme.TLS, "AVAILABLE", "vpc-1"), False),
        (VpcConnection("arn:1", ARN, Scheme.IAM, "AVAILABLE", "vpc-2"), False),
        (VpcConnection("arn:1", ARN, Scheme.IAM, "DELETING", "vpc-1"), True),  # in the way
        (VpcConnection("arn:1", ARN, Scheme.IAM, "FAILED", "vpc-1"), True),
    ],
)
def test_a_connection_is_identified_by_cluster_vpc_and_scheme(
    listed: VpcConnection, found: bool
) -> None:
    assert find_connection(connection(), [listed]) == (listed if found else None)


def test_a_usable_connection_is_preferred_to_a_failed_one_and_that_to_a_deleting_one() -> None:
    by_liveliness = [
        replace(CONNECTION, arn=f"arn:{state}", state=state)
        for state in ("CREATING", "INACTIVE", "DELETING")
    ]

    for order in permutations(by_liveliness):
        assert find_connection(connection(), order) == by_liveliness[0]
    assert find_connection(connection(), by_liveliness[:0:-1]) == by_liveliness[1]


def test_a_connection_is_dead_if_only_deletion_ends_its_state() -> None:
    assert {"INACTIVE", "FAILED", "REJECTED"} == DEAD_STATES


def test_a_connection_made_by_hand_is_adopted() -> None:
    record = adopt(connection(), CONNECTION)

    assert (record.state, record.connection_arn) == (State.CONNECTING, "arn:1")
    assert observe(record, CONNECTION.state).state is State.CONNECTED


def test_all_are_observed_by_arn() -> None:
    waiting = connection(
        state=State.CONNECTING, connection_arn="arn:1", connection_state="AVAILABLE"
    )
    unlisted = connection(scheme=Scheme.TLS, state=State.CONNECTING, connection_arn="arn:2")
    refused = connection(scheme=Scheme.SCRAM, state=State.REFUSED)

    seen = observe_connections(
        [waiting, unlisted, refused], {"arn:1": "AVAILABLE", "arn:9": "FAILED"}, 0, NOW
    )

    assert [record.state for record in seen] == [State.CONNECTED, State.CONNECTING, State.REFUSED]


def test_a_connection_that_is_no_longer_listed_can_be_created_again() -> None:
    going = connection(state=State.CONNECTING, connection_arn="arn:1", connection_state="DELETING")

    [still_there] = observe_connections([going], {"arn:1": "DELETING"}, 0, NOW)
    [gone] = observe_connections([going], {}, 0, NOW)

    assert still_there == going
    assert (gone.state, gone.connection_arn, gone.connection_state) == (State.PLANNED, None, None)


PLANNED = connection(state=State.PLANNED)


@pytest.mark.parametrize(
    ("before", "after", "again"),
    [
        (State.CONNECTING, PLANNED, True),
        (State.CONNECTING, PLANNED.with_(wanted=False), False),  # it may be deleted
        (State.PLANNED, PLANNED, False),  # was not in the way
        (State.CONNECTING, PLANNED.with_(state=State.CONNECTING), False),  # is still there
        (State.CONNECTING, PLANNED.with_(state=State.FAILED), False),
        (State.CONNECTING, PLANNED.with_(scheme=Scheme.TLS), False),  # another connection
    ],
)
def test_only_a_connection_that_just_disappeared_is_created_again(
    before: State, after: ConnectionRecord, again: bool
) -> None:
    was = connection(state=before)

    assert accounts_to_reconnect([was], [after]) == ([CLIENT] if again else [])


def test_an_account_is_listed_once_for_several_connections_to_recreate() -> None:
    before = [connection(scheme=scheme, state=State.CONNECTING) for scheme in Scheme]
    after = [record.with_(state=State.PLANNED) for record in before]

    assert accounts_to_reconnect(before, after) == [CLIENT]


def test_waiting_ends_and_the_others_are_kept() -> None:
    waiting = connection(state=State.CONNECTING, connection_arn="arn:1")
    done = connection(scheme=Scheme.TLS, state=State.CONNECTED, connection_arn="arn:2")
    states = {"arn:1": "CREATING", "arn:2": "AVAILABLE"}

    late, kept = observe_connections([waiting, done], states, WAIT_LIMIT_SECONDS, NOW)

    assert late.refusal
    assert (late.state, late.refusal.code) == (State.FAILED, "ConnectionTimedOut")
    assert "CREATING after 30 minutes" in late.refusal.message
    assert kept.state is State.CONNECTED


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"wanted": False}, False),
        ({"state": State.PUBLISHED, "connection_arn": "arn:1"}, True),
        ({"state": State.REFUSED}, False),
        ({"state": State.FAILED}, False),  # no connection exists that could recover
        ({"state": State.FAILED, "connection_arn": "arn:1"}, True),
        ({"state": State.FAILED, "connection_arn": "arn:1", "wanted": False}, False),
        ({"state": State.FAILED, "connection_arn": "arn:1", "scheme": None}, False),
    ],
)
def test_a_run_works_on_wanted_connections_after_a_failure_too(
    changes: dict[str, Any], expected: bool
) -> None:
    assert connection(**changes).is_pursued is expected


@pytest.mark.parametrize(
    ("state", "scheme", "after"),
    [
        (State.CONNECTED, Scheme.IAM, State.PUBLISHED),
        (State.CONNECTED, Scheme.TLS, State.CONNECTED),  # no brokers to publish
        (State.CONNECTING, Scheme.IAM, State.CONNECTING),
        (State.REFUSED, Scheme.IAM, State.REFUSED),
    ],
)
def test_only_a_connected_record_with_brokers_is_published(
    state: State, scheme: Scheme, after: State
) -> None:
    assert connection(state=state, scheme=scheme).with_published([Scheme.IAM]).state is after
