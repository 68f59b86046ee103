"""Schedule extra sweeps with EventBridge Scheduler."""

from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from msklink.aws.session import CONFIG, own_session
from msklink.settings import settings

if TYPE_CHECKING:
    from mypy_boto3_scheduler import EventBridgeSchedulerClient

LONGEST_NAME = 64
"""EventBridge Scheduler API reference, CreateSchedule."""


@cache
def client() -> "EventBridgeSchedulerClient":
    return own_session().client("scheduler", config=CONFIG)


def sweep_at(run: str, when: datetime) -> None:
    """Schedule one sweep at *when* because of *run*; a second call for the run has no effect."""
    chosen = settings()
    name = f"{chosen.namespace}-{run}"
    later = when + timedelta(seconds=1)  # after the due time, which has fractions of a second
    try:
        client().create_schedule(
            Name=name if len(name) <= LONGEST_NAME else name[:31] + name[-33:],
            ScheduleExpression=f"at({later:%Y-%m-%dT%H:%M:%S})",
            FlexibleTimeWindow={"Mode": "OFF"},
            ActionAfterCompletion="DELETE",
            Target={
                "Arn": chosen.sweep_function_arn,
                "RoleArn": chosen.schedule_role_arn,
                "RetryPolicy": {"MaximumRetryAttempts": 0},
            },
        )
    except client().exceptions.ConflictException:
        return
