"""
EventBridge: deliver across accounts, retry functions, and check roles and resource policies.

MiniStack delivers only within one account, does not retry functions, checks no role or resource
policy, and has no dead-letter queues of targets.

Unverified: AWS dead-letters an event that the bus of another account refuses, as is done here. If
it does not, such an event is lost, and the sweep recovers.
"""

import json
import logging
import time
from collections.abc import Callable
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.responses import get_account_id, get_region, json_response, request_scope
from ministack.services import eventbridge, lambda_svc, sns, sqs

from localcloud.iam.authorization import authorize_role
from localcloud.iam.checks import Check

logger = logging.getLogger("localcloud")

SERVICE = "events.amazonaws.com"


def install() -> None:
    eventbridge._put_events = _across_accounts(eventbridge._put_events)
    eventbridge._invoke_target = _as_on_aws(eventbridge._invoke_target)


class Undeliverable(Exception):
    """The target is missing or refuses the event, which goes to the dead-letter queue."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


# -------------------------------------------------------------------------------------- PutEvents


def _across_accounts(original: Callable[..., Any]) -> Callable[..., Any]:
    """Allow PutEvents on the bus of another account, if the policy of the bus does."""

    def put_events(data: dict[str, Any], allow_aws_source: bool = False) -> Any:
        entries = data.get("Entries", [])
        if not any(_is_foreign(entry.get("EventBusName", "")) for entry in entries):
            return original(data, allow_aws_source)
        results = [_put_one(original, entry, allow_aws_source) for entry in entries]
        failed = sum("ErrorCode" in result for result in results)
        return json_response({"FailedEntryCount": failed, "Entries": results})

    return put_events


def _put_one(original: Callable[..., Any], entry: dict[str, Any], allow_aws: bool) -> Any:
    bus_arn = entry.get("EventBusName", "")
    if not _is_foreign(bus_arn):
        return json.loads(original({"Entries": [entry]}, allow_aws)[2])["Entries"][0]
    if str(entry.get("Source", "")).startswith("aws."):
        return {
            "ErrorCode": "NotAuthorizedForSourceException",
            "ErrorMessage": "Not authorized for the source.",
        }
    event = {
        "EventId": eventbridge.new_uuid(),
        "Source": entry.get("Source", ""),
        "DetailType": entry.get("DetailType", ""),
        "Detail": entry.get("Detail", "{}"),
        "Time": int(time.time()),
        "Resources": entry.get("Resources", []),
        "Account": get_account_id(),
        "Region": get_region(),
    }
    try:
        _deliver_to_bus(bus_arn, event, iam_evaluator.caller_arn())
    except Undeliverable as refused:
        return {"ErrorCode": refused.code, "ErrorMessage": str(refused)}
    return {"EventId": event["EventId"]}


def _is_foreign(bus: str) -> bool:
    return bus.startswith("arn:") and bus.split(":")[4] != get_account_id()


def _deliver_to_bus(bus_arn: str, event: dict[str, Any], sender: str) -> None:
    """Put *event* on a bus of any account; the event keeps the account of its sender."""
    spec = parse_arn(bus_arn)
    name = spec.resource.split("/", 1)[1]
    with request_scope(spec.account_id, spec.region):
        if name != "default" and name not in eventbridge._event_buses:
            raise Undeliverable("ResourceNotFoundException", f"Event bus {name} does not exist.")
        if sender.split(":")[4] != spec.account_id:
            _check_bus_policy(eventbridge._event_bus_policies.get(name), bus_arn, sender)
        forwarded = {**event, "EventBusName": name}
        eventbridge._dispatch_event(forwarded)
        archived = {key: value for key, value in forwarded.items() if key != "_DispatchPath"}
        eventbridge._archive_event(archived)


def _check_bus_policy(policy: Any, bus_arn: str, sender: str) -> None:
    context = iam_evaluator.EvalContext(
        principal_arn=sender,
        principal_type="AssumedRole" if ":assumed-role/" in sender else "Root",
        principal_account=sender.split(":")[4],
        action="events:PutEvents",
        resource_arn=bus_arn,
        region=bus_arn.split(":")[3],
    )
    if iam_evaluator.evaluate_resource_policy(policy, context).decision != "Allow":
        raise Undeliverable(
            "AccessDeniedException",
            f"User: {sender} is not authorized to perform: events:PutEvents on resource: {bus_arn} "
            "because no resource-based policy allows the events:PutEvents action",
        )


# ---------------------------------------------------------------------------------------- Targets


def _as_on_aws(original: Callable[..., None]) -> Callable[..., None]:
    def invoke(target: dict[str, Any], event: Any, rule: Any, view: Any = None) -> None:
        try:
            spec = parse_arn(target.get("Arn", ""))
        except ArnParseError:
            original(target, event, rule, view)
            return
        try:
            match spec.service:
                case _ if ":scheduler:" in rule["Arn"]:
                    _by_schedule(original, target, event, rule)
                case "lambda":
                    _check_function_policy(target["Arn"], rule)
                    _invoke_function(target, event, rule, view)
                case "events" if spec.resource.startswith("event-bus/"):
                    _forward(target, event, rule, view)
                case "states":
                    _check_role(target, "states:StartExecution")
                    original(target, event, rule, view)
                case "sqs":
                    _check_queue_policy(target["Arn"], rule)
                    original(target, event, rule, view)
                case "sns":
                    _check_topic_policy(target["Arn"], rule)
                    original(target, event, rule, view)
                case _:
                    original(target, event, rule, view)
        except Undeliverable as refused:
            logger.warning("rule %s: %s not reached: %s", rule["Name"], target["Arn"], refused)
            _dead_letter(target, rule, _input(target, event, rule, view), refused)

    return invoke


def _by_schedule(original: Callable[..., None], target: Any, event: Any, schedule: Any) -> None:
    """Invoke the target of a schedule with the schedule's role, as EventBridge Scheduler does."""
    actions = {
        "lambda": "lambda:InvokeFunction",
        "states": "states:StartExecution",
        "sqs": "sqs:SendMessage",
        "events": "events:PutEvents",
    }
    service = target["Arn"].split(":")[2]
    if service not in actions:
        original(target, event, schedule)
        return
    _check_role(target, actions[service], "scheduler.amazonaws.com")
    if service == "lambda":
        _invoke_function(target, event, schedule, None)
    else:
        original(target, event, schedule)


