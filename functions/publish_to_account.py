"""Task state PublishToAccount: write client configuration and status into a client account."""

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink.aws.errors import transient_faults_named
from msklink.runs.task_input import AccountPublication
from msklink.services import publication

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="run")
@event_parser
@transient_faults_named
def handler(event: AccountPublication, context: LambdaContext) -> dict[str, int]:
    return {"written": len(publication.publish_to_account(event))}
