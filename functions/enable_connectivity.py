"""Task state EnableConnectivity: turn on private connectivity for the wanted schemes."""

from typing import Any

from aws_lambda_powertools import Logger

from msklink.runs.task_input import ConnectivityUpdate
from msklink.services import connectivity, lease
from msklink.services.task_state import task

logger = Logger()


@task
def handler(event: ConnectivityUpdate) -> dict[str, Any]:
    record = lease.require_lease(event.cluster_arn, event.run)
    return connectivity.enable_schemes(event, record)
