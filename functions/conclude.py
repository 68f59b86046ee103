"""Task state Conclude: give the lease up, unless something newer was asked for meanwhile."""

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink.aws.errors import transient_faults_named
from msklink.runs.task_input import RoundConclusion
from msklink.services import lease, notifications

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="run")
@event_parser
@transient_faults_named
def handler(event: RoundConclusion, context: LambdaContext) -> dict[str, bool]:
    newer = lease.conclude_round(
        *(event.cluster_arn, event.run, event.generation),
        has_room=event.has_room,
        fingerprint=event.fingerprint,
    )
    logger.info("round concluded", newer=newer, rounds=event.rounds)
    if not newer:
        notifications.run_concluded()
    return {"newer": newer}
