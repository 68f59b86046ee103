"""
The log of all API calls to the server, served at GET /_localcloud/calls.

The response is {"next": n, "calls": [...]}; `?since=n` returns only calls from number n on. Calls
between services inside the server (Step Functions invokes a function) are recorded as well.
"""

import itertools
import json
import time
from collections import deque
from dataclasses import asdict, dataclass

KEPT = 100_000


@dataclass(frozen=True)
class Call:
    number: int
    time: float
    account: str
    principal: str  # ARN of the caller; empty for an invocation of a function
    service: str
    operation: str
    status: int
    error: str  # the error code, or ""


class CallLog:
    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=KEPT)
        self._numbers = itertools.count()

    def record(  # noqa: PLR0913, PLR0917 the fields of a call
        self,
        account: str,
        principal: str,
        service: str,
        operation: str,
        status: int,
        error: str = "",
    ) -> None:
        number = next(self._numbers)
        self._calls.append(
            Call(number, time.time(), account, principal, service, operation, status, error)
        )

    def since(self, number: int) -> list[Call]:
        return [call for call in list(self._calls) if call.number >= number]

    def answer(self, number: int) -> bytes:
        calls = self.since(number)
        following = calls[-1].number + 1 if calls else number
        return json.dumps({"next": following, "calls": [asdict(call) for call in calls]}).encode()
