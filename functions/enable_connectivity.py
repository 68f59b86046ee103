"""Task state EnableConnectivity: turn private connectivity on for the schemes that are wanted."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink.aws import dynamodb, msk_clusters
from msklink.aws.errors import aws_refusals, transient_faults_named
from msklink.cluster import next_move, private_connectivity, update_window
from msklink.cluster.next_move import Move
from msklink.connections.survey import ClusterFacts
from msklink.errors import Refused, UpdateRejected
from msklink.runs.cluster_record import ClusterRecord
from msklink.runs.task_input import Survey, Task
from msklink.services import connectivity, lease
from msklink.settings import settings

logger = Logger()


class Enabling(Task):
    surveys: tuple[Survey, ...]
    facts: ClusterFacts


@logger.inject_lambda_context(correlation_id_path="run")
@event_parser
@transient_faults_named
def handler(event: Enabling, context: LambdaContext) -> dict[str, Any]:
    record = lease.require_lease(event.cluster_arn, event.run)
    try:
        with aws_refusals():
            return _enable(event, record)
    except Refused as error:
        return _answer(Move.WAIT, error.refusal.message)  # InspectCluster meets it and tells it


def _enable(event: Enabling, record: ClusterRecord) -> dict[str, Any]:
    msk = msk_clusters.client()
    cluster = msk_clusters.describe_updates(msk, event.cluster_arn, record.operation)
    if cluster is None:
        return _answer(Move.WAIT, "the cluster is gone")
    if connectivity.is_update_finished(cluster, record):  # in a run that failed, and is redriven
        return _answer(Move.WAIT, "an update of ours is over")
    asked = cluster.requested_schemes(settings().namespace).schemes
    wanted = frozenset(scheme for survey in event.surveys for scheme in survey.schemes)
    wanted |= set(event.facts.vendor_schemes)
    wanted |= connectivity.schemes_to_restore(cluster, asked, record)
    verdict = next_move.decide_next_move(cluster, wanted)
    if verdict.move is Move.ENABLE:
        flags = private_connectivity.connectivity_flags(cluster, wanted)
        schemes = wanted - cluster.private_schemes
        expected = update_window.expected_window(
            msk_clusters.past_updates(msk, event.cluster_arn), cluster.brokers
        )
        dynamodb.record_enabling(event.cluster_arn, schemes)  # before, or its end could be missed
        try:
            operation = msk_clusters.enable_connectivity(msk, cluster, flags)
        except UpdateRejected as error:
            dynamodb.record_rejected_update(event.cluster_arn, str(error))
            logger.warning("update rejected", schemes=sorted(schemes), problem=str(error))
            return _answer(Move.WAIT, f"MSK does not take the update: {error}")
        dynamodb.record_enabling(event.cluster_arn, schemes, operation)
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