def _check_function_policy(function_arn: str, rule: Any) -> None:
    found = lambda_svc.function_policy_for_arn(function_arn)
    if found is None:
        raise Undeliverable("RESOURCE_NOT_FOUND", f"Function not found: {function_arn}")
    context = _service_context("lambda:InvokeFunction", function_arn, rule)
    if iam_evaluator.evaluate_resource_policy(found[0], context, SERVICE).decision != "Allow":
        raise Undeliverable(
            "NO_PERMISSIONS", f"{function_arn} has no permission for {rule['Arn']} to invoke it"
        )


def _invoke_function(target: Any, event: Any, rule: Any, view: Any) -> None:
    """Invoke a function asynchronously, with Lambda's retries and failure destination."""
    func, config, name = lambda_svc._get_func_record_for_ref(target["Arn"])
    if not func or not config:
        raise Undeliverable("RESOURCE_NOT_FOUND", f"Function not found: {name}")
    record = lambda_svc._execution_record_for_config(func, config)
    lambda_svc.invoke_async_with_retry(record, json.loads(_input(target, event, rule, view)))


def _forward(target: Any, event: Any, rule: Any, view: Any) -> None:
    """Forward *event* to another bus with the target's role; role and bus policy must allow it."""
    sender = f"arn:aws:iam::{get_account_id()}:root"
    if target.get("RoleArn"):
        _check_role(target, "events:PutEvents")
        role = target["RoleArn"]
        name = role.rsplit("/", 1)[-1]
        sender = f"arn:aws:sts::{role.split(':')[4]}:assumed-role/{name}/events"
    key = eventbridge._rule_key(rule["Name"], rule.get("EventBusName", "default"))
    path = list(event.get("_DispatchPath") or [])
    if key in path:
        return
    forwarded = {**event, "_DispatchPath": [*path, key]}
    if any(name in target for name in ("Input", "InputPath", "InputTransformer")):
        forwarded["Detail"] = _input(target, event, rule, view)
    _deliver_to_bus(target["Arn"], forwarded, sender)


