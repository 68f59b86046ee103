"""Task state PublishSummary: write the owner's own parameters, with a summary of all clients."""

from aws_lambda_powertools import Logger

from msklink.runs.task_input import SummaryPublication
from msklink.services import summary
from msklink.services.task_state import task

logger = Logger()


@task
def handler(event: SummaryPublication) -> dict[str, int]:
    return {"written": len(summary.publish_summary(event))}
