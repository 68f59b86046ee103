"""Start and read runs, which are executions in Step Functions."""

import json
from functools import cache
from typing import TYPE_CHECKING

from msklink.arns import console_link
from msklink.aws.session import CONFIG, own_session
from msklink.runs.cluster_record import RunFailure
from msklink.settings import settings

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

FAILED = frozenset({"FAILED", "TIMED_OUT", "ABORTED"})

LONGEST_CAUSE = 2000
"""A cause can have 32,768 characters (Step Functions API reference), an event 256 KB."""


@cache
def client() -> "SFNClient":
    return own_session().client("stepfunctions", config=CONFIG)


def start(run: str, cluster_arn: str) -> bool:
    """
    Make sure that *run* was started; return False where it has ended.

    StartExecution succeeds for a new run, and for one in progress with the same name and input. For
    a run that has ended it raises ExecutionAlreadyExists (Step Functions API reference).
    """
    try:
        client().start_execution(
            stateMachineArn=settings().state_machine_arn,
            name=run,
            input=json.dumps({"cluster_arn": cluster_arn}),
        )
    except client().exceptions.ExecutionAlreadyExists:
        return False
    return True


def execution_arn(run: str) -> str:
    return f"{settings().state_machine_arn.replace(':stateMachine:', ':execution:')}:{run}"


def is_running(run: str) -> bool:
    return client().describe_execution(executionArn=execution_arn(run))["status"] == "RUNNING"


def read_failure(execution_arn: str) -> tuple[str, RunFailure] | None:
    """Return the cluster's ARN and how the run failed; None where it succeeded or is running."""
    execution = client().describe_execution(executionArn=execution_arn)
    if execution["status"] not in FAILED:
        return None
    return json.loads(execution["input"])["cluster_arn"], RunFailure(
        run=execution["name"],
        status=execution["status"],
        state=_last_state(execution_arn),
        error=execution.get("error", ""),
        cause=execution.get("cause", "")[:LONGEST_CAUSE],
        link=console_link(execution_arn),
        ended=execution["stopDate"],
    )


def _last_state(execution_arn: str) -> str:
    pages = (
        client()
        .get_paginator("get_execution_history")
        .paginate(executionArn=execution_arn, reverseOrder=True, includeExecutionData=False)
    )
    entered = (
        event["stateEnteredEventDetails"]["name"]
        for page in pages
        for event in page["events"]
        if "stateEnteredEventDetails" in event
    )
    return next(entered, "")
