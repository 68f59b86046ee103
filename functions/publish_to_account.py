"""Task state PublishToAccount: write client properties and status into a client account."""

from aws_lambda_powertools import Logger

from msklink.runs.task_input import AccountPublication
from msklink.services import publication
from msklink.services.task_state import task

logger = Logger()


@task
def handler(event: AccountPublication) -> dict[str, int]:
    return {"written": len(publication.publish_to_account(event))}
