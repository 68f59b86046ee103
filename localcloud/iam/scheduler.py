"""The checks of EventBridge Scheduler calls (Service Authorization Reference)."""

from localcloud.iam.checks import Check, Request


def scheduler_checks(request: Request) -> list[Check]:
    """Return the checks of a call; creating a schedule needs iam:PassRole."""
    if request.operation != "CreateSchedule":
        return []
    body = request.json()
    group, name = body.get("GroupName", "default"), request.path.rpartition("/")[2]
    place = f"arn:aws:scheduler:{request.region}:{request.account}"
    role = str(body.get("Target", {}).get("RoleArn", "*"))
    passed = {"iam:PassedToService": "scheduler.amazonaws.com"}
    return [
        Check(request.action, f"{place}:schedule/{group}/{name}"),
        Check("iam:PassRole", role, passed),
    ]
