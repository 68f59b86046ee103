"""Check every cluster, and start a run where something has changed or a removal is due."""

import random
from collections.abc import Iterator
from datetime import datetime
from functools import partial

from aws_lambda_powertools import Logger

from msklink import clock
from msklink.arns import ClusterArn
from msklink.aws import cluster_item, msk_clusters, run_state, step_functions
from msklink.aws.cluster_snapshot import ClusterSnapshot, read_snapshot
from msklink.cluster import description
from msklink.cluster.description import ClusterDescription
from msklink.connections import offboarding, sweep_rules
from msklink.connections.needed_users import unneeded
from msklink.refusals import Code
from msklink.runs import backoff
from msklink.runs.cluster_record import ClusterRecord, RunFailure
from msklink.services import change_detection, change_holds, connectivity, lease
from msklink.services.account_scan import AccountScanner
from msklink.services.failed_runs import handle_failed_run
from msklink.services.sweep_figures import ClusterFigures, cluster_figures, measure_sweep
from msklink.settings import settings

logger = Logger(child=True)


def sweep(scanner: AccountScanner) -> list[str]:
    """
    Start a run for each cluster that needs one, and return the names of the runs.

    Raises ExceptionGroup, after all clusters, if the check of any failed.
    """
    now = clock.now()
    runs: list[str] = []
    errors: list[Exception] = []
    figures: list[ClusterFigures] = []
    clusters: dict[str, ClusterDescription | None] = dict.fromkeys(run_state.tracked_clusters())
    clusters |= {
        cluster.arn.text: cluster
        for cluster in msk_clusters.list_clusters(msk_clusters.client())
        if cluster.arn.text in clusters or cluster.is_managed(settings().namespace)
    }
    # Random order: a sweep that runs out of time would otherwise always skip the same clusters.
    for arn in random.sample(list(clusters), len(clusters)):
        try:
            snapshot = read_snapshot(arn)
            figures.append(cluster_figures(clusters[arn], snapshot, now))
            if reasons := _check_cluster(arn, clusters[arn], snapshot, scanner, now):
                run = lease.request_run(arn)
                logger.info("run requested", cluster=arn, reasons=reasons, holder=run)
                runs.append(run)
        except Exception as error:  # whatever fails for one cluster, the others are checked
            logger.exception("cluster not swept", cluster=arn)
            errors.append(error)
    duration = clock.now() - now
    logger.info(
        "swept",
        clusters=len(clusters),
        failed=len(errors),
        runs=len(runs),
        seconds=duration.total_seconds(),
    )
    measure_sweep(figures, duration)
    if errors:
        raise ExceptionGroup("clusters not swept", errors)  # counts as an error for the alarm
    return runs


def _check_cluster(
    arn: str,
    cluster: ClusterDescription | None,
    snapshot: ClusterSnapshot,
    scanner: AccountScanner,
    now: datetime,
) -> list[str]:
    """
    Return why the cluster needs a run; none if nothing has changed or a run has the lease.

    Handle its run if that has failed, and record what the next sweep compares with.
    """
    record = snapshot.cluster
    # Also where a run has the lease: it may have inspected the cluster before that.
    is_begun = _has_window_begun(record, now) and not record.last_failure
    is_busy = cluster is not None and cluster.state in description.BUSY_STATES
    if (is_busy and not is_begun) or _has_failed(arn, record):
        return []
    if is_begun:
        return ["a maintenance window has begun"]
    change_holds.schedule_sweeps(ClusterArn.parse(arn), snapshot.cluster.holds)
    if record.holder:
        return []
    return _check_idle_cluster(arn, cluster, snapshot, scanner, now)


def _has_window_begun(record: ClusterRecord, now: datetime) -> bool:
    """Return whether the window for which the cluster waits has begun."""
    return any(one.hold.is_over(now) for one in record.holds)


def _has_failed(arn: str, record: ClusterRecord) -> bool:
    """Return whether the run that has the lease has failed; handle it if so."""
    if record.holder is None or step_functions.start(record.holder, arn):
        return False
    handle_failed_run(step_functions.execution_arn(record.holder))
    return True


