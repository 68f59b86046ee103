"""Task state RevokeAccess: remove accounts without a connection from the cluster policy."""

from aws_lambda_powertools import Logger

from msklink.connections import offboarding
from msklink.runs.task_input import AccessRevocation
from msklink.services import lease, policy_grants, user_removal
from msklink.services.task_state import task

logger = Logger()


@task
def handler(event: AccessRevocation) -> dict[str, int | bool]:
    record = lease.require_lease(event.cluster_arn, event.run)
    is_done = policy_grants.revoke(event, record)
    pending = len(event.closing) if is_done else 0
    return {
        "wait_seconds": offboarding.wait_seconds(event.waited_seconds, pending),
        "users": user_removal.is_due(event.cluster_arn),
    }
