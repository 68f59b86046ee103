"""Publish what becomes of SCRAM users as events on the bus, for the owner team."""

from collections.abc import Iterable

from msklink.aws.eventbridge import DetailType, put_event
from msklink.policy.acls import command_to_list
from msklink.users.record import UserRecord


def user_created(user: UserRecord, acls: Iterable[str], run: str) -> None:
    """Publish that a user can log in, with the commands that add the ACLs which it needs."""
    put_event(
        DetailType.KAFKA_USER_CREATED,
        run=run,
        **_facts(user),
        acls=list(acls),
        commands=_in_one_line(acls),
    )


def user_removal_scheduled(user: UserRecord, run: str) -> None:
    """Publish when and why the user will be removed, or that it is protected from removal."""
    removal = user.removal
    put_event(
        DetailType.KAFKA_USER_REMOVAL_SCHEDULED,
        run=run,
        **_facts(user),
        due=removal.due.isoformat(timespec="seconds") if removal and removal.due else None,
        refusal=removal.reason.model_dump(mode="json") if removal else None,
    )


def user_removed(user: UserRecord, run: str) -> None:
    """Publish that a user cannot log in any more; its ACLs stay, which MSK cannot remove."""
    put_event(
        DetailType.KAFKA_USER_REMOVED,
        run=run,
        **_facts(user),
        commands=command_to_list(user.name),
        refusal=user.removal.reason.model_dump(mode="json") if user.removal else None,
    )


def _in_one_line(acls: Iterable[str]) -> str:
    """Return the commands as EventBridge can put them into a message."""
    commands = [one for one in acls if not one.startswith("#")]
    return " && ".join(commands) or "None: the request names no topics, groups or access."


def _facts(user: UserRecord) -> dict[str, str]:
    return {
        "cluster_arn": user.cluster_arn,
        "account": user.account,
        "user": user.name,
        "secret_arn": user.secret_arn,
    }
