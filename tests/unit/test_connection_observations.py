"""The record after each state that MSK may return for its connection."""

import pytest

from msklink.auth_scheme import Scheme
from msklink.connections.lifecycle import adopt, connection_drift, observe_connections
from msklink.connections.record import ConnectionRecord, State
from msklink.connections.vpc_connection import VpcConnection
from msklink.refusals import Code, refuse
from tests.unit.factories import ARN, NOW, connection

WAITED_FOR = connection(state=State.CONNECTING, connection_arn="arn:1", connection_state="CREATING")
PUBLISHED = connection(state=State.PUBLISHED, connection_arn="arn:1", connection_state="AVAILABLE")
TOO_SLOW = WAITED_FOR.with_(
    state=State.FAILED,
    refusal=refuse(Code.CONNECTION_TIMED_OUT, connection_arn="arn:1", state="CREATING", minutes=30),
)
BROKEN = PUBLISHED.with_(
    state=State.FAILED,
    connection_state="FAILED",
    refusal=refuse(Code.CONNECTION_FAILED, connection_arn="arn:1", account="1", state="FAILED"),
)
LEFT = PUBLISHED.with_(
    state=State.FAILED,
    connection_state="FAILED",
    refusal=refuse(
        Code.DRIFT_LEFT, what="connection", before="FAILED", after="-", kind="-", item="-"
    ),
)
DRIFT = "drift"
"""It is made anew, or left as it is, as the switch says."""

# The result of the next ConnectClient for a record and the state of its connection in MSK: the new
# state, or a kind of drift; and the result of InspectConnections meanwhile.
TABLE: list[tuple[str, ConnectionRecord, dict[str, str], dict[str, str]]] = [
    (
        "waited for",
        WAITED_FOR,
        dict.fromkeys(["CREATING", "UPDATING", "DELETING", "AVAILABLE"], "connecting")
        | dict.fromkeys(["DEACTIVATING", "REJECTING"], "connecting")
        | dict.fromkeys(["INACTIVE", "FAILED", "REJECTED", "UNHEARD_OF"], "failed"),
        dict.fromkeys(["CREATING", "UPDATING", "DELETING", "AVAILABLE", "gone"], "connecting")
        | dict.fromkeys(["DEACTIVATING", "REJECTING"], "connecting")
        | dict.fromkeys(["INACTIVE", "FAILED", "REJECTED", "UNHEARD_OF"], "failed"),
    ),
    (
        "published",
        PUBLISHED,
        dict.fromkeys(["AVAILABLE", "UPDATING", "DEACTIVATING", "REJECTING"], "published")
        | dict.fromkeys(["UNHEARD_OF"], "published")
        | dict.fromkeys(["INACTIVE", "FAILED", "DELETING", "gone"], DRIFT),
        dict.fromkeys(["AVAILABLE", "UPDATING", "DEACTIVATING", "REJECTING"], "published")
        | dict.fromkeys(["INACTIVE", "FAILED", "DELETING", "gone", "UNHEARD_OF"], "published")
        | {"REJECTED": "failed"},  # by the owner, so it is not repaired
    ),
    (
        "given up as too slow",
        TOO_SLOW,
        dict.fromkeys(["CREATING", "UPDATING", "DEACTIVATING", "REJECTING"], "failed")
        | dict.fromkeys(["INACTIVE", "FAILED", "REJECTED"], "failed")
        | dict.fromkeys(["AVAILABLE", "DELETING"], "connecting"),
        dict.fromkeys(["CREATING", "AVAILABLE", "FAILED", "gone"], "failed"),
    ),
    (
        "broken before it was there",
        BROKEN,
        dict.fromkeys(["INACTIVE", "FAILED"], "failed")
        | dict.fromkeys(["AVAILABLE", "CREATING", "DELETING"], "connecting"),
        dict.fromkeys(["CREATING", "AVAILABLE", "FAILED", "gone"], "failed"),
    ),
    (
        "left as others made it",
        LEFT,
        dict.fromkeys(["INACTIVE", "FAILED", "DELETING", "gone"], DRIFT)
        | {"AVAILABLE": "connecting", "UPDATING": "failed"},
        dict.fromkeys(["CREATING", "AVAILABLE", "FAILED", "gone"], "failed"),
    ),
]


@pytest.mark.parametrize(
    ("record", "state", "expected"),
    [
        pytest.param(record, state, expected, id=f"{name}-{state}")
        for name, record, of_next_look, _ in TABLE
        for state, expected in of_next_look.items()
    ],
)
def test_each_observation_in_the_client_account_gives_the_expected_record(
    record: ConnectionRecord, state: str, expected: str
) -> None:
    listed = VpcConnection("arn:1", ARN, Scheme.IAM, state, "vpc-1")
    found = None if state == "gone" else listed

    if expected == DRIFT:
        assert connection_drift(record, found)
    else:
        assert not (connection_drift(record, found) and state != "REJECTED")
        assert adopt(record, listed).state == expected


@pytest.mark.parametrize(
    ("record", "state", "expected"),
    [
        pytest.param(record, state, expected, id=f"{name}-{state}")
        for name, record, _, meanwhile in TABLE
        for state, expected in meanwhile.items()
    ],
)
def test_each_observation_while_waiting_gives_the_expected_record(
    record: ConnectionRecord, state: str, expected: str
) -> None:
    states = {} if state == "gone" else {"arn:1": state}

    [seen] = observe_connections([record], states, 0, NOW)

    assert seen.state == expected


def test_a_connection_that_was_given_up_is_reported_once_and_used_when_available() -> None:
    still = adopt(TOO_SLOW, VpcConnection("arn:1", ARN, Scheme.IAM, "CREATING", "vpc-1"))
    there = adopt(still, VpcConnection("arn:1", ARN, Scheme.IAM, "AVAILABLE", "vpc-1"))

    assert still == TOO_SLOW
    assert (there.state, there.refusal) == (State.CONNECTING, None)
