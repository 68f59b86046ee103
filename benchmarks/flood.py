"""
`make bench-limits`, second part: one client sends very many requests, another sends one.

The function that receives events is invoked for each, on a simulated clock that goes on with each
call. A run of the cluster is at work all the time, as after the first request. Exit code 1 when a
request is lost.
"""

import io
import json
import logging
import sys
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import Any
from unittest import mock

from botocore.awsrequest import AWSPreparedRequest
from moto.core.botocore_stubber import BotocoreStubber
from rich.console import Console
from rich.table import Table

from benchmarks.quotas import CALL_SECONDS, limited
from benchmarks.turns import Turns
from localcloud.msk.clock import AS_ON_AWS
from msklink.aws import cluster_item
from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts, accounts_in_moto
from tests.support.cloudformation import template
from tests.support.functions import invoke

SECONDS = 60
SIZES = (100, 1_000)
AT_ONCE = int(template()["Parameters"]["EventsAtOnce"]["Default"])
FLOOD = 100_000

START_EXECUTION = 300
"""
A second, after a burst of 1,300, in the largest Regions; 150 and 800 in the others (Step Functions
guide, service quotas).
"""

LAMBDA_AT_ONCE = 1_000
"""Concurrent executions of an account, by default (Lambda guide, quotas)."""

PARTITION_WRITES = 1_000
"""Units a second of one partition, such as the items of one cluster (DynamoDB guide)."""


@dataclass(frozen=True)
class Flooded:
    requests: int
    most_at_once: int
    """Concurrent executions of the function."""
    seconds: float
    """From the first event until the last is received."""
    wait: float
    """Seconds from the event of the other client until it is received."""
    calls: Counter[str]
    recorded: int
    is_other_recorded: bool

    def a_second(self, *operations: str) -> float:
        return sum(self.calls[one] for one in operations) / self.seconds


def measure(requests: int, seconds: float = SECONDS, at_once: int = 0) -> Flooded:
    """Flood for so many *seconds*; the function receives *at_once* events, or all where 0."""
    with accounts_in_moto(AS_ON_AWS) as accounts:
        tags = {"msklink": "iam", "msklink/clients": f"{CLIENT} {OTHER_CLIENT}"}
        cluster = accounts.make_cluster(tags=tags)
        flood, other = _event(accounts, CLIENT), _event(accounts, OTHER_CLIENT)
        start, turns = accounts.clock.now(), Turns(accounts.clock)
        queue = deque((seconds * number / requests, flood) for number in range(requests))
        queue.insert(requests // 2, (queue[requests // 2][0], other))
        running = most = 0
        wait = 0.0

        def since_start() -> float:
            return (accounts.clock.now() - start).total_seconds()

        def receive_from_queue() -> None:
            nonlocal running, most, wait
            while queue:
                arrival, event = queue.popleft()
                turns.sleep(max(arrival - since_start(), 0))
                running += 1
                most = max(most, running)
                invoke("ReceiveEventFunction", event)
                running -= 1
                if event is other:
                    wait = since_start() - arrival

        with limited(accounts.clock, turns), runs_at_work() as calls:
            turns.run([receive_from_queue] * (at_once or requests + 1))
        names = [name for name in accounts.items(cluster) if name.startswith("onboarding#")]
        return Flooded(
            requests,
            most,
            max(since_start(), seconds),
            wait,
            calls,
            cluster_item.read_cluster(cluster).requested,
            any(OTHER_CLIENT in name for name in names),
        )


def _event(accounts: Accounts, account: str) -> dict[str, Any]:
    accounts.deploy_client(account)
    return {
        "id": "1",
        "detail-type": "Client Onboarding Requested",
        "account": account,
        "detail": {
            "cluster": "orders",
            "vpc_id": accounts.make_network(account),
            "schemes": ["iam"],
        },
    }


@contextmanager
def runs_at_work() -> Iterator[Counter[str]]:
    """Answer StartExecution as for a run at work; count the calls by operation."""
    counted: Counter[str] = Counter()
    answer = BotocoreStubber.process_request
    started = json.dumps({"executionArn": "arn:aws:states:::execution:run", "startDate": 0})

    def process(
        stubber: BotocoreStubber, request: AWSPreparedRequest
    ) -> tuple[int, Mapping[str, str], str | bytes] | None:
        target = request.headers.get("X-Amz-Target", "")
        text = target.decode() if isinstance(target, bytes) else target
        operation = text.rpartition(".")[2] or "to MSK"
        counted[operation] += 1
        return (200, {}, started) if operation == "StartExecution" else answer(stubber, request)

    with mock.patch.object(BotocoreStubber, "process_request", process):
        yield counted


def main() -> int:
    logging.disable()
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 140)
    table = Table(
        "requests in a minute", title="one client floods the bus, another sends one request"
    )
    for heading in (
        *("functions at once", "StartExecution a second", "writes a second to one partition"),
        *("calls to MSK a second", "the other is received in"),
    ):
        table.add_column(heading, justify="right")
    problems = []
    with redirect_stdout(io.StringIO()):  # the functions write their metrics there
        measured = [measure(size) for size in SIZES]
        bounded = measure(SIZES[-1], seconds=1, at_once=AT_ONCE)
    for one in [*measured, bounded]:
        name = f"{one.requests:,}" + (f" in a second, {AT_ONCE} at once" if one is bounded else "")
        table.add_row(name, *_row(one, 1), f"{one.wait:.1f} s")
        if one.recorded != one.requests + 1 or not one.is_other_recorded:
            problems.append(f"{one.requests + 1 - one.recorded} of {one.requests} are lost")
    largest = measured[-1]
    table.add_row(f"{FLOOD:,} (by growth)", *_row(largest, FLOOD / largest.requests), "-")
    minutes = FLOOD / bounded.requests * bounded.seconds / 60
    table.add_row(f"{FLOOD:,}, {AT_ONCE} at once", *_row(bounded, 1), f"{minutes:.0f} min at most")
    limits = f"{LAMBDA_AT_ONCE:,}", f"{START_EXECUTION}", f"{PARTITION_WRITES:,}", "not known"
    table.add_row("quota", *limits, "")
    console.print(table)
    console.print(f"calls take {CALL_SECONDS} s; of the largest: {dict(largest.calls)}")
    for problem in problems:
        console.print(f"[red]not as it should be:[/] {problem}")
    return 1 if problems else 0


def _row(one: Flooded, factor: float) -> list[str]:
    return [
        f"{one.most_at_once * factor:,.0f}",
        f"{one.a_second('StartExecution') * factor:,.0f}",
        f"{one.a_second('PutItem', 'UpdateItem') * factor:,.0f}",
        f"{one.a_second('to MSK') * factor:,.0f}",
    ]


if __name__ == "__main__":
    sys.exit(main())
