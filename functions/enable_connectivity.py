"""Task state EnableConnectivity: turn private connectivity on for the schemes that are wanted."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink.aws.errors import transient_faults_named
from msklink.runs.task_input import ConnectivityUpdate
from msklink.services import connectivity, lease

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="run")
@event_parser
@transient_faults_named
def handler(event: ConnectivityUpdate, context: LambdaContext) -> dict[str, Any]:
    record = lease.require_lease(event.cluster_arn, event.run)
    return connectivity.enable_schemes(event, record)
