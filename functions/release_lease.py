"""Frees the lease of a run that failed, and tells why it did."""

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field

from msklink import leasing, telling
from msklink.aws import runs, table

logger = Logger()


class StatusChange(BaseModel):
    """Detail of "Step Functions Execution Status Change" (EventBridge reference)."""

    execution_arn: str = Field(alias="executionArn")


class StatusChanged(BaseModel):
    detail: StatusChange


@logger.inject_lambda_context(correlation_id_path="detail.name")
@event_parser
def handler(event: StatusChanged, context: LambdaContext) -> None:
    found = runs.failure(event.detail.execution_arn)
    if found is None:
        return
    cluster_arn, failure = found
    if table.read_cluster(cluster_arn).failure != failure:
        logger.error("run failed", cluster=cluster_arn, failure=failure.model_dump(mode="json"))
        telling.run_failed(cluster_arn, failure)
        table.note_failure(cluster_arn, failure)
    leasing.bury(cluster_arn, failure.run)
