"""
Publish events of AWS services on a default bus, such as "AWS API Call via CloudTrail".

The latter need a trail that logs management events in the Region (EventBridge user guide, "AWS
service events delivered via AWS CloudTrail").
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import cloudtrail, eventbridge

from localcloud.msk import Caller


def publish(  # noqa: PLR0913, PLR0917 the parts of an event
    account: str,
    region: str,
    source: str,
    detail_type: str,
    detail: Mapping[str, Any],
    resources: Sequence[str] = (),
) -> None:
    """Publish an event of AWS on the default bus of *account*; PutEvents refuses `aws.` sources."""
    entry = {
        "Source": source,
        "DetailType": detail_type,
        "Detail": json.dumps(detail, default=str),
        "Resources": list(resources),
    }
    with request_scope(account, region):
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def publish_call(  # noqa: PLR0913 the parts of a record
    caller: Caller,
    service: str,
    operation: str,
    *,
    request: Mapping[str, Any] | None,
    response: Mapping[str, Any] | None = None,
    error: tuple[str, str] | None = None,
) -> None:
    """
    Publish the record of a call, if a trail logs it.

    *service* is "kafka", say, and *error* the code and message.
    """
    if not _is_logged(caller):
        return
    detail: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": _identity(caller),
        "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": f"{service}.amazonaws.com",
        "eventName": operation,
        "awsRegion": caller.region,
        "sourceIPAddress": "127.0.0.1",
        "userAgent": "localcloud",
        "requestParameters": request,
        "responseElements": response,
        "requestID": str(uuid.uuid4()),
        "eventID": str(uuid.uuid4()),
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": caller.account,
        "eventCategory": "Management",
    }
    if error:
        detail |= {"errorCode": error[0], "errorMessage": error[1]}
    publish(caller.account, caller.region, f"aws.{service}", "AWS API Call via CloudTrail", detail)


def _is_logged(caller: Caller) -> bool:
    with request_scope(caller.account, caller.region):
        return any(trail.get("IsLogging") for _, _, trail in cloudtrail._visible_trail_items())


def _identity(caller: Caller) -> dict[str, Any]:
    if ":assumed-role/" not in caller.arn:
        return {"type": "Root", "arn": caller.arn, "accountId": caller.account}
    _, role, session = caller.arn.split("/")
    issuer = {"type": "Role", "accountId": caller.account, "userName": role}
    return {
        "type": "AssumedRole",
        "principalId": f"{role}:{session}",
        "arn": caller.arn,
        "accountId": caller.account,
        "sessionContext": {"sessionIssuer": issuer},
    }
