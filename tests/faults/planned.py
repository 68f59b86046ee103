"""Compare what PlanCluster says before each run with the calls that the run then makes."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from botocore.client import BaseClient
from moto.iam.models import get_account_id_from

from msklink.aws.dry_run.call import Call
from msklink.services.run_plan import SHOWN
from tests.support import step_functions
from tests.support.functions import OWNER, given, invoke, running

PLANNER = "PlanClusterFunction"

PLAN = "/msklink/orders/plan"
"""The parameter with the plan, which is no step of it."""

_BROKERS = re.compile(r"(?:b-\d+\.[\w.-]+:\d+,?)+|brokers-of-\w+-after-the-reboot")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ][\d:.]+(\+00:00|Z)?")
_VERSION = re.compile(r'"CurrentVersion": "\w+"')
_PASSWORD = re.compile(r'"SecretString": ".*?[^\\]"')
_PLANNED = re.compile(
    r"arn:aws:kafka:[\w:-]+:vpc-connection/\w+/\w+/planned-\d+|sg-planned\d+"
    r"|arn:aws:secretsmanager:[\w:-]+-planned"
)


@dataclass
class RunCalls:
    """The plan that was made as a run began, and the calls that it made."""

    plan: dict[str, Any]
    calls: list[dict[str, Any]] = field(default_factory=list)
    created: list[str] = field(default_factory=list)
    """Ids of what it created."""

    def planned(self) -> list[str]:
        steps = [
            {"call": step["call"], "account": step["account"], "parameters": step["parameters"]}
            for step in self.plan["steps"]
        ]
        return _lines(steps, _PLANNED.findall(json.dumps(steps)))

    def made(self) -> list[str]:
        return _lines(self.calls, self.created)


@dataclass
class Recording:
    """All runs while it lasts, and the operations that the planner sent to AWS."""

    runs: dict[str, RunCalls] = field(default_factory=dict)
    sent_by_planner: set[str] = field(default_factory=set)


def plan(cluster_arn: str, **assumptions: Any) -> dict[str, Any]:
    """Return the plan for the cluster."""
    answer: dict[str, Any] = invoke(PLANNER, {"cluster": cluster_arn, "if": assumptions})
    return answer


@contextmanager
def recorded_runs() -> Iterator[Recording]:
    """Plan each run as it begins, and record its calls."""
    recording = Recording()
    invoke_function, make_call, send = invoke, BaseClient._make_api_call, BaseClient._make_request  # type: ignore[attr-defined]  # all calls pass here

    def invoke_after_planning(logical_id: str, payload: Any) -> Any:
        run = payload.get("run", "") if isinstance(payload, Mapping) else ""
        if logical_id == "InspectClusterFunction" and run not in recording.runs:
            recording.runs[run] = RunCalls(plan(payload["cluster_arn"]))
        return invoke_function(logical_id, payload)

    def record(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        event = given.get() or {}
        calls = recording.runs.get(event.get("run", ""))
        call = Call(client.meta.service_model.service_name, operation, _account(client), parameters)
        is_ours = running.get() != PLANNER and PLAN not in str(parameters)
        if not (calls and is_ours and call.writes and call.service in SHOWN):
            return make_call(client, operation, parameters)
        calls.calls.append(
            {
                "call": f"{call.service}:{operation}",
                "account": call.account,
                "parameters": json.loads(json.dumps(parameters, default=str)),
            }
        )
        answer = make_call(client, operation, parameters)
        calls.created += [
            answer[name]
            for name in ("GroupId", "VpcConnectionArn", "ARN")
            if operation.startswith("Create") and name in answer
        ]
        return answer

    def record_sent(client: Any, model: Any, *arguments: Any) -> Any:
        if running.get() == PLANNER:
            recording.sent_by_planner.add(model.name)
        return send(client, model, *arguments)

    with (
        mock.patch.object(step_functions, "invoke", invoke_after_planning),
        mock.patch.object(BaseClient, "_make_api_call", record),
        mock.patch.object(BaseClient, "_make_request", record_sent),
    ):
        yield recording


def _account(client: Any) -> str:
    """Return the account of *client*: that of the role that it assumed, or the owner's."""
    key = client._request_signer._credentials.access_key
    return get_account_id_from(key) if key.startswith("ASIA") else OWNER


def _lines(calls: list[dict[str, Any]], created: list[str]) -> list[str]:
    """Return each of *calls* as a line, with names in place of what is generated."""
    text = json.dumps(calls)
    mentioned = sorted({one for one in created if one in text}, key=text.index)
    names = {one: f"created {number}" for number, one in enumerate(mentioned, 1)}
    return [_normalized(json.dumps(call, sort_keys=True), names) for call in calls]


def _normalized(text: str, names: Mapping[str, str]) -> str:
    for created, name in names.items():
        text = text.replace(created, name)
    for pattern, name in (
        (_BROKERS, "BROKERS"),
        (_TIME, "TIME"),
        (_VERSION, "VERSION"),
        (_PASSWORD, "PASSWORD"),
    ):
        text = pattern.sub(name, text)
    return text
