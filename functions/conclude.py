"""Task state Conclude: give the lease up, unless something newer was asked for meanwhile."""

from aws_lambda_powertools import Logger

from msklink import lease, leasing, telling
from msklink.task_state import task
from msklink.tasks import Task

logger = Logger()


class Conclusion(Task):
    generation: int
    rounds: int
    clients: int
    fingerprint: str


@task
def handler(event: Conclusion) -> dict[str, bool]:
    has_room = lease.has_room(event.rounds, event.clients)
    newer = leasing.conclude(
        *(event.cluster_arn, event.run, event.generation),
        has_room=has_room,
        seen=event.fingerprint,
    )
    logger.info("round concluded", newer=newer, rounds=event.rounds)
    if not newer:
        telling.run_concluded()
    return {"newer": newer}
