"""Turn on private connectivity, conclude that update, and detect schemes that others turned off."""

from collections.abc import Container, Iterator
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger

from msklink import clock
from msklink.auth_scheme import Scheme
from msklink.aws import cluster_item, msk_clusters
from msklink.aws.dry_run.recorder import is_dry_run
from msklink.aws.errors import aws_refusals
from msklink.change_control.holds import Hold, freeze_hold, reboot_holds
from msklink.change_control.terms import ChangeTerms, read_terms
from msklink.cluster import description, next_move, private_connectivity, update_window
from msklink.cluster.description import ClusterDescription
from msklink.cluster.next_move import Move
from msklink.errors import Refused, UpdateRejected
from msklink.refusals import Code, Refusal, refuse
from msklink.runs.cluster_record import ClusterRecord
from msklink.runs.task_input import ConnectivityUpdate
from msklink.services import notifications, repair_decisions
from msklink.services.repair_decisions import RepairDecision
from msklink.settings import settings

logger = Logger(child=True)


def is_update_finished(cluster: ClusterDescription, record: ClusterRecord) -> bool:
    """
    Return whether an update of ours has ended on a settled *cluster*.

    Without a recorded operation the update may not have begun. It has ended all the same if all of
    its schemes are on, or if MSK rejected the update.
    """
    ours = frozenset(record.enabling)
    all_on = bool(ours) and ours <= cluster.private_schemes
    is_known = record.operation is not None or bool(record.update_rejection)
    return description.is_settled(cluster) and (all_on or is_known)


def conclude_update(
    run: str, cluster: ClusterDescription, record: ClusterRecord
) -> dict[Scheme, Refusal]:
    """
    Report how our update ended, and return a refusal for each scheme that is still off.

    A failed scheme stays refused until the next request or tag change; otherwise MSKLink would
    repeat the update without end.
    """
    if not is_update_finished(cluster, record):
        return {}
    missing = sorted(set(record.enabling) - cluster.private_schemes)
    problem = record.update_rejection or _problem(record)
    if not missing:
        logger.info("connectivity enabled", schemes=record.enabling)
        notifications.connectivity_enabled(cluster.arn.text, run, record.enabling)
        items = (private_connectivity.connectivity_drift(scheme).item for scheme in record.enabling)
        repair_decisions.mark_resolved(cluster.arn.text, tuple(items))
    failed = refuse(
        Code.CONNECTIVITY_UPDATE_FAILED,
        schemes=" and ".join(missing),
        problem=problem or "the operation ended without them",
        operation=record.operation or "the call UpdateConnectivity",
        key=settings().namespace,
    )
    return dict.fromkeys(missing, failed)


def _problem(record: ClusterRecord) -> str | None:
    return (
        msk_clusters.update_error(msk_clusters.client(), record.operation)
        if record.operation
        else None
    )


def change_terms(cluster: ClusterDescription | None) -> ChangeTerms:
    """
    Return when the owner lets MSKLink change *cluster*; a deleted one has the stack's terms.

    A dry run has no terms: a plan shows what is done once they allow it.
    """
    tags = cluster.tags if cluster else {}
    terms = read_terms(tags, settings().namespace, settings().change_terms)
    return ChangeTerms(terms.key) if is_dry_run() else terms


def terms_refusals(cluster: ClusterDescription) -> tuple[Refusal, ...]:
    """Return the words of the owner's terms that mean nothing, also in a dry run."""
    return read_terms(cluster.tags, settings().namespace, settings().change_terms).refusals


def fingerprint(cluster: ClusterDescription | None) -> str:
    """Return the digest of all on which a run acts, with the terms of the owner stack."""
    if cluster is None:
        return description.GONE
    return cluster.fingerprint(settings().namespace, settings().change_terms)


def update_seconds(cluster: ClusterDescription) -> int:
    """Return the seconds that turning on a scheme may take, by past updates of *cluster*."""
    past = msk_clusters.past_updates(msk_clusters.client(), cluster.arn.text)
    return update_window.planned_seconds(past, cluster.brokers)


def holds(
    cluster: ClusterDescription, schemes: frozenset[Scheme], seconds: int
) -> dict[Scheme, Hold]:
    """
    Return those of *schemes* that the owner's terms hold, with the reason.

    A freeze holds all of them; otherwise only those wait that are off, because turning them on
    takes *seconds* and reboots the brokers.
    """
    terms = change_terms(cluster)
    if frozen := freeze_hold(terms.freeze, cluster.arn):
        return dict.fromkeys(sorted(schemes), frozen)
    off = schemes - cluster.private_schemes
    return reboot_holds(terms, cluster.arn, off, timedelta(seconds=seconds), clock.now())


def schemes_to_restore(
    cluster: ClusterDescription, asked: frozenset[Scheme], record: ClusterRecord
) -> set[Scheme]:
    """Return the schemes that others turned off and that can be turned on again, used or not."""
    return {scheme for scheme, repair in _repairs(cluster, asked, record) if not repair.refusal}


