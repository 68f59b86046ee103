"""Turn private connectivity on, conclude our update of it, and notice what others did to it."""

from collections.abc import Iterator
from typing import Any

from aws_lambda_powertools import Logger

from msklink.auth_scheme import Scheme
from msklink.aws import cluster_item, msk_clusters
from msklink.aws.errors import aws_refusals
from msklink.cluster import description, next_move, private_connectivity, update_window
from msklink.cluster.description import ClusterDescription
from msklink.cluster.next_move import Move
from msklink.errors import Refused, UpdateRejected
from msklink.refusals import Code, Refusal, refuse
from msklink.runs.cluster_record import ClusterRecord
from msklink.runs.task_input import ConnectivityUpdate
from msklink.services import drift_repair, notifications
from msklink.services.drift_repair import Repair
from msklink.settings import settings

logger = Logger(child=True)


def is_update_finished(cluster: ClusterDescription, record: ClusterRecord) -> bool:
    """
    Whether an update of ours has come to its end on a *cluster* that is settled.

    Without an operation it may never have begun, unless all is on that it was to turn on, or MSK
    did not take it.
    """
    ours = frozenset(record.enabling)
    all_on = bool(ours) and ours <= cluster.private_schemes
    is_known = record.operation is not None or bool(record.update_rejection)
    return description.is_settled(cluster) and (all_on or is_known)


def conclude_update(
    run: str, cluster: ClusterDescription, record: ClusterRecord
) -> dict[Scheme, Refusal]:
    """
    Tell how our update ended. What it failed to turn on is refused until something is asked
    for again, or it would be tried for ever.
    """
    if not is_update_finished(cluster, record):
        return {}
    missing = sorted(set(record.enabling) - cluster.private_schemes)
    problem = record.update_rejection or _problem(record)
    if not missing:
        logger.info("connectivity enabled", schemes=record.enabling)
        notifications.connectivity_enabled(cluster.arn.text, run, record.enabling)
        again = (private_connectivity.connectivity_drift(scheme).item for scheme in record.enabling)
        drift_repair.mark_resolved(cluster.arn.text, tuple(again))
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


def schemes_to_restore(
    cluster: ClusterDescription, asked: frozenset[Scheme], record: ClusterRecord
) -> set[Scheme]:
    """Schemes that somebody turned off and that are to be on, whether a client uses them or not."""
    return {scheme for scheme, repair in _repairs(cluster, asked, record) if not repair.refusal}


def _repairs(
    cluster: ClusterDescription, asked: frozenset[Scheme], record: ClusterRecord
) -> Iterator[tuple[Scheme, Repair]]:
    """Yield each scheme that somebody turned off, and what is to be done about it."""
    enabled = frozenset(record.enabled_schemes)
    for scheme in sorted(private_connectivity.turned_off_schemes(cluster, asked, enabled)):
        drift = private_connectivity.connectivity_drift(scheme)
        yield scheme, drift_repair.repair_of(cluster.arn.text, drift)


def handle_turned_off(
    run: str, cluster: ClusterDescription, asked: frozenset[Scheme], record: ClusterRecord
) -> dict[Scheme, Refusal]:
    """
    Schemes that somebody turned off and that stay off, for turning one on reboots the brokers.

    What is to be turned on again is noted, and left to EnableConnectivity, like all that is not on.
    """
    repairs = dict(_repairs(cluster, asked, record))
    for repair in repairs.values():
        if not repair.refusal:
            repair.record_attempt(run)
    return {
        scheme: turned_off_refusal(scheme) for scheme, repair in repairs.items() if repair.refusal
    }


def turned_off_refusal(scheme: Scheme) -> Refusal:
    """Return the refusal for a *scheme* that somebody turned off and that stays off."""
    return refuse(Code.SCHEME_TURNED_OFF, scheme=scheme, key=settings().namespace)


def record_enabled_schemes(
    cluster: ClusterDescription, asked: frozenset[Scheme], record: ClusterRecord
) -> None:
    """
    Note what is on, and that our update is over: in one write, and when all is told.

    Otherwise what we have turned on would look as if it had been on before.
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

    One update at a time: behind any other the run waits, and then looks at the cluster again.
    """
    try:
        with aws_refusals():
            return _enable(task, record)
    except Refused as error:
        return _answer(Move.WAIT, error.refusal.message)  # InspectCluster meets it and reports it


def _enable(task: ConnectivityUpdate, record: ClusterRecord) -> dict[str, Any]:
    msk = msk_clusters.client()
    cluster = msk_clusters.describe_updates(msk, task.cluster_arn, record.operation)
    if cluster is None:
        return _answer(Move.WAIT, "the cluster is gone")
    if is_update_finished(cluster, record):  # in a run that failed, and is redriven
        return _answer(Move.WAIT, "an update of ours is over")
    asked = cluster.requested_schemes(settings().namespace).schemes
    wanted = frozenset(scheme for survey in task.surveys for scheme in survey.schemes)
    wanted |= set(task.facts.vendor_schemes)
    wanted |= schemes_to_restore(cluster, asked, record)
    verdict = next_move.decide_next_move(cluster, wanted)
    if verdict.move is Move.ENABLE:
        flags = private_connectivity.connectivity_flags(cluster, wanted)
        schemes = wanted - cluster.private_schemes
        expected = update_window.expected_window(
            msk_clusters.past_updates(msk, task.cluster_arn), cluster.brokers
        )
        cluster_item.record_enabling(
            task.cluster_arn, schemes
        )  # before, or its end could be missed
        try:
            operation = msk_clusters.enable_connectivity(msk, cluster, flags)
        except UpdateRejected as error:
            cluster_item.record_rejected_update(task.cluster_arn, str(error))
            logger.warning("update rejected", schemes=sorted(schemes), problem=str(error))
            return _answer(Move.WAIT, f"MSK does not take the update: {error}")
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
