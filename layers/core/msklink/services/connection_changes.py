"""Notify of changes to connections, then record them.

Notify before saving: if a function fails in between, it notifies again (at-least-once delivery).
"""

import json
from collections.abc import Iterable
from datetime import datetime

from aws_lambda_powertools import Logger

from msklink import clock
from msklink.aws import cluster_item, dynamodb
from msklink.aws.errors import impersonal
from msklink.connections.progress import with_progress
from msklink.connections.record import ConnectionRecord, State, changed_records, new_requests
from msklink.errors import TransientError
from msklink.refusals import WARNINGS, Refusal
from msklink.runs.cluster_record import ClusterRecord
from msklink.runs.task_input import ClientFailure, Task, TaskError
from msklink.services import notifications

logger = Logger(child=True)


def report_and_record(
    before: Iterable[ConnectionRecord], after: Iterable[ConnectionRecord], run: str, now: datetime
) -> list[ConnectionRecord]:
    """Notify of new refusals and removals, and save the records that differ from *before*."""
    before = list(before)
    changes = changed_records(before, with_progress(before, after, now))
    known = {record.item: record for record in before}
    new_refusals = [one for one in changes if not _was_reported(known.get(one.item), one)]
    notifications.connections_refused(new_refusals, run)
    for record in changes:
        known_notices = known[record.item].notices if record.item in known else ()
        for notice in record.notices:
            if notice.code not in WARNINGS and notice not in known_notices:
                notifications.kafka_access_refused(record, notice, run)
    removals = {record.item: record.removal for record in before}
    for record in changes:
        if record.removal and record.may_exist and record.removal != removals.get(record.item):
            notifications.offboarding_scheduled(record, record.removal, run)
    dynamodb.save_all(changes, now)
    return changes


def _was_reported(before: ConnectionRecord | None, after: ConnectionRecord) -> bool:
    """Return whether the refusal of *after* was reported before."""
    if before is None:
        return False
    is_known = before.wanted or before.is_about_account
    return after.refusal in {before.refusal if is_known else None, before.last_reported_refusal}


def record_survey(
    before: Iterable[ConnectionRecord], after: Iterable[ConnectionRecord], run: str, now: datetime
) -> list[ConnectionRecord]:
    """Record changes where *after* is complete: delete the records that it lacks."""
    before, after = list(before), list(after)
    notifications.connections_requested(new_requests(before, after))
    changes = report_and_record(before, after, run, now)
    kept = {record.item for record in after}
    for record in before:
        if record.item not in kept:
            dynamodb.delete_record(record)
    return changes


def record_onboarded(
    before: Iterable[ConnectionRecord], after: Iterable[ConnectionRecord], run: str, now: datetime
) -> list[ConnectionRecord]:
    """Notify of connections whose brokers are published now, and save them."""
    before = list(before)
    progress = {record.item: record.progress for record in before}
    changes = changed_records(before, after)
    for record in changes:
        notifications.client_onboarded(record, progress.get(record.item), run, now)
    dynamodb.save_all(changes, now)
    return changes


def record_cluster_refusals(
    task: Task,
    record: ClusterRecord,
    refusals: tuple[Refusal, ...],
    warnings: tuple[Refusal, ...] = (),
) -> None:
    """Notify the owner of each new refusal once; warnings go to log and status."""
    for warning in warnings:
        logger.warning("cluster warning", warning=warning.model_dump(mode="json"))
    for refusal in refusals:
        if refusal not in record.refusals:
            notifications.cluster_refused(task.cluster_arn, task.run, refusal)
    if refusals != record.refusals:
        cluster_item.record_refusals(task.cluster_arn, refusals)


def record_client_failure(task: ClientFailure) -> None:
    """Record that a step failed unexpectedly for one client."""
    now = clock.now()
    record = ConnectionRecord(
        cluster_arn=task.cluster_arn,
        account=task.account,
        state=State.FAILED,
        requested_at=now,
        failure=f"{task.step} of run {task.run} failed with {_describe(task.error)}",
    )
    dynamodb.save(record, now)
    notifications.client_failed()


def _describe(error: TaskError) -> str:
    """Return the error's name; for a transient one, with AWS's message."""
    if error.name != TransientError.__name__:
        return error.name
    try:
        return f"{error.name}: {impersonal(json.loads(error.cause)['errorMessage'])}"
    except (ValueError, KeyError):
        return error.name
