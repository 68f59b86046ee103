"""Task state InspectConnections: read the states of all connections of the cluster in one call."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink.aws.errors import transient_faults_named
from msklink.runs.task_input import ConnectionInspection
from msklink.services import connection_inspection

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="run")
@event_parser
@transient_faults_named
def handler(event: ConnectionInspection, context: LambdaContext) -> dict[str, Any]:
    return connection_inspection.inspect(event)
