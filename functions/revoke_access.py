"""Task state RevokeAccess: remove accounts without a connection from the cluster policy."""

from aws_lambda_powertools import Logger

from msklink.aws.errors import aws_refusals
from msklink.connections import offboarding
from msklink.errors import Refused
from msklink.runs.task_input import AccessRevocation
from msklink.services import lease, notifications, policy_grants
from msklink.services.task_state import task

logger = Logger()


@task
def handler(event: AccessRevocation) -> dict[str, int]:
    record = lease.require_lease(event.cluster_arn, event.run)
    try:
        with aws_refusals():
            policy_grants.revoke(event, record)
    except Refused as error:
        notifications.cluster_refused(event.cluster_arn, event.run, error.refusal)
        return {"wait_seconds": 0}  # the next run handles what is pending
    wait = offboarding.wait_seconds(event.waited_seconds, len(event.closing))
    return {"wait_seconds": wait}
