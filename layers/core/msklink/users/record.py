"""The record of a SCRAM user in the table, and what the status says of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel

from msklink.arns import ClusterArn
from msklink.refusals import Code, Refusal
from msklink.removal import Removal, RemovalTerms

USER_CODES = frozenset(
    {
        Code.USER_NOT_ALLOWED,
        Code.USER_TAKEN,
        Code.USER_REFUSED,
        Code.USER_NOT_REQUESTED,
    }
)
"""The codes of refusals of users, which do not block a connection."""


class UserState(StrEnum):
    ASKED = "asked"
    """It is not made yet."""
    READY = "ready"
    """It has a secret that MSK knows and the client account can read."""
    REFUSED = "refused"


class UserRecord(BaseModel, frozen=True):
    """
    A user that MSKLink makes, or has made, for a client account.

    It is recorded before its secret is created, so that no secret is forgotten.
    """

    cluster_arn: str
    account: str
    name: str
    secret_arn: str = ""
    """Empty until the user is ready."""
    requested_at: datetime | None = None
    """The time of the request that was carried out last."""
    rotation_days: int = 0
    """The days after which Secrets Manager changes the password; 0 for never."""
    refusal: Refusal | None = None
    """Why the last attempt failed."""
    removal: Removal | None = None

    @property
    def item(self) -> str:
        """The sort key in the table."""
        return f"{user_prefix(self.account)}{self.name}"

    @property
    def state(self) -> UserState:
        if self.refusal:
            return UserState.REFUSED
        return UserState.READY if self.secret_arn else UserState.ASKED

    @property
    def is_taken(self) -> bool:
        """Whether it belongs to others."""
        return self.refusal is not None and self.refusal.code is Code.USER_TAKEN

    def is_settled(self, requested_at: datetime, rotation_days: int) -> bool:
        """
        Return whether AWS need not be asked about it for a request of that time.

        A refusal is tried again, as its cause can be gone. So is a request that was sent again. A
        user that others had is not taken over without a new request, as its ACLs were for them.
        """
        if self.is_taken:
            return self.requested_at == requested_at
        known = self.requested_at, self.rotation_days
        return self.state is UserState.READY and known == (requested_at, rotation_days)

    def is_due(self, now: datetime) -> bool:
        """Return whether its removal is due."""
        return bool(self.removal and self.removal.due and self.removal.due <= now)

    def scheduled_for_removal(
        self, reason: Refusal, terms: RemovalTerms, now: datetime
    ) -> "UserRecord":
        """
        Return its record with its removal, unless that is scheduled already.

        Nobody can use one that is not ready, so it needs no grace period.
        """
        if self.removal and self.removal.due:
            return self
        grace = terms.grace if self.secret_arn else timedelta()
        due = None if terms.protection else now + grace
        return self.with_(removal=Removal(reason=reason, due=due))

    def with_(self, **changes: object) -> "UserRecord":
        return self.model_copy(update=changes)


def user_prefix(account: str = "") -> str:
    """Return the prefix of the sort keys of the users of *account*, or of all users."""
    return f"user#{account}#" if account else "user#"


def secret_name(namespace: str, account: str, cluster: ClusterArn, user: str) -> str:
    """
    Return the name of the secret of a user.

    MSK requires the prefix `AmazonMSK_` (developer guide, limitations of SCRAM secrets). The key
    policy in template.yaml lets an account use the key for secrets with its id at this place. None
    of the parts before the user's name can have an underscore.
    """
    return f"AmazonMSK_{namespace}_{account}_{cluster.name}_{user}"


class UserStatus(BaseModel, frozen=True):
    """What the status says of a user."""

    name: str
    state: UserState
    secret_arn: str = ""
    acls: tuple[str, ...] = ()
    """The commands that add the ACLs which it needs, as the owner runs them."""
    due: datetime | None = None
    """When it will be removed; None where that is not scheduled."""


@dataclass(frozen=True)
class UserReport:
    """What the status of a connection by scram says of users."""

    users: tuple[UserStatus, ...] = ()
    refusals: tuple[Refusal, ...] = ()


NO_USERS = UserReport()


@dataclass(frozen=True)
class UserReports:
    """The reports about the users of an account, by VPC."""

    requested: Mapping[str, UserReport] = field(default_factory=dict)
    """Of the VPCs whose requests name users."""
    removals: UserReport = NO_USERS
    """Users that no request names any more, which every VPC of the account shows."""

    def of(self, vpc_id: str) -> UserReport:
        report = self.requested.get(vpc_id, NO_USERS)
        return UserReport(
            report.users + self.removals.users, report.refusals + self.removals.refusals
        )


def report(
    allowed: Iterable[str],
    beyond: Mapping[str, Refusal],
    known: Mapping[str, UserRecord],
    acls: Mapping[str, tuple[str, ...]],
) -> UserReport:
    """Return what to say of the *allowed* users, and of those *beyond* the bounds, by name."""
    found = {name: known.get(name) for name in allowed}
    users = [
        _status(name, one, acls.get(name, ()))
        if one
        else UserStatus(name=name, state=UserState.ASKED)
        for name, one in found.items()
    ]
    users += [
        _status(name, known[name])
        if name in known
        else UserStatus(name=name, state=UserState.REFUSED)
        for name in beyond
    ]
    refusals = [*beyond.values(), *(one.refusal for one in found.values() if one)]
    return UserReport(
        tuple(sorted(users, key=lambda user: user.name)),
        tuple(dict.fromkeys(filter(None, refusals))),
    )


def report_removals(records: Iterable[UserRecord]) -> UserReport:
    """Return what to say of users with a removal, which no request names."""
    removals = [(_status(one.name, one), one.removal.reason) for one in records if one.removal]
    return UserReport(
        tuple(status for status, _ in removals), tuple(reason for _, reason in removals)
    )


def _status(name: str, record: UserRecord, acls: tuple[str, ...] = ()) -> UserStatus:
    return UserStatus(
        name=name,
        state=record.state,
        secret_arn=record.secret_arn,
        acls=acls if record.state is UserState.READY else (),
        due=record.removal.due if record.removal else None,
    )
