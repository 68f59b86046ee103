"""Decide which SCRAM users a client account reads of, and when a user is removed."""

from collections.abc import Iterable
from datetime import datetime

from msklink.auth_scheme import Scheme
from msklink.connections.record import ConnectionRecord
from msklink.users.record import UserRecord


def unneeded(
    users: Iterable[UserRecord], connections: Iterable[ConnectionRecord], now: datetime
) -> list[UserRecord]:
    """
    Return the *users* whose removal is due, or whose account has no connection by scram left.

    A connection that is due for removal counts as gone: its brokers are withdrawn already.
    """
    connected = {
        one.account
        for one in connections
        if one.scheme is Scheme.SCRAM and (one.wanted or one.may_exist) and not one.is_due(now)
    }
    return [one for one in users if one.is_due(now) or one.account not in connected]


def secrets_to_publish(connections: Iterable[ConnectionRecord], now: datetime) -> dict[str, str]:
    """Return the ARN of the secret of each user that stays, by name, of one account."""
    return {
        user.name: user.secret_arn
        for one in connections
        if one.is_live and not one.is_due(now)
        for user in one.users
        if user.secret_arn and not (user.due and user.due <= now)
    }
