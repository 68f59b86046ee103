"""
`make bench-scale`: the real workflow with many clients and with many clusters.

The real state machine and functions run on moto's engine with the MSK emulator, at MSK's own pace
on a simulated clock. Exit code 1 when a run fails, a client is not served or a limit is passed.
"""

import itertools
import logging
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.pace import one_pace
from localcloud.demo.cost import Cost
from localcloud.msk.clock import AS_ON_AWS
from msklink.runs.lease import HISTORY_LIMIT
from tests.support.aws import Accounts, accounts_in_moto
from tests.support.call_counts import count_calls
from tests.support.functions import invoke
from tests.support.step_functions import Engine, engine_in_moto, tag_event

PAYLOAD_LIMIT = 262_144
"""Bytes (Step Functions guide, service quotas)."""

ACCOUNTS_IN_A_TAG = 19
"""Of 12 digits and a space each, in the 255 characters of a tag value."""

SIZES = ((1, 1), (1, 10), (1, 100), (1, 600), (100, 5))
"""Clusters, and clients of each."""


@dataclass(frozen=True)
class Figures:
    """What one scene took; what is counted per run is that of the largest run."""

    clusters: int
    clients: int
    transitions: int
    invocations: int
    calls: Counter[str]
    history: int
    payload: int
    overhead_seconds: float
    """Of AWS's time beyond what MSK itself took, of the slowest run."""
    real_seconds: float
    problems: tuple[str, ...]

    @property
    def dollars(self) -> float:
        return Cost(self.transitions, self.invocations, self.calls).dollars


def measure(clusters: int, clients: int) -> Figures:
    with accounts_in_moto(AS_ON_AWS) as accounts, engine_in_moto(accounts) as engine:
        arns = [make_scene(accounts, number, clients) for number in range(clusters)]
        accounts.take_events()
        started, start = time.monotonic(), accounts.clock.now()
        with count_calls() as calls, one_pace(accounts.clock) as pace:
            runs = [invoke("ReceiveEventFunction", tag_event(arn))["runs"][0] for arn in arns]
            pace.keep(lambda: _running(engine))
        real = time.monotonic() - started
        elapsed = (accounts.clock.now() - start).total_seconds()
        histories = [engine.history(run) for run in runs]
        of_aws = AS_ON_AWS.update_connectivity + AS_ON_AWS.create_connection
        return Figures(
            clusters,
            clients,
            transitions=sum(map(_transitions, histories)),
            invocations=sum(_invocations(history) for history in histories) + clusters,
            calls=calls,
            history=max(map(len, histories)),
            payload=max(map(_payload, histories)),
            overhead_seconds=elapsed - of_aws,
            real_seconds=real,
            problems=tuple(_problems(engine, arns, runs, clients)),
        )


def make_scene(accounts: Accounts, number: int, clients: int) -> str:
    """A cluster, and a tagged VPC for it in each of *clients* accounts of its own."""
    name = f"orders-{number}"
    ids = [f"{200_000_000_000 + number * clients + one:012d}" for one in range(clients)]
    for account in ids:
        accounts.make_tagged_vpc(account, "iam", name)
    lists = itertools.batched(ids, ACCOUNTS_IN_A_TAG, strict=False)
    tags = {
        "msklink/clients" + (f"/{part}" if part else ""): " ".join(some)
        for part, some in enumerate(lists)
    }
    return accounts.make_cluster(name, tags={"msklink": "iam"} | tags)


def _running(engine: Engine) -> int:
    pages = (
        engine.accounts.client("stepfunctions")
        .get_paginator("list_executions")
        .paginate(stateMachineArn=engine.machine_arn, statusFilter="RUNNING")
    )
    return sum(len(page["executions"]) for page in pages)


def _problems(engine: Engine, arns: list[str], runs: list[str], clients: int) -> list[str]:
    problems = [
        f"{run} ended {status}"
        for run in runs
        if (status := engine.describe(run)["status"]) != "SUCCEEDED"
    ]
    for arn in arns:
        states = Counter(
            item["state"]
            for name, item in engine.accounts.items(arn).items()
            if name.startswith("client#")
        )
        if states != {"published": clients}:
            problems.append(f"{arn}: connections are {dict(states)}")
    return problems


def _transitions(history: list[dict[str, Any]]) -> int:
    return sum("stateEnteredEventDetails" in event for event in history)


def _invocations(history: list[dict[str, Any]]) -> int:
    return sum(event["type"] == "TaskScheduled" for event in history)


def _payload(history: list[dict[str, Any]]) -> int:
    """Bytes of the largest input or output of a state."""
    texts = (
        details[key]
        for event in history
        for details in event.values()
        if isinstance(details, dict)
        for key in ("input", "output", "parameters")
        if isinstance(details.get(key), str)
    )
    return max(len(text.encode()) for text in texts)


def table_of(measured: list[Figures]) -> Table:
    table = Table("clusters x clients", title="the main job, from the tag to published brokers")
    for heading in (
        *("transitions", "Lambda calls", "API calls", "history", "largest payload"),
        *("dollars", "beyond MSK's time", "real seconds here"),
    ):
        table.add_column(heading, justify="right")
    for one in measured:
        table.add_row(
            f"{one.clusters} x {one.clients}",
            f"{one.transitions:,}",
            f"{one.invocations:,}",
            f"{one.calls.total():,}",
            f"{one.history:,}",
            f"{one.payload:,} B",
            f"{one.dollars:.4f}",
            f"{one.overhead_seconds:.0f} s",
            f"{one.real_seconds:.0f}",
        )
    return table


def growth(few: Figures, many: Figures) -> str:
    clients = many.clients - few.clients
    per_client = {
        "transitions": many.transitions - few.transitions,
        "Lambda calls": many.invocations - few.invocations,
        "API calls": many.calls.total() - few.calls.total(),
        "history events": many.history - few.history,
        "bytes of payload": many.payload - few.payload,
    }
    increases = ", ".join(f"{total / clients:.1f} {name}" for name, total in per_client.items())
    dollars = (many.dollars - few.dollars) / clients
    return f"each client from {few.clients} to {many.clients}: {increases}, ${dollars:.5f}"


def limits(measured: list[Figures]) -> list[str]:
    """What is past a limit."""
    return [
        *(f"a history of {one.history} events" for one in measured if one.history > HISTORY_LIMIT),
        *(f"a payload of {one.payload} bytes" for one in measured if one.payload > PAYLOAD_LIMIT),
    ]


def main() -> int:
    logging.disable()
    console = Console(width=None if sys.stdout.isatty() else 140)
    measured = []
    for clusters, clients in SIZES:
        measured.append(measure(clusters, clients))
        console.print(f"{clusters} x {clients}: {measured[-1].real_seconds:.0f} s")
    console.print(table_of(measured))
    of_one_cluster = {one.clients: one for one in measured if one.clusters == 1}
    console.print(growth(of_one_cluster[10], of_one_cluster[100]))
    console.print(growth(of_one_cluster[100], of_one_cluster[600]))
    problems = [problem for one in measured for problem in one.problems] + limits(measured)
    for problem in problems:
        console.print(f"[red]not as it should be:[/] {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
