"""Task state ConnectClient: create the connections that one client account lacks."""

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink.aws.errors import transient_faults_named
from msklink.runs.task_input import ClientTask
from msklink.services import connection_creation

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="run")
@event_parser
@transient_faults_named
def handler(event: ClientTask, context: LambdaContext) -> dict[str, int]:
    return {"changed": len(connection_creation.connect_account(event))}
