"""Task state InspectConnections: record the state of each connection, and choose the brokers."""

from typing import Any

from aws_lambda_powertools import Logger

from msklink.runs.task_input import ConnectionInspection
from msklink.services import connection_inspection
from msklink.services.task_state import task

logger = Logger()


@task
def handler(event: ConnectionInspection) -> dict[str, Any]:
    return connection_inspection.inspect(event)
