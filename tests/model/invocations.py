"""
Invocations of our code, that stop between their calls to AWS.

Each is called anew for every step: its first calls are answered from a log, and at the next one it
stops. So a state of the world holds logs, which can be compared and forked, instead of threads.
"""

import json
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, NamedTuple, Never, Self

from botocore.exceptions import ClientError

from msklink.aws import dynamodb
from msklink.services import lease
from tests.model.aws_model import Answer, Call, wire

CLUSTER = "arn:aws:kafka:eu-west-1:111111111111:cluster/orders/0b1c2d3e-1"


class Kind(StrEnum):
    REQUEST = "request"
    INSPECTION = "inspection"
    CONCLUSION = "conclusion"
    FAILURE = "failed-run handling"


class Invocation(NamedTuple):
    """One of a function, as far as it has come."""

    kind: Kind
    run: str = ""
    generation: int = 0
    seen: int = 0
    """Wishes that the run had seen when it concluded."""
    is_new: bool = False
    """Whether it is the first to tell of a wish, which is made by its first call."""
    log: tuple[Answer, ...] = ()
    """What its calls so far were answered."""

    def with_answer(self, answer: Answer) -> Self:
        return self._replace(log=(*self.log, answer), is_new=False)

    def restarted(self) -> Self:
        """Called again after it died; its wish is made."""
        return self._replace(log=(), is_new=False)

    def __str__(self) -> str:
        match self.kind:
            case Kind.REQUEST if self.log:
                return f"request {self.log[0].item[0][2]}"
            case Kind.REQUEST:
                return "a request" if self.is_new else "a request told again"
            case _:
                return f"{self.kind} of {self.run}"


class Returned(NamedTuple):
    value: Any


class Stopped(BaseException):
    """No Exception, so that no code of ours takes it for trouble with AWS."""

    def __init__(self, call: Call) -> None:
        super().__init__(call)
        self.call = call


class Clients:
    """Both clients, of DynamoDB and of Step Functions, for one invocation at a time."""

    class exceptions:
        class ConditionalCheckFailedException(ClientError): ...

        class ExecutionAlreadyExists(ClientError): ...

    def __init__(self) -> None:
        self._answers: Iterator[Answer] = iter(())

    def next_call(self, invocation: Invocation, *, has_room: bool) -> Call | Returned:
        """What *invocation* does after the calls that it has in its log."""
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

    def _call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        answer = next(self._answers, None)
        if answer is None:
            raise Stopped(Call(operation, json.dumps(request)))
        response = {answer.field: wire(answer.item)} if answer.field else {}
        if answer.error:
            self._fail(operation, answer.error, response)
        return response

    def _fail(self, operation: str, error: str, response: dict[str, Any]) -> Never:
        raise getattr(self.exceptions, error)(response | {"Error": {"Code": error}}, operation)


def _perform(invocation: Invocation, *, has_room: bool) -> object:
    run = invocation.run
    match invocation.kind:
        case Kind.REQUEST:
            return lease.request_run(CLUSTER)
        case Kind.INSPECTION:
            return dynamodb.read_cluster(CLUSTER).requested
        case Kind.CONCLUSION:
            return lease.conclude_round(CLUSTER, run, invocation.generation, has_room=has_room)
        case Kind.FAILURE:
            lease.free_lease_of(CLUSTER, run)
            return None
