"""Task state InspectCluster: read the cluster and its tags, and decide what the run does next."""

from typing import Any

from aws_lambda_powertools import Logger

from msklink.runs.task_input import ClusterInspection
from msklink.services import cluster_inspection
from msklink.services.task_state import task

logger = Logger()


@task
def handler(event: ClusterInspection) -> dict[str, Any]:
    answer = cluster_inspection.inspect(event)
    logger.info("cluster inspected", move=answer["move"], reason=answer["reason"])
    return answer
