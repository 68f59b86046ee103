"""Task state ConnectClient: make sure that an account has its connections and groups."""

from aws_lambda_powertools import Logger

from msklink.runs.task_input import ClientTask
from msklink.services import connection_upkeep
from msklink.services.task_state import task

logger = Logger()


@task
def handler(event: ClientTask) -> dict[str, int]:
    return {"changed": len(connection_upkeep.connect_account(event))}
