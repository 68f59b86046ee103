"""Task states Record…Failure: record a failure for one client, so that the others go on."""

from aws_lambda_powertools import Logger

from msklink.runs.task_input import ClientFailure, Survey
from msklink.services.connection_changes import record_client_failure
from msklink.services.task_state import task

logger = Logger()


@task
def handler(event: ClientFailure) -> dict[str, object]:
    record_client_failure(event)
    logger.error("client failed", account=event.account, step=event.step, cause=event.error.cause)
    return Survey(account=event.account, schemes=()).model_dump(mode="json", exclude_defaults=True)