def _repairs(
    cluster: ClusterDescription, asked: frozenset[Scheme], record: ClusterRecord
) -> Iterator[tuple[Scheme, RepairDecision]]:
    """Yield each scheme that others turned off, with the repair of its drift."""
    enabled = frozenset(record.enabled_schemes)
    for scheme in sorted(private_connectivity.turned_off_schemes(cluster, asked, enabled)):
        drift = private_connectivity.connectivity_drift(scheme)
        yield scheme, repair_decisions.decide_repair(cluster.arn.text, drift)


def handle_turned_off(
    run: str,
    cluster: ClusterDescription,
    asked: frozenset[Scheme],
    record: ClusterRecord,
    held: Container[Scheme],
) -> dict[Scheme, Refusal]:
    """
    Return a refusal for each scheme that others turned off and that stays off.

    Turning a scheme on reboots the brokers. A repair that begins is recorded here, unless it is
    *held*. EnableConnectivity then turns the scheme on, like any other that is off. A contested
    drift is reported beside the refusal, with the item that ends it.
    """
    repairs = dict(_repairs(cluster, asked, record))
    for scheme, repair in repairs.items():
        if repair.refusal and repair.refusal.code is Code.DRIFT_CONTESTED:
            repair.report_unrepaired(run, repair.refusal)
        elif not repair.refusal and scheme not in held:
            repair.record_attempt(run)
    return {
        scheme: turned_off_refusal(scheme) for scheme, repair in repairs.items() if repair.refusal
    }


def turned_off_refusal(scheme: Scheme) -> Refusal:
    """Return the refusal for a *scheme* that others turned off and that stays off."""
    return refuse(Code.SCHEME_TURNED_OFF, scheme=scheme, key=settings().namespace)


def record_enabled_schemes(
    cluster: ClusterDescription, asked: frozenset[Scheme], record: ClusterRecord
) -> None:
    """
    Record the schemes that are on, and that our update has ended, in one write after all reports.

    Otherwise a scheme that MSKLink turned on would count as on from the beginning.
    """
    seen = frozenset(record.enabled_schemes)
    on = (cluster.private_schemes & asked) | private_connectivity.turned_off_schemes(
        cluster, asked, seen
    )
    if record.enabling or on != seen:
        cluster_item.record_enabled_schemes(cluster.arn.text, on)


def enable_schemes(task: ConnectivityUpdate, record: ClusterRecord) -> dict[str, Any]:
    """
    Turn on the schemes that clients want and that are off; return what the run does next.

    MSK makes one update at a time. During any other update the run waits, and then inspects the
    cluster again.
    """
    try:
        with aws_refusals():
            return _enable(task, record)
    except Refused as error:
        return _answer(Move.WAIT, error.refusal.message)  # InspectCluster reports it


def _enable(task: ConnectivityUpdate, record: ClusterRecord) -> dict[str, Any]:
    msk = msk_clusters.client()
    cluster = msk_clusters.describe_updates(msk, task.cluster_arn, record.operation)
    if cluster is None:
        return _answer(Move.WAIT, "the cluster is gone")
    if is_update_finished(cluster, record):  # where a run failed and is redriven
        return _answer(Move.WAIT, "an update by MSKLink has ended")
    asked = cluster.requested_schemes(settings().namespace).schemes
    wanted = frozenset(scheme for survey in task.surveys for scheme in survey.schemes)
    needed = wanted.union(task.facts.vendor_schemes, schemes_to_restore(cluster, asked, record))
    held = holds(
        cluster, needed, update_seconds(cluster) if needed - cluster.private_schemes else 0
    )
    frozen = freeze_hold(change_terms(cluster).freeze, cluster.arn)
    new = [frozen] if frozen else [held[scheme] for scheme in sorted(wanted & held.keys())]
    if new:  # the owner's terms, or the time, have changed since the survey
        return _answer(Move.WAIT, new[0].reason.message)
    wanted = needed - held.keys()
    verdict = next_move.decide_next_move(cluster, wanted)
    if verdict.move is Move.ENABLE:
        flags = private_connectivity.connectivity_flags(cluster, wanted)
        schemes = wanted - cluster.private_schemes
        expected = update_window.expected_window(
            msk_clusters.past_updates(msk, task.cluster_arn), cluster.brokers
        )
        cluster_item.record_enabling(task.cluster_arn, schemes)  # before the call may be lost
        try:
            operation = msk_clusters.enable_connectivity(msk, cluster, flags)
        except UpdateRejected as error:
            cluster_item.record_rejected_update(task.cluster_arn, str(error))
            logger.warning("update rejected", schemes=sorted(schemes), problem=str(error))
            return _answer(Move.WAIT, f"MSK rejects the update: {error}")
        cluster_item.record_enabling(task.cluster_arn, schemes, operation)
        logger.info("enabling connectivity", reason=verdict.reason, operation=operation)
        return _answer(Move.WAIT, verdict.reason, expected, cluster.brokers)
    return _answer(verdict.move, verdict.reason)


def _answer(
    move: Move,
    reason: str,
    expected: tuple[int, int] = update_window.UNKNOWN_WINDOW,
    brokers: int = 0,
) -> dict[str, Any]:
    seconds = update_window.wait_seconds(0, expected, brokers)
    return {"move": move, "reason": reason, "expected": expected, "wait_seconds": seconds}
