"""Sweep twice, abort a run, and shut out the client: what MSKLink does without events."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tools.smoke.accounts import attempt
from tools.smoke.kinds import installation, observers
from tools.smoke.smoke import NotInTime, Smoke
from tools.smoke.steps import install
from tools.smoke.steps.network import CLIENT_VPC

MINUTES = 20
ATTEMPTS = 3
"""A run can end before it is stopped."""

STATEMENT = "ClientAccounts"
"""Of the policy of the bus (template.yaml)."""

Json = dict[str, Any]


def run(smoke: Smoke) -> None:
    _sweep(smoke)
    _abort(smoke)
    _shut_out(smoke)


def _invoke(smoke: Smoke, function: str, event: Json) -> Json:
    answer = smoke.owner.client("lambda").invoke(
        FunctionName=function, Payload=json.dumps(event).encode()
    )
    said = json.loads(answer["Payload"].read() or b"{}")
    return {"error": answer.get("FunctionError"), "said": said}


def holder(smoke: Smoke) -> str | None:
    """Return the run that has the lease of the cluster."""
    found = smoke.owner.client("dynamodb").get_item(
        TableName=smoke.state.fact("table"),
        Key={"cluster_arn": {"S": smoke.cluster_arn}, "item": {"S": "cluster"}},
        ConsistentRead=True,
    )
    run_name: str | None = found.get("Item", {}).get("holder", {}).get("S")
    return run_name


def wait_until_idle(smoke: Smoke) -> None:
    smoke.until(lambda: holder(smoke) is None, "no run is at work", MINUTES)


def _sweep(smoke: Smoke) -> None:
    wait_until_idle(smoke)
    name = f"{smoke.options.namespace}-sweep-clusters"
    runs: list[str] = []
    for number in range(2):
        answer = _invoke(smoke, name, {"id": f"smoke-{number}"})
        if answer["error"]:
            smoke.leave_open("sweeps", "The sweep failed.", answer)
            return
        mine = smoke.cluster_arn.split("/")[1]
        runs += [one for one in answer["said"].get("runs", []) if str(one).startswith(mine)]
        wait_until_idle(smoke)
    smoke.judge(
        "sweeps",
        confirmed=not runs,
        reason=f"they started {len(runs)} runs",
        evidence={"call": "lambda:Invoke", "runs": runs},
    )


def _abort(smoke: Smoke) -> None:
    states = smoke.owner.client("stepfunctions")
    executions = smoke.state.fact("state_machine").replace(":stateMachine:", ":execution:")
    for _ in range(ATTEMPTS):
        runs = start_run(smoke)
        aborted = [one for one in runs if _stopped(states, f"{executions}:{one}")]
        if aborted:
            break
        wait_until_idle(smoke)
    else:
        for key in ("lease", "A1"):
            smoke.leave_open(key, "Each run ended before it could be stopped.")
        return
    [name] = aborted
    _judge_lease(smoke, name)
    _judge_message(smoke, name)


def start_run(smoke: Smoke) -> list[str]:
    """Give MSKLink a tag event of the cluster, and return the runs that it starts."""
    stack = smoke.state.fact("stack")
    receiver = install.resource(smoke, "owner", stack, "ReceiveEventFunction")
    said = _invoke(smoke, receiver, _tag_event(smoke))["said"]
    runs: list[str] = said.get("runs", [])
    return runs


def _tag_event(smoke: Smoke) -> Json:
    namespace = smoke.options.namespace
    detail = {"service": "kafka", "resource-type": "cluster", "changed-tag-keys": [namespace]}
    return {
        "id": "smoke",
        "source": "aws.tag",
        "detail-type": "Tag Change on Resource",
        "account": smoke.owner.id,
        "resources": [smoke.cluster_arn],
        "detail": detail,
    }


def _stopped(states: Any, execution: str) -> bool:
    attempt(states.stop_execution, executionArn=execution)
    found = attempt(states.describe_execution, executionArn=execution).answer or {}
    return found.get("status") == "ABORTED"


def _judge_lease(smoke: Smoke, run_name: str) -> None:
    try:
        smoke.until(lambda: holder(smoke) != run_name, "the lease is released", MINUTES, every=10)
    except NotInTime:
        smoke.differ("lease", "it is still held", {"holder": run_name})
        return
    smoke.confirm("lease", "it is released", {"was": run_name, "holder": holder(smoke)})


def _judge_message(smoke: Smoke, run_name: str) -> None:
    url = str(smoke.state.find("queue", "owner-alerts"))
    texts: list[str] = []

    def message() -> str | None:
        texts.extend(str(one.get("Message", one)) for one in observers.receive(smoke, "owner", url))
        return next((one for one in texts if run_name in one), None)

    try:
        found = smoke.until(message, "the message about the aborted run comes", MINUTES, every=10)
    except NotInTime:
        smoke.differ("A1", "no message has come", {"messages": texts[:3]})
        return
    smoke.confirm("A1", "it has come", {"message": found})


@contextmanager
def _without_statement(smoke: Smoke) -> Iterator[None]:
    """Take the client account out of the policy of the bus, and put it back in any case."""
    events, bus = smoke.owner.client("events"), smoke.state.fact("bus").rpartition("/")[2]
    events.remove_permission(EventBusName=bus, StatementId=STATEMENT)
    try:
        yield
    finally:
        events.put_permission(
            EventBusName=bus,
            StatementId=STATEMENT,
            Action="events:PutEvents",
            Principal=smoke.client.id,
        )


def _shut_out(smoke: Smoke) -> None:
    if not smoke.has_two_accounts:
        smoke.leave_open("C8", "It needs a second account.")
        return
    if not smoke.state.fact("own_stack"):
        smoke.leave_open("C8", "The policy of the bus is not the smoke test's own.")
        return
    stack = f"{smoke.options.namespace}-client"
    queue = install.resource(smoke, "client", stack, "UndeliveredEvents")
    vpc_id = str(smoke.state.find("vpc", CLIENT_VPC))
    tag = {"Key": installation.stray_tag(smoke), "Value": "iam"}
    ec2 = smoke.client.client("ec2")
    messages: list[Json] = []

    def arrived() -> bool:
        messages.extend(observers.receive(smoke, "client", queue))
        return bool(messages)

    with _without_statement(smoke):
        ec2.create_tags(Resources=[vpc_id], Tags=[tag])
        try:
            smoke.until(arrived, "the event is in the client's queue", MINUTES, every=10)
        except NotInTime:
            smoke.differ("C8", "it is not there", {"queue": "empty"})
        else:
            event = messages[0]
            found = {"source": event.get("source"), "detail-type": event.get("detail-type")}
            smoke.confirm("C8", "it is there", found)
        ec2.delete_tags(Resources=[vpc_id], Tags=[tag])