def _check_idle_cluster(
    arn: str,
    cluster: ClusterDescription | None,
    snapshot: ClusterSnapshot,
    scanner: AccountScanner,
    now: datetime,
) -> list[str]:
    """
    Return why a cluster without a run in progress needs one.

    Record the reasons, to delay those that come back, and untrack a cluster with nothing left.
    """
    record = snapshot.cluster
    fingerprint = connectivity.fingerprint(cluster)
    if failure := record.last_failure:
        return list(_check_after_failure(failure, arn, fingerprint, now))
    if record.cluster_fingerprint != fingerprint:
        # The run read it with Describe, which may return more than List.
        cluster = msk_clusters.describe_cluster(msk_clusters.client(), arn)
        if record.cluster_fingerprint != connectivity.fingerprint(cluster):
            return ["the cluster has changed"]
    is_managed = cluster is not None and cluster.is_managed(settings().namespace)
    is_empty = not (snapshot.connections or snapshot.users or record.vendors)
    if is_empty and not is_managed:
        # Only after the cluster's last run has ended.
        forget = run_state.untrack_cluster if cluster else run_state.forget_all
        forget(arn)
        return []
    changes = [] if _is_frozen(cluster, record) else _due_removals(snapshot, now)
    changes += _check_both_sides(arn, cluster if is_managed else None, snapshot, scanner)
    refused = {one.account for one in snapshot.connections if sweep_rules.is_retryable(one)}
    retryable = [f"what was refused in {account} can be retried" for account in sorted(refused)]
    interval = settings().retry_pauses[-1]
    remembered, due = backoff.schedule_retries(record.reasons, changes, retryable, interval, now)
    if remembered != record.reasons:
        cluster_item.record_reasons(arn, remembered)
    return due


def _check_after_failure(
    failure: RunFailure, arn: str, fingerprint: str, now: datetime
) -> Iterator[str]:
    """Yield why a run is needed after a failed one; record the cluster to detect a change."""
    if failure.next_attempt:
        if failure.next_attempt <= now:
            yield f"its last run failed; failures in a row: {failure.times}"
    elif not failure.cluster_fingerprint:
        cluster_item.record_failure(
            arn, failure.model_copy(update={"cluster_fingerprint": fingerprint})
        )
    elif failure.cluster_fingerprint != fingerprint:
        yield "the cluster has changed since the last attempt"


def _is_frozen(cluster: ClusterDescription | None, record: ClusterRecord) -> bool:
    """Return whether a freeze holds removals, and a run has reported it."""
    is_reported = any(one.hold.reason.code is Code.FROZEN for one in record.holds)
    return is_reported and bool(connectivity.change_terms(cluster).freeze)


def _due_removals(snapshot: ClusterSnapshot, now: datetime) -> list[str]:
    """Return the removals that are due."""
    due = [one.item for one in snapshot.connections if offboarding.is_removal_due(one, now)]
    changes = [backoff.reason_with_digest("removals of connections are due", due)] if due else []
    due = [one.item for one in unneeded(snapshot.users, snapshot.connections, now)]
    changes += [backoff.reason_with_digest("removals of users are due", due)] if due else []
    due = sorted(one for one, vendor in snapshot.cluster.vendors.items() if vendor.is_due(now))
    return changes + (
        [backoff.reason_with_digest("removals of vendors are due", due)] if due else []
    )


def _check_both_sides(
    arn: str,
    managed: ClusterDescription | None,
    snapshot: ClusterSnapshot,
    scanner: AccountScanner,
) -> list[str]:
    """Return the changes of cluster and clients; report untagged endpoints."""
    known, changes = snapshot.connections, list[str]()
    of_cluster = list(change_detection.detect_cluster_changes(managed, snapshot)) if managed else []
    changes += of_cluster
    listed = managed.client_accounts(settings().namespace) if managed else frozenset()
    clients = sweep_rules.records_by_client(
        listed, known, snapshot.onboarding_requests, snapshot.offboarding_requests
    )
    scans = scanner.scan([one.account for one in clients])
    for client, scanned in zip(clients, scans, strict=True):
        if scanned:
            of_client = list(change_detection.detect_client_changes(arn, client, snapshot, scanned))
            changes += of_client
            # A connection that is gone is a change by itself, and its endpoint is gone with it.
            if not (of_cluster or of_client):
                rescan = partial(scanner.rescan, client.account)
                change_detection.report_untagged_endpoints(arn, client, snapshot, scanned, rescan)
    return changes
