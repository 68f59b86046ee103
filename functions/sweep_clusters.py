"""
Start runs where no event has reported a change, or where a removal or a retry is due.

AWS delivers its events on a best-effort basis (EventBridge reference), so the sweep finds what they
miss. It also finds clusters and VPCs that were tagged before MSKLink was deployed.
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
