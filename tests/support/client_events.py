"""The events by which clients request, as EventBridge delivers them to ReceiveEvent."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.aws import CLIENT, Accounts
from tests.support.functions import invoke

VPC = "vpc-0123456789abcdef0"
START = datetime(2025, 12, 31, tzinfo=UTC)  # before the clock of the tests starts


def with_time(event: dict[str, Any], second: int) -> dict[str, Any]:
    """Return *event* with the given time in its envelope, in seconds after START."""
    time = START + timedelta(seconds=second)
    return event | {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ")}


def receive(event: dict[str, Any]) -> list[str]:
    runs: list[str] = invoke("ReceiveEventFunction", event)["runs"]
    return runs


def request(account: str = CLIENT, **changes: Any) -> dict[str, Any]:
    detail = {"cluster": "orders", "vpc_id": VPC, "schemes": ["iam"]} | changes
    return {
        "id": "1",
        "source": "a.client",
        "detail-type": "Client Onboarding Requested",
        "account": account,
        "detail": detail,
    }


def vpc_tagged(
    account: str = CLIENT, key: str = "msklink/orders", tag: str = "iam"
) -> dict[str, Any]:
    return {
        "id": "1",
        "source": "aws.tag",
        "detail-type": "Tag Change on Resource",
        "account": account,
        "resources": [f"arn:aws:ec2:eu-west-1:{account}:vpc/{VPC}"],
        "detail": {
            "service": "ec2",
            "resource-type": "vpc",
            "changed-tag-keys": [key],
            "tags": {key: tag} if tag else {},
        },
    }


def offboarding_request(*schemes: str) -> dict[str, Any]:
    detail = {"cluster": "orders", "vpc_id": VPC} | ({"schemes": schemes} if schemes else {})
    return request() | {"detail-type": "Client Offboarding Requested", "detail": detail}


def refusal_codes(accounts: Accounts) -> list[str]:
    """Return the codes of the Client Refused events since the last call."""
    return [event["refusal"]["code"] for event in accounts.take_events("Client Refused")]
