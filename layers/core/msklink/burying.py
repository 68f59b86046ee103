"""What is done about a run that failed, whoever finds out: its end is told, its lease freed."""

from msklink import leasing, telling
from msklink.aws import runs, table
from msklink.records import Failure


def bury(execution_arn: str) -> Failure | None:
    """How the run failed; None, and nothing done, for one that did not or runs again."""
    found = runs.failure(execution_arn)
    if found is None:
        return None
    cluster_arn, failure = found
    if table.read_cluster(cluster_arn).failure != failure:
        telling.run_failed(cluster_arn, failure)
        table.note_failure(cluster_arn, failure)
    leasing.bury(cluster_arn, failure.run)
    return failure
