"""A SCRAM user that a client requests."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

MOST_USERS = 4
"""Limit for the users of one request; a cluster can have 1,000 (MSK developer guide)."""

# Letters that need no quotes in a JAAS configuration, a shell, or the name of a secret.
UserName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$", max_length=64)]


class UserRequest(BaseModel, frozen=True, extra="forbid"):
    """A user of the cluster, who logs in with a password."""

    name: UserName


def _unique(users: tuple[UserRequest, ...]) -> tuple[UserRequest, ...]:
    if len({user.name for user in users}) < len(users):
        raise ValueError("each user can be there once")
    return users


UserRequests = Annotated[
    tuple[UserRequest, ...], Field(max_length=MOST_USERS), AfterValidator(_unique)
]
