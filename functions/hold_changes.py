"""Task state HoldChanges: record and report what waits for the owner's terms."""

from typing import Any

from aws_lambda_powertools import Logger

from msklink.runs.task_input import HeldTask
from msklink.services import change_holds, lease
from msklink.services.task_state import task

logger = Logger()


@task
def handler(event: HeldTask) -> dict[str, Any]:
    record = lease.require_lease(event.cluster_arn, event.run)
    return change_holds.hold_changes(event, record)
