"""Quotas of AWS for the rate of calls, on the simulated clock, with AWS's errors beyond them."""

import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from unittest import mock

from botocore.awsrequest import AWSPreparedRequest
from botocore.client import BaseClient
from botocore.retries.standard import ExponentialBackoff
from moto.core.botocore_stubber import BotocoreStubber
from moto.iam.models import get_account_id_from

from benchmarks.turns import Turns
from localcloud.msk import ManualClock

CALL_SECONDS = 0.04
"""Of each call, an estimate for calls within a Region."""

_CALL = BaseClient._make_api_call  # type: ignore[attr-defined]  # all calls pass here

_ACCESS_KEY = re.compile(r"Credential=([^/]+)/")
_STS_ERROR = (
    "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code>"
    "<Message>Rate exceeded</Message></Error><RequestId>1</RequestId></ErrorResponse>"
)
_JSON_ERROR = '{"__type": "ThrottlingException", "message": "Rate exceeded"}'


@dataclass
class Quota:
    """A bucket of tokens for one operation, in each account that calls it."""

    operation: str
    per_second: float
    burst: float
    left: dict[str, tuple[float, datetime]] = field(default_factory=dict)

    def allows(self, account: str, now: datetime) -> bool:
        """Take a token, if there is one."""
        tokens, since = self.left.get(account, (self.burst, now))
        tokens += (now - since).total_seconds() * self.per_second
        tokens = min(tokens, self.burst)
        self.left[account] = (tokens - 1 if tokens >= 1 else tokens, now)
        return tokens >= 1


def put_parameter() -> Quota:
    """Three a second (AWS General Reference, Systems Manager quotas, default throughput)."""
    return Quota("PutParameter", 3, 3)


def assume_role() -> Quota:
    """600 a second, of all calls to STS (IAM user guide, IAM and AWS STS quotas)."""
    return Quota("AssumeRole", 600, 600)


@contextmanager
def limited(clock: ManualClock, turns: Turns, *quotas: Quota) -> Iterator[Counter[str]]:
    """Let calls take their time and keep to *quotas*; count them, and those that are throttled."""
    counted: Counter[str] = Counter()
    longest, _, *others = ExponentialBackoff.__init__.__defaults__ or ()
    seeded = longest, random.Random(1).random, *others
    answer = BotocoreStubber.process_request

    def process(
        stubber: BotocoreStubber, request: AWSPreparedRequest
    ) -> tuple[int, Mapping[str, str], str | bytes] | None:
        turns.sleep(CALL_SECONDS)
        operation = _operation(request)
        counted[operation] += 1
        for quota in quotas:
            if quota.operation == operation and not quota.allows(_account(request), clock.now()):
                counted[f"{operation}, throttled"] += 1
                return 400, {}, _STS_ERROR if operation == "AssumeRole" else _JSON_ERROR
        return answer(stubber, request)

    with (
        # The check of permissions would let one call at a time pass.
        mock.patch.object(BaseClient, "_make_api_call", _CALL),
        mock.patch.object(BotocoreStubber, "process_request", process),
        mock.patch("botocore.endpoint.time", mock.Mock(sleep=turns.sleep)),
        mock.patch.object(ExponentialBackoff.__init__, "__defaults__", seeded),
    ):
        yield counted


def _operation(request: AWSPreparedRequest) -> str:
    """Return the operation of a request to Systems Manager or STS; empty for others."""
    target = _text(request.headers.get("X-Amz-Target", ""))
    if target.startswith("AmazonSSM."):
        return target.partition(".")[2]
    found = re.search(r"(?:^|&)Action=(AssumeRole)(?:&|$)", _text(request.body))
    return found[1] if found else ""


def _account(request: AWSPreparedRequest) -> str:
    found = _ACCESS_KEY.search(_text(request.headers.get("Authorization", "")))
    return str(get_account_id_from(found[1])) if found else ""


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value or "")
