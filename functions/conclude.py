"""Task state Conclude: give the lease up, unless something newer was asked for meanwhile."""

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink import telling
from msklink.aws import table
from msklink.tasks import Task

logger = Logger()


class Conclusion(Task):
    generation: int


@logger.inject_lambda_context(correlation_id_path="run")
@event_parser
def handler(event: Conclusion, context: LambdaContext) -> dict[str, bool]:
    record = table.give_up_lease(event.cluster_arn, event.run, event.generation)
    newer = record.holder == event.run
    logger.info("round concluded", newer=newer, requested=record.requested)
    if not newer:
        telling.run_concluded()
    return {"newer": newer}
