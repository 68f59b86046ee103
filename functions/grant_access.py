"""Task state GrantAccess: admit the client accounts to the cluster policy."""

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink.aws.errors import transient_faults_named
from msklink.runs.task_input import SurveyedTask
from msklink.services import lease, policy_grants

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="run")
@event_parser
@transient_faults_named
def handler(event: SurveyedTask, context: LambdaContext) -> dict[str, list[str]]:
    record = lease.require_lease(event.cluster_arn, event.run)
    return {"accounts": sorted(policy_grants.grant(event, record))}
