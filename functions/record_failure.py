"""Task states Record…Failure: note what went wrong for one client, so that the others go on."""

import json

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field

from msklink import clock
from msklink.aws import dynamodb
from msklink.aws.errors import impersonal, transient_faults_named
from msklink.connections.record import ConnectionRecord, State
from msklink.errors import TransientError
from msklink.runs.task_input import ClientTask, Survey
from msklink.services import notifications

logger = Logger()


class Error(BaseModel):
    """The error output of a task state, as the state machine catches it."""

    error: str = Field(alias="Error")
    cause: str = Field(default="", alias="Cause")

    @property
    def words(self) -> str:
        """The name of the error, and what AWS said where it is one that passes."""
        if self.error != TransientError.__name__:
            return self.error
        try:
            return f"{self.error}: {impersonal(json.loads(self.cause)['errorMessage'])}"
        except (ValueError, KeyError):
            return self.error


class Failure(ClientTask):
    step: str
    error: Error


@logger.inject_lambda_context(correlation_id_path="run")
@event_parser
@transient_faults_named
def handler(event: Failure, context: LambdaContext) -> dict[str, object]:
    now = clock.now()
    record = ConnectionRecord(
        cluster_arn=event.cluster_arn,
        account=event.account,
        state=State.FAILED,
        requested_at=now,
        failure=f"{event.step} of run {event.run} failed with {event.error.words}",
    )
    dynamodb.save(record, now)
    logger.error("client failed", account=event.account, step=event.step, cause=event.error.cause)
    notifications.client_failed()
    return Survey(account=event.account, schemes=()).model_dump(mode="json", exclude_defaults=True)
