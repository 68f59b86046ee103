"""Task state DisconnectClient: remove what one client account should no longer have."""

from aws_lambda_powertools import Logger

from msklink.runs.task_input import ClientTask
from msklink.services import connection_removal
from msklink.services.task_state import task

logger = Logger()


@task
def handler(event: ClientTask) -> dict[str, object]:
    pending = connection_removal.disconnect_account(event)
    logger.info("client disconnected", account=event.account, pending=[one.item for one in pending])
    return {"account": event.account, "pending": bool(pending)}
