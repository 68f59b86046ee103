"""Task states Record…Failure: note what went wrong for one client, so that the others go on."""

import json

from aws_lambda_powertools import Logger
from pydantic import BaseModel, Field

from msklink import clock, telling
from msklink.aws import table
from msklink.aws.errors import impersonal
from msklink.errors import TransientError
from msklink.records import Connection, State
from msklink.task_state import task
from msklink.tasks import ClientTask, Survey

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


@task
def handler(event: Failure) -> dict[str, object]:
    now = clock.now()
    record = Connection(
        cluster_arn=event.cluster_arn,
        account=event.account,
        state=State.FAILED,
        requested=now,
        failure=f"{event.step} of run {event.run} failed with {event.error.words}",
    )
    table.save(record, now)
    logger.error("client failed", account=event.account, step=event.step, cause=event.error.cause)
    telling.client_failed()
    return Survey(account=event.account, schemes=()).model_dump(mode="json", exclude_defaults=True)
