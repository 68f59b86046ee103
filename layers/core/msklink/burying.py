"""What is done about a run that failed: it is told, its lease freed, and another one due."""

from datetime import datetime

from aws_lambda_powertools import Logger

from msklink import clock, leasing, retrying, telling
from msklink.aws import runs, schedules, table
from msklink.aws.session import AWS_TROUBLE
from msklink.records import Failure
from msklink.settings import settings

logger = Logger(child=True)


def bury(execution_arn: str) -> Failure | None:
    """How the run failed; None, and nothing done, for one that did not or runs again."""
    found = runs.failure(execution_arn)
    if found is None:
        return None
    cluster_arn, failure = found
    known = table.read_cluster(cluster_arn).failure
    if failure.is_same_end(known):
        failure = known or failure
    else:
        failure = retrying.after(known, failure, settings().retry_pauses, clock.now())
        telling.run_failed(cluster_arn, failure)
        table.note_failure(cluster_arn, failure)
    leasing.bury(cluster_arn, failure.run)
    if failure.next_attempt:
        _sweep_at(failure.run, failure.next_attempt)
    return failure


def _sweep_at(run: str, when: datetime) -> None:
    """Without a schedule the next attempt comes with the hourly sweep."""
    try:
        schedules.sweep_at(run, when)
    except AWS_TROUBLE as trouble:
        logger.warning("no sweep scheduled", run=run, trouble=str(trouble))
