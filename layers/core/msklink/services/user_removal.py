"""Remove the SCRAM users that are due, and those of accounts that have no connection by scram."""

from aws_lambda_powertools import Logger

from msklink import clock
from msklink.aws import dynamodb, msk_clusters, msk_scram_secrets, run_state, secrets
from msklink.connections.needed_users import unneeded
from msklink.errors import Refused
from msklink.runs.task_input import Task
from msklink.services import notifications, user_notifications
from msklink.settings import settings
from msklink.users.record import UserRecord, secret_name

logger = Logger(child=True)


def is_due(cluster_arn: str) -> bool:
    """Return whether a user has to be removed now."""
    return bool(_due(cluster_arn))


def remove_users(task: Task) -> None:
    """
    Remove what is due; the owner is notified of a refusal, and the sweep starts another run.

    The order is that of the MSK developer guide, "Working with users", as far as it has an API:
    first the association, then the secret. The ACLs stay.
    """
    for user in _due(task.cluster_arn):
        try:
            with secrets.user_refusals(task.cluster, user.name):
                _remove(task, user)
        except Refused as error:
            notifications.cluster_refused(task.cluster_arn, task.run, error.refusal)
            continue
        if user.secret_arn:
            user_notifications.user_removed(user, task.run)
        run_state.delete_user(user)
        logger.info("user removed", account=user.account, user=user.name)


def _remove(task: Task, user: UserRecord) -> None:
    name = secret_name(settings().namespace, user.account, task.cluster, user.name)
    secret = secrets.describe(name)
    if secret and secret.is_ours:
        msk_scram_secrets.disassociate(msk_clusters.client(), task.cluster, secret.arn)
        secrets.delete(secret)


def _due(cluster_arn: str) -> list[UserRecord]:
    users = run_state.user_records(cluster_arn)
    return unneeded(users, dynamodb.connections(cluster_arn), clock.now()) if users else []
