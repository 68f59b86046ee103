"""
Secrets Manager: rotate secrets by a Lambda function, at once and by their schedule.

RotateSecret checks the function's resource policy, labels an empty version AWSPENDING, and then
invokes the function with each step (Secrets Manager User Guide, Lambda rotation functions). With
RotateImmediately=false it invokes only testSecret, with a version that it removes afterwards (API
reference, RotateSecret). A rotation that fails keeps its version, and no other one begins until
AWSPENDING is removed from it.

Unverified: the version of that test has the current value. A schedule is due at the beginning of
its window. Secrets Manager calls functions with aws:SourceAccount but not aws:SourceArn. AWS
repeats a failed rotation within its window, which is not done here.
"""

import contextvars
import json
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from ministack.core import iam_evaluator
from ministack.core.responses import error_response_json, json_response, request_scope
from ministack.services import lambda_svc, secretsmanager

from localcloud.clock import SimulatedClock
from localcloud.ministack_patches.simulated_time import CountedThread, next_due
from localcloud.secret_rules import NO_FUNCTION, NOT_COMPLETE, NOT_INVOCABLE

logger = logging.getLogger("localcloud")

Json = dict[str, Any]
Handler = Callable[..., Awaitable[Any]]

SERVICE: Final = "secretsmanager.amazonaws.com"
STEPS: Final = ("createSecret", "setSecret", "testSecret", "finishSecret")
PENDING: Final = "AWSPENDING"
CURRENT: Final = "AWSCURRENT"


def install(clock: SimulatedClock) -> None:
    rotations = _Rotations(clock)
    secretsmanager._rotate_secret = rotations.rotate(secretsmanager._rotate_secret)
    secretsmanager._describe_secret = _with_dates(secretsmanager._describe_secret)
    clock.add(rotations)


def with_cancel_rotate_secret(handler: Handler) -> Handler:
    """Serve the operation CancelRotateSecret, which MiniStack lacks."""

    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Any:
        if headers.get("x-amz-target", "").endswith(".CancelRotateSecret"):
            return _cancel(json.loads(body or b"{}"))
        return await handler(method, path, headers, body, query)

    return handle


def _cancel(data: Json) -> Any:
    _, secret = secretsmanager._resolve(data.get("SecretId"))
    if not secret or secret.get("DeletedDate"):
        return secretsmanager._update_secret({"SecretId": data.get("SecretId")})  # its errors
    secret["RotationEnabled"] = False
    answer = {"ARN": secret["ARN"], "Name": secret["Name"]}
    token = _pending(secret)
    return json_response({**answer, "VersionId": token} if token else answer)


class _Rotations:
    """The rotations in progress, and the timer source of those that schedules begin."""

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock

    def rotate(self, original: Callable[[Json], Any]) -> Callable[[Json], Any]:
        def rotate(data: Json) -> Any:
            _, secret = secretsmanager._resolve(data.get("SecretId"))
            if not secret or secret.get("DeletedDate") or secretsmanager._is_replica(secret):
                return original(data)
            token = str(data.get("ClientRequestToken") or secretsmanager.new_uuid())
            answer = {"ARN": secret["ARN"], "Name": secret["Name"]}
            if refusal := _refusal(secret, data, token):
                return refusal
            secret["RotationLambdaARN"] = _function_of(secret, data)
            secret["RotationRules"] = data.get("RotationRules") or secret.get("RotationRules")
            secret["RotationEnabled"] = True
            secret["_RotationSince"] = time.time()
            if not data.get("RotateImmediately", True):
                self._begin(secret, token, self._test)
                return json_response(answer)
            if token not in secret["Versions"]:
                self._begin(secret, token, self._run)
            return json_response({**answer, "VersionId": token})

        return rotate

    def next_due(self) -> datetime | None:
        moments = [due for _, secret in _scheduled() if (due := _next_rotation(secret))]
        return datetime.fromtimestamp(min(moments), UTC) if moments else None

    def settle(self) -> None:
        for (account, region), secret in list(_scheduled()):
            due = _next_rotation(secret)
            if due is not None and due <= time.time():
                with request_scope(account, region):
                    self._begin(secret, secretsmanager.new_uuid(), self._run)

    def _begin(self, secret: Json, token: str, work: Callable[[Json, str], None]) -> None:
        """Create the version *token* and *work* with it in a thread, which counts as work."""
        now = time.time()
        secret["_RotationSince"] = now
        secret["Versions"][token] = {
            "SecretString": None,
            "SecretBinary": None,
            "CreatedDate": int(now),
            "Stages": [PENDING],
        }
        for version, content in secret["Versions"].items():
            if version != token and PENDING in content["Stages"]:  # left by a rotation that ended
                content["Stages"].remove(PENDING)
        run = contextvars.copy_context().run
        CountedThread(self._clock, target=run, args=(work, secret, token)).start()

    def _run(self, secret: Json, token: str) -> None:
        for step in STEPS:
            if not secret["RotationEnabled"] or not _invoke(secret, token, step):
                return
        if CURRENT in secret["Versions"].get(token, {}).get("Stages", []):
            secret["LastRotatedDate"] = time.time()

    def _test(self, secret: Json, token: str) -> None:
        _, current = secretsmanager._find_stage_version(secret, CURRENT)
        for name in ("SecretString", "SecretBinary"):
            secret["Versions"][token][name] = (current or {}).get(name)
        try:
            _invoke(secret, token, "testSecret")
        finally:
            secret["Versions"].pop(token, None)


