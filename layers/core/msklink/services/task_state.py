"""The decorator of all handlers of task states."""

import os
from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import parse
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink.aws.errors import transient_faults_named
from msklink.runs.task_input import Task

logger = Logger()


def task[Input: Task, Output](
    handler: Callable[[Input], Output],
) -> Callable[[dict[str, Any], LambdaContext], Output]:
    """
    Return the Lambda function for a task state that *handler* handles.

    The payload is parsed as the model in the signature of *handler*. Each log line carries the run
    as its correlation id, and the version of MSKLink. A transient fault of AWS, in the owner's or a
    client's account, is raised as TransientError, which the state machine retries. Other errors are
    raised unchanged.
    """
    [parameter] = signature(handler).parameters.values()
    named = transient_faults_named(handler)

    @logger.inject_lambda_context(correlation_id_path="run")
    @wraps(handler)
    def function(event: dict[str, Any], _: LambdaContext) -> Output:
        logger.append_keys(version=os.environ.get("VERSION", ""))
        payload: Input = parse(event=event, model=parameter.annotation)
        return named(payload)

    return function
