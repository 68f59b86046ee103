"""Task state InspectCluster: read the cluster and its tags, and say what the run does next."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink.aws.errors import transient_faults_named
from msklink.runs.task_input import ClusterInspection
from msklink.services import cluster_inspection

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="run")
@event_parser
@transient_faults_named
def handler(event: ClusterInspection, context: LambdaContext) -> dict[str, Any]:
    answer = cluster_inspection.inspect(event)
    logger.info("cluster inspected", move=answer["move"], reason=answer["reason"])
    return answer
