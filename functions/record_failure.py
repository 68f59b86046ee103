"""Task states Record…Failure: note what went wrong for one client, so that the others go on."""

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink.aws.errors import transient_faults_named
from msklink.runs.task_input import ClientFailure, Survey
from msklink.services.connection_updates import record_client_failure

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="run")
@event_parser
@transient_faults_named
def handler(event: ClientFailure, context: LambdaContext) -> dict[str, object]:
    record_client_failure(event)
    logger.error("client failed", account=event.account, step=event.step, cause=event.error.cause)
    return Survey(account=event.account, schemes=()).model_dump(mode="json", exclude_defaults=True)