def _check_role(target: Any, action: str, service: str = SERVICE) -> None:
    role, check = target.get("RoleArn", ""), Check(action, target["Arn"])
    if not role:
        raise Undeliverable("NO_PERMISSIONS", f"the target {target['Arn']} has no role")
    if denied := authorize_role(role, service, get_region(), check):
        raise Undeliverable("NO_PERMISSIONS", str(denied))


def _check_queue_policy(queue_arn: str, rule: Any) -> None:
    if not sqs._queue_by_arn(queue_arn):
        raise Undeliverable("RESOURCE_NOT_FOUND", f"Queue not found: {queue_arn}")
    if not sqs.queue_policy_allows(queue_arn, SERVICE, rule["Arn"], get_account_id()):
        raise Undeliverable("NO_PERMISSIONS", f"{queue_arn} does not allow {rule['Arn']}")


def _check_topic_policy(topic_arn: str, rule: Any) -> None:
    """
    Check the topic's policy. A statement with a Condition does not admit EventBridge
    (EventBridge user guide, "Using resource-based policies", Amazon SNS permissions).
    """
    found = sns.topic_policy_for_arn(topic_arn)
    if found is None:
        raise Undeliverable("RESOURCE_NOT_FOUND", f"Topic not found: {topic_arn}")
    policy = json.loads(found[0] or "{}")
    policy["Statement"] = [
        each
        for each in policy.get("Statement", [])
        if each["Effect"] == "Deny" or not each.get("Condition")
    ]
    context = _service_context("sns:Publish", topic_arn, rule)
    if iam_evaluator.evaluate_resource_policy(policy, context, SERVICE).decision != "Allow":
        raise Undeliverable(
            "NO_PERMISSIONS", f"{topic_arn} does not allow {rule['Arn']} to publish"
        )


def _service_context(action: str, resource: str, rule: Any) -> Any:
    return iam_evaluator.EvalContext(
        principal_arn="*",  # the service itself, not a principal of an account
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource,
        region=get_region(),
        service_context={"aws:sourcearn": rule["Arn"], "aws:sourceaccount": get_account_id()},
    )


def _input(target: Any, event: Any, rule: Any, view: Any) -> str:
    """Return the target's input: the event, or the result of its Input… property."""
    view = view or eventbridge._pattern_event_view(event)
    if target.get("InputTransformer"):
        return str(eventbridge._apply_input_transformer(target["InputTransformer"], rule, view))
    if target.get("Input"):
        return str(target["Input"])
    whole = view.event_with_detail()
    for part in target.get("InputPath", "$").strip("$.").split("."):
        whole = whole.get(part, whole) if part else whole
    return json.dumps(whole)


def _dead_letter(target: Any, rule: Any, payload: str, refused: Undeliverable) -> None:
    queue_arn = (target.get("DeadLetterConfig") or {}).get("Arn", "")
    if not queue_arn:
        return
    try:
        _check_queue_policy(queue_arn, rule)
    except Undeliverable as also:
        logger.warning("event lost: %s", also)
        return
    queue = sqs._queue_by_arn(queue_arn)
    attributes = {
        "RULE_ARN": rule["Arn"],
        "TARGET_ARN": target["Arn"],
        "ERROR_CODE": refused.code,
        "ERROR_MESSAGE": str(refused),
    }
    eventbridge._dispatch_to_sqs(parse_arn(queue_arn), payload, {})
    queue["messages"][-1]["message_attributes"] = {
        name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
    }
