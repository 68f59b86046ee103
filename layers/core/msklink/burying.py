"""What is done about a run that failed: it is told, its lease freed, and another one due."""

from msklink import clock, leasing, retrying, telling
from msklink.aws import runs, schedules, table
from msklink.records import Failure
from msklink.settings import settings


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
    if failure.next_attempt:
        schedules.sweep_at(failure.run, failure.next_attempt)
    leasing.bury(cluster_arn, failure.run)
    return failure