def _refusal(secret: Json, data: Json, token: str) -> Any:
    """Return the error of RotateSecret; None if it can begin or has begun with *token*."""
    if _pending(secret) not in (None, token):
        return error_response_json("InvalidRequestException", NOT_COMPLETE, 400)
    function = _function_of(secret, data)
    if not function:
        return error_response_json("InvalidRequestException", NO_FUNCTION, 400)
    rules = data.get("RotationRules") or {}
    if "AutomaticallyAfterDays" in rules and "ScheduleExpression" in rules:
        text = "You can't specify both AutomaticallyAfterDays and ScheduleExpression."
        return error_response_json("InvalidParameterException", text, 400)
    if not _may_invoke(secret, function):
        return error_response_json("AccessDeniedException", NOT_INVOCABLE, 400)
    return None


def _function_of(secret: Json, data: Json) -> str:
    return str(data.get("RotationLambdaARN") or secret.get("RotationLambdaARN") or "")


def _may_invoke(secret: Json, function: str) -> bool:
    found = lambda_svc.function_policy_for_arn(function)
    if found is None:
        return False
    _, _, _, region, account, *_ = secret["ARN"].split(":")
    context = iam_evaluator.EvalContext(
        principal_arn="*",  # the service itself, not a principal of an account
        principal_type="Service",
        principal_account="",
        action="lambda:InvokeFunction",
        resource_arn=function,
        region=region,
        service_context={"aws:sourceaccount": account},
    )
    return bool(
        iam_evaluator.evaluate_resource_policy(found[0], context, SERVICE).decision == "Allow"
    )


def _invoke(secret: Json, token: str, step: str) -> bool:
    """Invoke the function with *step*; return whether it succeeded."""
    function = secret["RotationLambdaARN"]
    func, config, _ = lambda_svc._get_func_record_for_ref(function)
    if not func or not config or not _may_invoke(secret, function):
        logger.warning("rotation of %s: %s", secret["Name"], NOT_INVOCABLE)
        return False
    event = {"Step": step, "SecretId": secret["ARN"], "ClientRequestToken": token}
    record = lambda_svc._execution_record_for_config(func, config)
    result = lambda_svc._execute_function(record, event)
    if result.get("error"):
        logger.warning("rotation of %s: %s failed: %s", secret["Name"], step, result.get("body"))
    return not result.get("error")


def _pending(secret: Json) -> str | None:
    """Return the version of a rotation that is not complete."""
    for version, content in secret["Versions"].items():
        if PENDING in content["Stages"] and CURRENT not in content["Stages"]:
            return str(version)
    return None


# -------------------------------------------------------------------------------------- schedules


def _scheduled() -> Iterator[tuple[tuple[str, str], Json]]:
    """Yield the secrets that a schedule rotates, with account and Region."""
    for (account, region, _), secret in list(secretsmanager._secrets._data.items()):
        is_idle = not secret.get("DeletedDate") and _pending(secret) is None
        if secret.get("RotationEnabled") and secret.get("_RotationSince") and is_idle:
            yield (account, region), secret


def _next_rotation(secret: Json) -> float | None:
    """
    Return when the next rotation is due.

    Days and rates count from the last rotation, or from a later change of the value, which is one
    too (API reference, RotationRulesType).
    """
    rules = secret.get("RotationRules") or {}
    _, current = secretsmanager._find_stage_version(secret, CURRENT)
    last = max(float(secret["_RotationSince"]), float((current or {}).get("CreatedDate", 0)))
    if days := rules.get("AutomaticallyAfterDays"):
        return last + int(days) * 24 * 60 * 60
    return min(next_due(rules.get("ScheduleExpression", ""), last, last), default=None)


def _with_dates(original: Callable[[Json], Any]) -> Callable[[Json], Any]:
    def describe(data: Json) -> Any:
        status, headers, body = original(data)
        _, secret = secretsmanager._resolve(data.get("SecretId"))
        if not secret or not secret.get("_RotationSince"):
            return status, headers, body
        shown = json.loads(body)
        if "LastRotatedDate" in secret:
            shown["LastRotatedDate"] = secret["LastRotatedDate"]
        if secret["RotationEnabled"] and (due := _next_rotation(secret)):
            shown["NextRotationDate"] = due
        return json_response(shown)

    return describe
