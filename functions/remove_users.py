"""Task state RemoveUsers: remove the SCRAM users that no client needs any more."""

from aws_lambda_powertools import Logger

from msklink.runs.task_input import Task
from msklink.services import lease, user_removal
from msklink.services.task_state import task

logger = Logger()


@task
def handler(event: Task) -> dict[str, str]:
    lease.require_lease(event.cluster_arn, event.run)
    user_removal.remove_users(event)
    return {}
