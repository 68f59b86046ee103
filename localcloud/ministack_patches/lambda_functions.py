"""Lambda: limit concurrency, check failure destinations, and set the environment as Lambda does."""

import json
import logging
import os
import threading
from collections.abc import Callable
from typing import Any

from ministack.services import lambda_svc, stepfunctions
from ministack.services.cloudformation import provisioners

from localcloud.call_log import CallLog
from localcloud.iam.authorization import authorize_role
from localcloud.iam.checks import Check

logger = logging.getLogger("localcloud")

# MiniStack starts one process for each concurrent invocation. A Map over many accounts would start
# so many that each exceeds its timeout; on AWS each has its own processor.
_slots = threading.BoundedSemaphore(2 * (os.cpu_count() or 2))
_closing = threading.Event()

# The variables of the server that a function may see.
_INHERITED = {
    "AWS_CONFIG_FILE",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_ENDPOINT_URL",
    "AWS_SHARED_CREDENTIALS_FILE",
    "NO_PROXY",
    "PATH",
    "TMPDIR",
    "no_proxy",
}
_OF_LAMBDA = {
    "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
    "LANG": "en_US.UTF-8",
    "TZ": ":UTC",
}


def install(log: CallLog) -> None:
    lambda_svc._execute_function_provided_warm = _limit_concurrency(
        lambda_svc._execute_function_provided_warm, log
    )
    lambda_svc._provided_worker_env = _without_server_variables(lambda_svc._provided_worker_env)
    lambda_svc._route_async_failure = _authorized(lambda_svc._route_async_failure)
    stepfunctions._call_lambda = _throttled(stepfunctions._call_lambda)
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]
    handlers["create"] = _in_vpc(handlers["create"])


def refuse_new_invocations() -> None:
    _closing.set()


def _limit_concurrency(original: Callable[..., Any], log: CallLog) -> Callable[..., Any]:
    def execute(func: dict[str, Any], event: Any, request_id: str) -> Any:
        with _slots:
            if _closing.is_set():
                raise RuntimeError("the embedded AWS is stopping")
            result = original(func, event, request_id)
        config = func.get("config") or func
        account = config["FunctionArn"].split(":")[4]
        name = config["FunctionName"]
        error = result["body"].get("errorType", "") if result.get("error") else ""
        log.record(account, "", "function", name, 500 if error else 200, error)
        if error:
            logger.warning("%s: %s", name, json.dumps(result["body"]))
        return result

    return execute


def _without_server_variables(
    original: Callable[..., dict[str, str]],
) -> Callable[..., dict[str, str]]:
    def environment(config: dict[str, Any], code_dir: str, port: int) -> dict[str, str]:
        server_variables = {
            name: value for name, value in os.environ.items() if name not in _INHERITED
        }
        made = original(config, code_dir, port)
        return _OF_LAMBDA | {
            name: value for name, value in made.items() if server_variables.get(name) != value
        }

    return environment


def _in_vpc(original: Callable[..., Any]) -> Callable[..., Any]:
    """Set the VPC of a function that CloudFormation creates, as CreateFunction does."""

    def create(logical_id: str, properties: dict[str, Any], stack_name: str) -> Any:
        made = original(logical_id, properties, stack_name)
        config = lambda_svc._functions[made[0]]["config"]
        config["VpcConfig"] = lambda_svc._vpc_config_with_id(properties.get("VpcConfig"))
        return made

    return create


def _authorized(original: Callable[..., None]) -> Callable[..., None]:
    """Check that the function's role allows the destination (Lambda guide, async records)."""
    actions = {"sqs": "sqs:SendMessage", "sns": "sns:Publish", "events": "events:PutEvents"}

    def route(target_arn: str, func_name: str, event: Any, result: Any) -> None:
        service = target_arn.split(":")[2]
        config = lambda_svc._functions.get(func_name, {}).get("config", {})
        check = Check(actions.get(service, "lambda:InvokeFunction"), target_arn)
        region = target_arn.split(":")[3]
        if denied := authorize_role(config.get("Role", ""), "lambda.amazonaws.com", region, check):
            logger.warning("failed event of %s not delivered: %s", func_name, denied)
            return
        original(target_arn, func_name, event, result)

    return route


def _throttled(original: Callable[..., Any]) -> Callable[..., Any]:
    """Name the error of a throttled invocation Lambda.TooManyRequestsException, not Unknown."""

    def call(func_ref: str, event: Any) -> Any:
        try:
            return original(func_ref, event)
        except stepfunctions._ExecutionError as error:
            if error.error == "Lambda.Unknown" and '"TooManyRequestsException"' in error.cause:
                error.error = "Lambda.TooManyRequestsException"
            raise

    return call
