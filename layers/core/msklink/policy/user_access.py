"""Decide which of the requested SCRAM users an account gets, by the bounds that the owner sets."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from msklink.arns import ClusterArn
from msklink.policy.access_bounds import AccessBounds, parameter_name, read_bounds
from msklink.refusals import Code, Refusal, refuse
from msklink.users.request import UserRequest


@dataclass(frozen=True)
class UserDecision:
    """The users to create, by name, and those that the owner does not allow."""

    allowed: tuple[str, ...] = ()
    beyond: Mapping[str, Refusal] = field(default_factory=dict)


NO_DECISION = UserDecision()


def decide_users(
    users: Iterable[UserRequest],
    parameters: Mapping[str, str],
    cluster: ClusterArn,
    account: str,
    namespace: str,
) -> UserDecision:
    """Decide by the owner's *parameters*; an invalid one allows nothing."""
    names = tuple(user.name for user in users)
    bounds = read_bounds(parameters, cluster, account, namespace)
    if isinstance(bounds, Refusal):
        return UserDecision(beyond=dict.fromkeys(names, bounds))
    beyond = [name for name in names if not bounds.allows_user(name)]
    wider = bounds.model_copy(update={"users": (*(bounds.users or ()), *beyond)})
    return UserDecision(
        tuple(name for name in names if name not in beyond),
        {
            name: refuse(
                Code.USER_NOT_ALLOWED,
                account=account,
                user=name,
                cluster=cluster.name,
                problem=_problem(bounds),
                owner=cluster.account,
                parameter=parameter_name(namespace, cluster.name, account),
                value=wider.model_dump_json(exclude_none=True),
            )
            for name in beyond
        },
    )


def _problem(bounds: AccessBounds) -> str:
    if not bounds.users:
        return "it allows this account no users"
    return f"the name is none of {', '.join(bounds.users)}"
