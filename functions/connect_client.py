"""Task state ConnectClient: create the connections that one client account lacks."""

from aws_lambda_powertools import Logger

from msklink.runs.task_input import ClientTask
from msklink.services import connection_creation
from msklink.services.task_state import task

logger = Logger()


@task
def handler(event: ClientTask) -> dict[str, int]:
    return {"changed": len(connection_creation.connect_account(event))}
