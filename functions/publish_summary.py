"""Task state PublishSummary: write the owner's own set of parameters, and how all clients are."""

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink.aws.errors import transient_faults_named
from msklink.runs.task_input import SummaryPublication
from msklink.services import summary

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="run")
@event_parser
@transient_faults_named
def handler(event: SummaryPublication, context: LambdaContext) -> dict[str, int]:
    return {"written": len(summary.publish_summary(event))}
