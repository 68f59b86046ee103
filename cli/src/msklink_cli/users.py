"""The SCRAM users of a cluster: what their records and the connections of their accounts say."""

from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel

from msklink.connections.record import ConnectionRecord
from msklink.refusals import Refusal
from msklink.removal import Removal
from msklink.users.record import UserRecord, UserState, UserStatus


class ScramUser(BaseModel, frozen=True):
    """A user that a client requests, or that MSKLink has created for its account."""

    account: str
    name: str
    state: UserState
    requested: datetime | None
    """The time of the request that was carried out last."""
    secret_arn: str
    """Empty where it is not ready."""
    rotation_days: int
    """The days after which Secrets Manager changes the password; 0 for never."""
    acls: tuple[str, ...]
    """The commands that add its ACLs, which the owner runs; MSK does not say whether they exist."""
    refusal: Refusal | None
    """Why the last attempt failed. Where the owner does not allow it, the connection says so."""
    removal: Removal | None
    """Why and when it is removed."""


def scram_users(
    records: Iterable[UserRecord], connections: Iterable[ConnectionRecord]
) -> tuple[ScramUser, ...]:
    """
    Return all users by account and name.

    A user that no connection names any more has a record, and one that the owner does not allow
    has none. The VPCs of an account share its users, each with the ACLs for its own request.
    """
    known = {(one.account, one.name): one for one in records}
    statuses: dict[tuple[str, str], list[UserStatus]] = {}
    for connection in connections:
        for status in connection.users:
            statuses.setdefault((connection.account, status.name), []).append(status)
    return tuple(
        _user(*key, known.get(key), statuses.get(key, []))
        for key in sorted(known.keys() | statuses.keys())
    )


def _user(
    account: str, name: str, record: UserRecord | None, statuses: list[UserStatus]
) -> ScramUser:
    commands = (command for status in statuses for command in status.acls)
    return ScramUser(
        account=account,
        name=name,
        state=record.state if record else statuses[0].state,
        requested=record.requested_at if record else None,
        secret_arn=record.secret_arn if record else "",
        rotation_days=record.rotation_days if record else 0,
        acls=tuple(dict.fromkeys(commands)),
        refusal=record.refusal if record else None,
        removal=record.removal if record else None,
    )
