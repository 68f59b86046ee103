"""Handle a failed run: publish Run Failed, release the lease, schedule a retry."""

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field

from msklink.services.failed_runs import handle_failed_run

logger = Logger()


class StatusChange(BaseModel):
    """Detail of "Step Functions Execution Status Change" (EventBridge reference)."""

    execution_arn: str = Field(alias="executionArn")


class StatusChanged(BaseModel):
    detail: StatusChange


@logger.inject_lambda_context(correlation_id_path="detail.name")
@event_parser
def handler(event: StatusChanged, context: LambdaContext) -> None:
    if failure := handle_failed_run(event.detail.execution_arn):
        logger.error("run failed", failure=failure.model_dump(mode="json"))
