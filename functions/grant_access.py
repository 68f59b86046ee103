"""Task state GrantAccess: update MSKLink's statements in the cluster policy."""

from typing import Any

from aws_lambda_powertools import Logger

from msklink.runs.task_input import SurveyedTask
from msklink.services import lease, policy_grants, topic_creation, user_creation
from msklink.services.task_state import task

logger = Logger()


@task
def handler(event: SurveyedTask) -> dict[str, Any]:
    record = lease.require_lease(event.cluster_arn, event.run)
    accounts = sorted(policy_grants.grant(event, record))
    return {
        "move": topic_creation.first_move(event.cluster_arn, accounts),
        "users": user_creation.is_needed(event.cluster_arn, accounts),
        "accounts": accounts,
    }
