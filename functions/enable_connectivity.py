"""Task state EnableConnectivity: turn private connectivity on for the schemes that are wanted."""

from typing import Any

from aws_lambda_powertools import Logger

from msklink import cluster as rules
from msklink import connectivity, leasing, polling
from msklink.aws import kafka, table
from msklink.aws.errors import refusals_of_aws
from msklink.cluster import Move
from msklink.errors import Refused, UpdateRejected
from msklink.records import Cluster as Record
from msklink.settings import settings
from msklink.survey import ClusterFacts
from msklink.task_state import task
from msklink.tasks import Survey, Task

logger = Logger()


class Enabling(Task):
    surveys: tuple[Survey, ...]
    facts: ClusterFacts


@task
def handler(event: Enabling) -> dict[str, Any]:
    record = leasing.keep(event.cluster_arn, event.run)
    try:
        with refusals_of_aws():
            return _enable(event, record)
    except Refused as error:
        return _answer(Move.WAIT, error.refusal.message)  # InspectCluster meets it and tells it


def _enable(event: Enabling, record: Record) -> dict[str, Any]:
    msk = kafka.client()
    cluster = kafka.describe_updates(msk, event.cluster_arn, record.operation)
    if cluster is None:
        return _answer(Move.WAIT, "the cluster is gone")
    if connectivity.is_update_over(cluster, record):  # in a run that failed, and is redriven
        return _answer(Move.WAIT, "an update of ours is over")
    asked = cluster.asked(settings().namespace).schemes
    wanted = frozenset(scheme for survey in event.surveys for scheme in survey.schemes)
    wanted |= set(event.facts.vendor_schemes)
    wanted |= connectivity.to_turn_on_again(cluster, asked, record)
    verdict = rules.next_move(cluster, wanted)
    if verdict.move is Move.ENABLE:
        flags = rules.connectivity_flags(cluster, wanted)
        schemes = wanted - cluster.private
        expected = polling.window(kafka.past_updates(msk, event.cluster_arn), cluster.brokers)
        table.note_enabling(event.cluster_arn, schemes)  # before, or its end could be missed
        try:
            operation = kafka.enable_connectivity(msk, cluster, flags)
        except UpdateRejected as error:
            table.note_rejected(event.cluster_arn, str(error))
            logger.warning("update rejected", schemes=sorted(schemes), problem=str(error))
            return _answer(Move.WAIT, f"MSK does not take the update: {error}")
        table.note_enabling(event.cluster_arn, schemes, operation)
        logger.info("enabling connectivity", reason=verdict.reason, operation=operation)
        return _answer(Move.WAIT, verdict.reason, expected, cluster.brokers)
    return _answer(verdict.move, verdict.reason)


def _answer(
    move: Move,
    reason: str,
    expected: tuple[int, int] = polling.UNKNOWN_WINDOW,
    brokers: int = 0,
) -> dict[str, Any]:
    seconds = polling.wait_seconds(0, expected, brokers)
    return {"move": move, "reason": reason, "expected": expected, "wait_seconds": seconds}
