"""Task state RevokeAccess: take accounts out of the cluster policy that have nothing left there."""

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink.aws.errors import aws_refusals, transient_faults_named
from msklink.connections import offboarding
from msklink.errors import Refused
from msklink.runs.task_input import AccessRevocation
from msklink.services import lease, notifications, policy_grants

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="run")
@event_parser
@transient_faults_named
def handler(event: AccessRevocation, context: LambdaContext) -> dict[str, int]:
    record = lease.require_lease(event.cluster_arn, event.run)
    try:
        with aws_refusals():
            policy_grants.revoke(event, record)
    except Refused as error:
        notifications.cluster_refused(event.cluster_arn, event.run, error.refusal)
        return {"wait_seconds": 0}  # what is pending is left to the next run
    wait = offboarding.wait_seconds(event.waited_seconds, len(event.closing))
    return {"wait_seconds": wait}
