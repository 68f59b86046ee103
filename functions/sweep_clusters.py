"""
Starts runs where something may have changed that no event has told of, or where time is up.

Events of AWS are best effort (EventBridge reference); this is what makes it sure. It is also how
clusters and VPCs come in that were tagged before MSKLink was there.
"""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink.services.account_scan import AccountScanner
from msklink.services.sweep import sweep

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="id")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[str]]:
    scanner = AccountScanner(context.invoked_function_arn, session_name=context.aws_request_id)
    return {"runs": sweep(scanner)}
