"""Task state Conclude: release the lease, unless there are newer requests."""

from aws_lambda_powertools import Logger

from msklink.runs.task_input import RoundConclusion
from msklink.services import lease, notifications
from msklink.services.task_state import task

logger = Logger()


@task
def handler(event: RoundConclusion) -> dict[str, bool]:
    newer = lease.conclude_round(
        event.cluster_arn,
        event.run,
        event.generation,
        has_room=event.has_room,
        fingerprint=event.fingerprint,
    )
    logger.info("round concluded", newer=newer, rounds=event.rounds)
    if not newer:
        notifications.run_concluded()
    return {"newer": newer}
