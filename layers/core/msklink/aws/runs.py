"""Starting runs in Step Functions."""

import json
from functools import cache
from typing import TYPE_CHECKING

from msklink.aws.session import CONFIG, own
from msklink.settings import settings

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


@cache
def client() -> "SFNClient":
    return own().client("stepfunctions", config=CONFIG)


def start(run: str, cluster_arn: str) -> bool:
    """
    Make sure that *run* was started; False when it has ended already.

    StartExecution answers alike for a new run and for one under way with the same name and input;
    for one that has ended it raises ExecutionAlreadyExists (Step Functions API reference).
    """
    try:
        client().start_execution(
            stateMachineArn=settings().state_machine_arn or "",
            name=run,
            input=json.dumps({"cluster_arn": cluster_arn}),
        )
    except client().exceptions.ExecutionAlreadyExists:
        return False
    return True
