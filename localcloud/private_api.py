"""
What tests and the demo ask of the server beside AWS, on the same port:

    GET    /_localcloud/calls?since=n   the API calls taken (call_log.py)
    GET    /_localcloud/verdicts        what IAM said to roles (iam/verdicts.py)
    POST   /_localcloud/faults          let MSK misbehave: the fields of msk.faults.Fault as JSON
    DELETE /_localcloud/faults          let it behave again
    GET    /_localcloud/kafka           where Kafka clients connect, from then on (cloud.KafkaDoor)
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from localcloud.call_log import CallLog
from localcloud.iam import verdicts
from localcloud.msk import Fault, Msk, MskError

Application = Callable[[Any, Any, Any], Awaitable[None]]


def in_front_of(
    application: Application, log: CallLog, msk: Msk, kafka: Callable[[], dict[str, Any]]
) -> Application:
    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/_localcloud/"):
            await application(scope, receive, send)
            return
        match scope["method"], scope["path"]:
            case "GET", "/_localcloud/calls":
                since = parse_qs(scope["query_string"].decode()).get("since", ["0"])[0]
                await _send(send, 200, log.answer(int(since)))
            case "GET", "/_localcloud/verdicts":
                await _send(send, 200, verdicts.answer())
            case "POST", "/_localcloud/faults":
                msk.faults.add(_fault(json.loads(await _body(receive))))
                await _send(send, 200, b"{}")
            case "DELETE", "/_localcloud/faults":
                msk.faults.clear()
                await _send(send, 200, b"{}")
            case "GET", "/_localcloud/kafka":
                await _send(send, 200, json.dumps(kafka()).encode())
            case _:
                await _send(send, 404, b"{}")

    return answer


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
