"""Task state GrantAccess: update MSKLink's statements in the cluster policy."""

from aws_lambda_powertools import Logger

from msklink.runs.task_input import SurveyedTask
from msklink.services import lease, policy_grants
from msklink.services.task_state import task

logger = Logger()


@task
def handler(event: SurveyedTask) -> dict[str, list[str]]:
    record = lease.require_lease(event.cluster_arn, event.run)
    return {"accounts": sorted(policy_grants.grant(event, record))}
