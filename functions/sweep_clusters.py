"""
Starts runs where something may have changed that no event has told of, or where time is up.

Events of AWS are best effort (EventBridge reference); this is what makes it sure. It is also how
clusters and VPCs come in that were tagged before MSKLink was there.
"""

import random
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink import clock
from msklink.aws import dynamodb, msk_clusters, run_state, step_functions
from msklink.aws.cluster_snapshot import ClusterSnapshot, read_snapshot
from msklink.cluster import description
from msklink.cluster.description import ClusterDescription
from msklink.connections import offboarding, sweep_rules
from msklink.runs import backoff
from msklink.runs.cluster_record import RunFailure
from msklink.services import change_detection, lease
from msklink.services.account_scan import AccountScanner
from msklink.services.failed_runs import handle_failed_run
from msklink.settings import settings

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="id")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[str]]:
    sights = AccountScanner(context.invoked_function_arn, session_name=context.aws_request_id)
    now = clock.now()
    asked: list[str] = []
    troubles: list[Exception] = []
    clusters: dict[str, ClusterDescription | None] = dict.fromkeys(run_state.managed_clusters())
    clusters |= {
        cluster.arn.text: cluster
        for cluster in msk_clusters.list_clusters(msk_clusters.client())
        if cluster.arn.text in clusters or cluster.is_managed(settings().namespace)
    }
    # In any order, or the last would never have a turn where the time is too short for all.
    for arn in random.sample(list(clusters), len(clusters)):
        try:
            if reasons := _why(arn, clusters[arn], sights, now):
                run = lease.request_run(arn)
                logger.info("run requested", cluster=arn, reasons=reasons, holder=run)
                asked.append(run)
        except Exception as trouble:  # of one cluster, whatever it is: the others are looked at
            logger.exception("cluster not swept", cluster=arn)
            troubles.append(trouble)
    if troubles:
        raise ExceptionGroup("clusters not swept", troubles)  # so that the alarm tells of it
    return {"runs": asked}


def _why(
    arn: str, cluster: ClusterDescription | None, sights: AccountScanner, now: datetime
) -> list[str]:
    """Why the cluster needs a run; nothing when all is as the last one left it, or one works."""
    if cluster and cluster.state in description.BUSY_STATES:
        return []
    snapshot = read_snapshot(arn)
    record = snapshot.cluster
    if record.holder:
        if not step_functions.start(record.holder, arn):
            handle_failed_run(step_functions.execution_arn(record.holder))
        return []
    seen = cluster.fingerprint(settings().namespace) if cluster else description.GONE
    if failure := record.last_failure:
        return list(_why_after(failure, arn, seen, now))
    if (
        record.cluster_fingerprint != seen
    ):  # the run saw it by Describe, which may show more than List
        cluster = msk_clusters.describe_cluster(msk_clusters.client(), arn)
        if record.cluster_fingerprint != (
            cluster.fingerprint(settings().namespace) if cluster else description.GONE
        ):
            return ["the cluster has changed"]
    is_managed = cluster is not None and cluster.is_managed(settings().namespace)
    if not snapshot.connections and not record.vendors and not is_managed:
        # Not before its last run came to its end.
        forget = run_state.forget_managed if cluster else run_state.forget_all
        forget(arn)
        return []
    found = _news(arn, cluster if is_managed else None, snapshot, sights, now)
    refused = {one.account for one in snapshot.connections if sweep_rules.is_retryable(one)}
    hopes = [f"what was refused in {account} may be mended" for account in sorted(refused)]
    pace = settings().retry_pauses[-1]
    remembered, due = backoff.schedule_retries(record.reasons, found, hopes, pace, now)
    if remembered != record.reasons:
        dynamodb.record_reasons(arn, remembered)
    return due


def _why_after(failure: RunFailure, arn: str, seen: str, now: datetime) -> Iterator[str]:
    """Why there is to be a run after one that failed."""
    if failure.next_attempt:
        if failure.next_attempt <= now:
            yield f"its last run failed, for time {failure.times}"
    elif not failure.cluster_fingerprint:
        dynamodb.record_failure(arn, failure.model_copy(update={"cluster_fingerprint": seen}))
    elif failure.cluster_fingerprint != seen:
        yield "the cluster has changed since the last attempt"


def _news(
    arn: str,
    managed: ClusterDescription | None,
    snapshot: ClusterSnapshot,
    sights: AccountScanner,
    now: datetime,
) -> list[str]:
    """What time has brought, and what others did on either side."""
    known = snapshot.connections
    over = [one.item for one in known if offboarding.is_removal_due(one, now)]
    found = [backoff.reason_with_digest("the time of connections is up", over)] if over else []
    left = sorted(one for one, vendor in snapshot.cluster.vendors.items() if vendor.is_due(now))
    found += [backoff.reason_with_digest("the time of vendors is up", left)] if left else []
    of_cluster = list(change_detection.detect_cluster_changes(managed, snapshot)) if managed else []
    found += of_cluster
    listed = managed.client_accounts(settings().namespace) if managed else frozenset()
    clients = sweep_rules.records_by_client(
        listed, known, snapshot.onboarding_requests, snapshot.offboarding_requests
    )
    for client, sight in zip(clients, sights.scan([one.account for one in clients]), strict=True):
        if sight:
            of_client = list(change_detection.detect_client_changes(arn, client, snapshot, sight))
            found += of_client
            # A connection that is gone is news already, and took its endpoint with it.
            if not (of_cluster or of_client):
                again = partial(sights.rescan, client.account)
                change_detection.report_untagged_endpoints(arn, client, snapshot, sight, again)
    return found
