"""Task state EnableConnectivity: turn private connectivity on for the schemes that are wanted."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink import cluster as rules
from msklink import connectivity, leasing, polling
from msklink.aws import kafka, table
from msklink.cluster import Move
from msklink.settings import settings
from msklink.survey import ClusterFacts
from msklink.tasks import Survey, Task

logger = Logger()


class Enabling(Task):
    surveys: tuple[Survey, ...]
    facts: ClusterFacts


@logger.inject_lambda_context(correlation_id_path="run")
@event_parser
def handler(event: Enabling, context: LambdaContext) -> dict[str, Any]:
    record = leasing.keep(event.cluster_arn, event.run)
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
        table.note_enabling(event.cluster_arn, schemes)  # before, or its end could be missed
        operation = kafka.enable_connectivity(msk, cluster, flags)
        table.note_enabling(event.cluster_arn, schemes, operation)
        logger.info("enabling connectivity", reason=verdict.reason, operation=operation)
        expected = polling.window(kafka.past_updates(msk, event.cluster_arn), cluster.brokers)
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
