"""Handle a failed run: publish Run Failed, release the lease, schedule a retry."""

from datetime import datetime

from aws_lambda_powertools import Logger

from msklink import clock
from msklink.aws import cluster_item, scheduler, step_functions
from msklink.aws.session import AWS_ERRORS
from msklink.runs import backoff
from msklink.runs.cluster_record import RunFailure
from msklink.services import lease, notifications
from msklink.settings import settings

logger = Logger(child=True)


def handle_failed_run(execution_arn: str) -> RunFailure | None:
    """
    Report a failed run, release its lease and schedule a retry; return how it failed.

    Does nothing and returns None where the run succeeded or is running.
    """
    found = step_functions.read_failure(execution_arn)
    if found is None:
        return None
    cluster_arn, failure = found
    known = cluster_item.read_cluster(cluster_arn).failure
    if failure.is_same_end(known):
        failure = known or failure
    else:
        failure = backoff.with_next_attempt(known, failure, settings().retry_pauses, clock.now())
        notifications.run_failed(cluster_arn, failure)
        cluster_item.record_failure(cluster_arn, failure)
    lease.free_lease_of(cluster_arn, failure.run)
    if failure.next_attempt:
        _schedule_sweep(failure.run, failure.next_attempt)
    return failure


def _schedule_sweep(run: str, when: datetime) -> None:
    """Schedule a sweep at the next attempt; without it the regular sweep starts that attempt."""
    try:
        scheduler.sweep_at(run, when)
    except AWS_ERRORS as error:
        logger.warning("no sweep scheduled", run=run, error=str(error))
