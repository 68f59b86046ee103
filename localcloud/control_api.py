"""
The control API of the server, for tests and the demo, on the same port as AWS:

    GET    /_localcloud/calls?since=n   the API calls so far (call_log.py)
    GET    /_localcloud/decisions       IAM's decisions about roles (iam/decisions.py)
    POST   /_localcloud/faults          inject a fault into MSK: the fields of msk.faults.Fault
    DELETE /_localcloud/faults          remove all faults
    POST   /_localcloud/assumptions     change assumptions of MSK: fields of msk.Assumptions
    GET    /_localcloud/time            the time of the clock, and whether any thread works
    POST   /_localcloud/time            advance it: {"until": a time} to the next event at most,
                                        {"advance": seconds}, or {} to wait until no thread works
    GET    /_localcloud/kafka           start the Kafka proxy, and return cloud.KafkaEndpoint
    POST   /_localcloud/kafka/ports     serve Kafka on the ports of bootstrap strings as well; 409
                                        if another process has one of them
    DELETE /_localcloud/kafka/ports     release them
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import parse_qs

from localcloud.call_log import CallLog
from localcloud.clock import SimulatedClock
from localcloud.iam import decisions
from localcloud.kafka.broker_ports import PortTaken
from localcloud.msk import Fault, Msk, MskError

PREFIX = "/_localcloud/"

Application = Callable[[Any, Any, Any], Awaitable[None]]


class Kafka(Protocol):
    """The running Kafka proxy; kafka.service.KafkaService implements it."""

    def endpoint(self) -> dict[str, Any]: ...

    def claim_ports(self) -> dict[str, Any]: ...

    def release_ports(self) -> dict[str, Any]: ...


def with_control_api(
    application: Application,
    log: CallLog,
    msk: Msk,
    clock: SimulatedClock,
    kafka: Callable[[], Kafka],
) -> Application:
    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
        elif not scope["path"].startswith(PREFIX):
            await _served(application, clock, scope, receive, send)
        elif found := operations.get((scope["method"], scope["path"].removeprefix(PREFIX))):
            asked = scope["query_string"] if scope["method"] == "GET" else await _body(receive)
            try:
                await _send(send, 200, await asyncio.to_thread(found, asked.decode()))
            except PortTaken as error:
                await _send(send, 409, json.dumps({"message": str(error)}).encode())
        else:
            await _send(send, 404, b"{}")

    def add_fault(asked: str) -> bytes:
        msk.faults.add(_fault(json.loads(asked)))
        return b"{}"

    def clear_faults(_: str) -> bytes:
        msk.faults.clear()
        return b"{}"

    def assume(asked: str) -> bytes:
        msk.assume(**json.loads(asked))
        return b"{}"

    def advance(asked: str) -> bytes:
        _advance(clock, json.loads(asked))
        return _time(clock)

    operations: dict[tuple[str, str], Callable[[str], bytes]] = {
        ("GET", "calls"): lambda asked: log.answer(int(parse_qs(asked).get("since", ["0"])[0])),
        ("GET", "decisions"): lambda _: decisions.answer(),
        ("POST", "faults"): add_fault,
        ("DELETE", "faults"): clear_faults,
        ("POST", "assumptions"): assume,
        ("GET", "time"): lambda _: _time(clock),
        ("POST", "time"): advance,
        ("GET", "kafka"): lambda _: json.dumps(kafka().endpoint()).encode(),
        ("POST", "kafka/ports"): lambda _: json.dumps(kafka().claim_ports()).encode(),
        ("DELETE", "kafka/ports"): lambda _: json.dumps(kafka().release_ports()).encode(),
    }
    return answer


async def _served(
    application: Application, clock: SimulatedClock, scope: Any, receive: Any, send: Any
) -> None:
    """Serve a request to AWS, during which the clock stops."""
    clock.tick()  # so that no two requests have the same time
    clock.begin()
    try:
        await application(scope, receive, send)
    finally:
        clock.end()


def _time(clock: SimulatedClock) -> bytes:
    return json.dumps({"now": clock.now().isoformat(), "at_work": clock.is_at_work()}).encode()


def _advance(clock: SimulatedClock, asked: dict[str, Any]) -> None:
    if "advance" in asked:
        clock.advance(float(asked["advance"]))
    elif "until" in asked:
        clock.step(datetime.fromisoformat(asked["until"]))
    else:
        clock.settle()


def _fault(given: dict[str, Any]) -> Fault:
    if code := given.pop("error", None):
        given["error"] = MskError(code, given.pop("message", "The request could not be processed."))
    if failure := given.pop("failure", None):
        given["failure"] = (failure[0], failure[1])
    return Fault(**given)


async def _body(receive: Any) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)


async def _send(send: Any, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
