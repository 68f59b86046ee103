"""MSK VPC connections as MSK lists them, and their states.

States are those of ConnectionState in botocore's model; the API page adds UPDATING.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from msklink.auth_scheme import Scheme
from msklink.connections.record import ConnectionRecord

CREATING = "CREATING"
DELETING = "DELETING"
TRANSIENT_STATES = frozenset({CREATING, "UPDATING", DELETING, "DEACTIVATING", "REJECTING"})
"""MSK leaves these states without a call."""
DEAD_STATES = frozenset({"INACTIVE", "FAILED", "REJECTED"})
"""Only deletion leads out of these (MSK developer guide, update authorization schemes)."""
REJECTED = "REJECTED"
"""The owner rejected the connection; MSKLink does not undo that."""
AVAILABLE = "AVAILABLE"
DELETABLE_STATES = DEAD_STATES | {AVAILABLE}


@dataclass(frozen=True)
class VpcConnection:
    """One entry of ListVpcConnections."""

    arn: str
    cluster_arn: str
    scheme: Scheme
    state: str
    vpc_id: str = ""


@dataclass(frozen=True)
class ClientConnection:
    """One entry of ListClientVpcConnections, which does not show the client's VPC."""

    arn: str
    account: str
    state: str


def unknown_connections(
    listed: Iterable[ClientConnection], known: Collection[str]
) -> tuple[ClientConnection, ...]:
    """Return those of *listed* whose accounts are not *known*."""
    return tuple(one for one in listed if one.account not in known and one.state != DELETING)


def rejectable(
    unknown: Iterable[ClientConnection], exempt: Collection[str]
) -> tuple[ClientConnection, ...]:
    """Return those of *unknown* that MSK lets the owner reject, without the *exempt* ones."""
    return tuple(one for one in unknown if one.state == AVAILABLE and one.arn not in exempt)


def find_connection(
    record: ConnectionRecord, listed: Iterable[VpcConnection]
) -> VpcConnection | None:
    """Return the connection for *record*, made by us or by others; prefer a living one."""
    matching = [
        connection
        for connection in listed
        if connection.cluster_arn == record.cluster_arn
        and connection.vpc_id == record.vpc_id
        and connection.scheme == record.scheme
    ]
    return min(matching, key=_deadness, default=None)


def _deadness(connection: VpcConnection) -> int:
    return (connection.state in DEAD_STATES) + 2 * (connection.state == DELETING)
