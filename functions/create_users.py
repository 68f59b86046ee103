"""Task state CreateUsers: create the SCRAM users that clients request and the owner allows."""

from typing import Any

from aws_lambda_powertools import Logger

from msklink.runs.task_input import UserCreation
from msklink.services import lease, user_creation
from msklink.services.task_state import task

logger = Logger()


@task
def handler(event: UserCreation) -> dict[str, Any]:
    lease.require_lease(event.cluster_arn, event.run)
    user_creation.create_users(event)
    return {"accounts": event.accounts}
