"""Task state DisconnectClient: take away what one client account is not to have any more."""

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink.aws.errors import transient_faults_named
from msklink.runs.task_input import ClientTask
from msklink.services import connection_removal

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="run")
@event_parser
@transient_faults_named
def handler(event: ClientTask, context: LambdaContext) -> dict[str, object]:
    pending = connection_removal.disconnect_account(event)
    logger.info("client disconnected", account=event.account, pending=[one.item for one in pending])
    return {"account": event.account, "pending": bool(pending)}
