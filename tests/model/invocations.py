"""
Invocations of our code that stop between their calls to AWS.

Every step runs the code from the start: its first calls are answered from a log, and it stops at
the next call. A state of the model holds such logs, not threads, so it can be compared and copied.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple, Never, Self

from botocore.exceptions import ClientError

from msklink import clock
from msklink.auth_scheme import Scheme
from msklink.aws import cluster_item, step_functions
from msklink.change_control.holds import Hold
from msklink.connections.wanted_connections import ClusterFacts
from msklink.errors import LeaseLost
from msklink.refusals import Code, refuse
from msklink.runs.task_input import HeldTask, Survey
from msklink.services import change_holds, lease, sweep
from tests.model.aws_model import Answer, Call, wire

WINDOW_BEGINS = datetime(2026, 1, 3, tzinfo=UTC)

CLUSTER = "arn:aws:kafka:eu-west-1:111111111111:cluster/orders/0b1c2d3e-1"


class Kind(StrEnum):
    REQUEST = "request"
    INSPECTION = "inspection"
    CONCLUSION = "conclusion"
    FAILURE = "failed-run handling"
    HOLDING = "holding"
    SWEEP = "sweep"


class Invocation(NamedTuple):
    """An invocation of a function, and its progress."""

    kind: Kind
    run: str = ""
    generation: int = 0
    seen: int = 0
    """Number of requests that the run had seen when it concluded."""
    is_held: bool = False
    """Whether the window had not begun when the run inspected the cluster."""
    is_new: bool = False
    """Whether it is the first delivery of a request; its first call counts the request."""
    log: tuple[Answer, ...] = ()
    """The responses to its calls so far."""

    def with_answer(self, answer: Answer) -> Self:
        return self._replace(log=(*self.log, answer), is_new=False)

    def restarted(self) -> Self:
        """Return the retry of an invocation that died; it does not count a new request."""
        return self._replace(log=(), is_new=False)

    def __str__(self) -> str:
        match self.kind:
            case Kind.REQUEST if self.log:
                return f"request {self.log[0].item[0][2]}"
            case Kind.REQUEST:
                return "a request" if self.is_new else "a repeated request"
            case Kind.SWEEP:
                return "a sweep"
            case _:
                return f"{self.kind} of {self.run}"


class Returned(NamedTuple):
    value: Any


class Stopped(BaseException):
    """Stops an invocation at a call; not an Exception, so that our code does not handle it."""

    def __init__(self, call: Call) -> None:
        super().__init__(call)
        self.call = call


class Clients:
    """Replaces the boto3 clients of our code and its clock, for one invocation at a time."""

    class exceptions:
        class ConditionalCheckFailedException(ClientError): ...

        class ExecutionAlreadyExists(ClientError): ...

        class ConflictException(ClientError): ...

    def __init__(self) -> None:
        self._answers: Iterator[Answer] = iter(())

    def next_call(self, invocation: Invocation, *, has_room: bool) -> Call | Returned:
        """Return the next call of *invocation* after those in its log, or its result."""
        self._answers = iter(invocation.log)
        try:
            return Returned(_perform(invocation, has_room=has_room))
        except Stopped as stopped:
            return stopped.call

    def get_item(self, **request: Any) -> dict[str, Any]:
        return self._call("GetItem", request)

    def update_item(self, **request: Any) -> dict[str, Any]:
        return self._call("UpdateItem", request)

    def start_execution(self, **request: Any) -> dict[str, Any]:
        return self._call("StartExecution", request)

    def describe_execution(self, **request: Any) -> dict[str, Any]:
        answer = self._answer("DescribeExecution", request)
        return {name: text for name, _, text in answer.item}

    def put_events(self, **request: Any) -> dict[str, Any]:
        [entry] = request["Entries"]
        self._answer("PutEvents", {"name": entry["DetailType"]})
        return {"FailedEntryCount": 0}

    def create_schedule(self, **request: Any) -> None:
        self._answer("CreateSchedule", {"name": request["Name"]})

    def now(self) -> datetime:
        """Return the time; reading the clock is a call too, so that it can pass meanwhile."""
        [(_, _, text)] = self._answer("Now", {}).item
        return datetime.fromisoformat(text)

    def _call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        answer = self._answer(operation, request)
        response = {answer.field: wire(answer.item)} if answer.field else {}
        if answer.error:
            self._fail(operation, answer.error, response)
        return response

    def _answer(self, operation: str, request: dict[str, Any]) -> Answer:
        answer = next(self._answers, None)
        if answer is None:
            raise Stopped(Call(operation, json.dumps(request)))
        return answer

    def _fail(self, operation: str, error: str, response: dict[str, Any]) -> Never:
        raise getattr(self.exceptions, error)(response | {"Error": {"Code": error}}, operation)


def _perform(invocation: Invocation, *, has_room: bool) -> object:
    run = invocation.run
    match invocation.kind:
        case Kind.REQUEST:
            return lease.request_run(CLUSTER)
        case Kind.INSPECTION:
            return cluster_item.read_cluster(CLUSTER).requested
        case Kind.CONCLUSION:
            return lease.conclude_round(CLUSTER, run, invocation.generation, has_room=has_room)
        case Kind.FAILURE:
            lease.free_lease_of(CLUSTER, run)
            return None
        case Kind.HOLDING:
            return _hold(run, is_held=invocation.is_held)
        case Kind.SWEEP:
            now = clock.now()
            record = cluster_item.read_cluster(CLUSTER)
            if sweep._has_window_begun(record, now):
                lease.request_run(CLUSTER)
            elif record.holder:
                step_functions.start(record.holder, CLUSTER)
            return None


def _hold(run: str, *, is_held: bool) -> str | None:
    """Return the next move of *run*; None where it has lost its lease, and fails."""
    hold = Hold(reason=refuse(Code.FROZEN, cluster="orders", what="a window"), until=WINDOW_BEGINS)
    facts = ClusterFacts(
        arn=CLUSTER,
        name="orders",
        zone_ids=(),
        refusals={},
        holds={Scheme.IAM: hold} if is_held else {},
    )
    wanted = (Scheme.IAM,)
    survey = Survey(
        account="222222222222",
        schemes=() if is_held else wanted,
        held=wanted if is_held else (),
    )
    task = HeldTask(
        run=run,
        cluster_arn=CLUSTER,
        surveys=(survey,),
        facts=facts.model_dump(mode="json"),
        freeze="",
    )
    try:
        record = lease.require_lease(CLUSTER, run)
    except LeaseLost:
        return None
    return str(change_holds.hold_changes(task, record)["move"])
