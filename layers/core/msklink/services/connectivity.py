"""Private connectivity of a cluster between two looks: how our update ended, what others did."""

from aws_lambda_powertools import Logger

from msklink.auth_scheme import Scheme
from msklink.aws import dynamodb, msk_clusters
from msklink.cluster import description, private_connectivity
from msklink.cluster.description import Cluster
from msklink.refusals import Code, Refusal, refuse
from msklink.runs.cluster_record import Cluster as Record
from msklink.services import drift_repair, notifications
from msklink.settings import settings

logger = Logger(child=True)


def is_update_over(cluster: Cluster, record: Record) -> bool:
    """
    Whether an update of ours has come to its end on a *cluster* that is settled.

    Without an operation it may never have begun, unless all is on that it was to turn on, or MSK
    did not take it.
    """
    ours = frozenset(record.enabling)
    all_on = bool(ours) and ours <= cluster.private
    is_known = record.operation is not None or bool(record.rejected)
    return description.is_settled(cluster) and (all_on or is_known)


def conclude_update(run: str, cluster: Cluster, record: Record) -> dict[Scheme, Refusal]:
    """
    Tell how our update ended. What it failed to turn on is refused until something is asked
    for again, or it would be tried for ever.
    """
    if not is_update_over(cluster, record):
        return {}
    missing = sorted(set(record.enabling) - cluster.private)
    problem = record.rejected or _problem(record)
    if not missing:
        logger.info("connectivity enabled", schemes=record.enabling)
        notifications.connectivity_enabled(cluster.arn.text, run, record.enabling)
        again = (private_connectivity.turned_off(scheme).item for scheme in record.enabling)
        drift_repair.settle(cluster.arn.text, tuple(again))
    failed = refuse(
        Code.CONNECTIVITY_UPDATE_FAILED,
        schemes=" and ".join(missing),
        problem=problem or "the operation ended without them",
        operation=record.operation or "the call UpdateConnectivity",
        key=settings().namespace,
    )
    return dict.fromkeys(missing, failed)


def _problem(record: Record) -> str | None:
    return (
        msk_clusters.update_error(msk_clusters.client(), record.operation)
        if record.operation
        else None
    )


def to_turn_on_again(cluster: Cluster, asked: frozenset[Scheme], record: Record) -> set[Scheme]:
    """Schemes that somebody turned off and that are to be on, whether a client uses them or not."""
    missing = private_connectivity.missing_again(cluster, asked, frozenset(record.turned_on))
    arn = cluster.arn.text
    return {
        one
        for one in missing
        if drift_repair.why_not(arn, private_connectivity.turned_off(one)) is None
    }


def turned_off(
    run: str, cluster: Cluster, asked: frozenset[Scheme], record: Record
) -> dict[Scheme, Refusal]:
    """
    Schemes that somebody turned off and that stay off, for turning one on reboots the brokers.

    What is to be turned on again is noted, and left to EnableConnectivity, like all that is not on.
    """
    again = to_turn_on_again(cluster, asked, record)
    for scheme in sorted(again):
        drift_repair.begin(cluster.arn.text, run, private_connectivity.turned_off(scheme))
    missing = private_connectivity.missing_again(cluster, asked, frozenset(record.turned_on))
    return {
        scheme: refuse(Code.SCHEME_TURNED_OFF, scheme=scheme, key=settings().namespace)
        for scheme in sorted(missing - again)
    }


def remember(cluster: Cluster, asked: frozenset[Scheme], record: Record) -> None:
    """
    Note what is on, and that our update is over: in one write, and when all is told.

    Otherwise what we have turned on would look as if it had been on before.
    """
    seen = frozenset(record.turned_on)
    on = (cluster.private & asked) | private_connectivity.missing_again(cluster, asked, seen)
    if record.enabling or on != seen:
        dynamodb.note_turned_on(cluster.arn.text, on)
