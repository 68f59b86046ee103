"""The checks of EventBridge calls (Service Authorization Reference)."""

from localcloud.iam.checks import Check, Request


def eventbridge_checks(request: Request) -> list[Check]:
    """Return the check of DescribeEventBus, whose name MiniStack takes for that of a rule."""
    if request.operation != "DescribeEventBus":
        return []
    name = str(request.json().get("Name", "default"))
    bus = f"arn:aws:events:{request.region}:{request.account}:event-bus/{name}"
    return [Check(request.action, name if name.startswith("arn:") else bus)]
