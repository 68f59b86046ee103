"""Request a run for each cluster that an event concerns, and start it unless one is in progress."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink.requests.inbound_events import read_event
from msklink.services import event_intake, lease
from msklink.settings import settings

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="id")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[str]]:
    installation = event_intake.Installation(
        context.invoked_function_arn, session_name=context.aws_request_id
    )
    clusters = [
        cluster_arn
        for trigger in read_event(event, settings().namespace)
        for cluster_arn in event_intake.clusters_to_run(trigger, installation)
    ]
    runs = [lease.request_run(cluster_arn) for cluster_arn in clusters]
    logger.info("runs requested", clusters=clusters, holders=runs)
    return {"runs": runs}
