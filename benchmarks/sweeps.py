"""
`make bench-sweeps`: a sweep of a large installation in which nothing has changed.

One cluster with 2,000 client VPCs in 600 accounts, and 1,000 clusters with five clients each in 500
accounts. All are onboarded by the real state machine and functions before. Exit code 1 when a run
fails, a client is not served, or the sweep starts a run.
"""

import io
import itertools
import logging
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from benchmarks.pace import LOOK_SECONDS
from benchmarks.scale import ACCOUNTS_IN_A_TAG
from localcloud.msk.clock import AS_ON_AWS
from msklink.services.account_scan import MAX_THREADS
from tests.support.aws import Accounts, accounts_in_moto
from tests.support.call_counts import count_calls
from tests.support.functions import invoke
from tests.support.step_functions import Engine, engine_in_moto, tag_event

FUNCTION_SECONDS = 900
"""Timeout of the function of the sweep, the longest of Lambda."""

CALL_SECONDS = 0.04
"""Of an API call from Lambda, an estimate."""

CLIENT_SECONDS = 0.05 * 7
"""Of processor time for the boto3 clients of one account: 256 MB buy a seventh of a processor."""

OF_ACCOUNTS = frozenset(
    {
        "AssumeRole",
        "DescribeVpcs",
        "DescribeVpcEndpoints",
        "DescribeSecurityGroups",
        "DescribeSubnets",
        "GetParametersByPath",
        "DescribeTags",
    }
)
"""Calls that the sweep makes for several accounts at a time."""


@dataclass(frozen=True)
class Installation:
    clusters: int
    accounts: int
    vpcs: int
    """Client VPCs of each cluster, spread over its accounts."""
    accounts_of_cluster: int

    def __str__(self) -> str:
        return f"{self.clusters:,} x {self.vpcs:,} VPCs, {self.accounts} accounts"


INSTALLATIONS = (Installation(1, 600, 2000, 600), Installation(1000, 500, 5, 5))


@dataclass(frozen=True)
class Swept:
    installation: Installation
    connections: int
    calls: Counter[str]
    real_seconds: float
    problems: tuple[str, ...]

    @property
    def seconds(self) -> float:
        """The estimated time on Lambda."""
        parallel = sum(self.calls[name] for name in OF_ACCOUNTS)
        alone = self.calls.total() - parallel
        waits = alone + parallel / MAX_THREADS
        return waits * CALL_SECONDS + self.installation.accounts * CLIENT_SECONDS


def measure(installation: Installation) -> Swept:
    with accounts_in_moto(AS_ON_AWS) as accounts, engine_in_moto(accounts) as engine:
        arns = make(accounts, installation)
        problems = list(onboard(engine, arns))
        for _ in range(2):  # they record what later ones compare with
            engine.sweep()
        started = time.monotonic()
        with count_calls() as calls:
            runs = invoke("SweepClustersFunction", {"id": "1"})["runs"]
        real = time.monotonic() - started
        problems += [f"the sweep started {run}" for run in runs]
        items = accounts.session().resource("dynamodb").Table("connectivity").scan
        states = Counter(
            item.get("state")
            for page in _pages(items)
            for item in page
            if str(item["item"]).startswith("client#")
        )
        connections = installation.clusters * installation.vpcs
        if states != {"published": connections}:
            problems.append(f"connections are {dict(states)}")
        return Swept(installation, connections, calls, real, tuple(problems))


def _pages(scan: object) -> Iterator[list[dict[str, object]]]:
    more: dict[str, object] = {}
    while True:
        answer = scan(**more)  # type: ignore[operator]
        yield answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        more = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def make(accounts: Accounts, installation: Installation) -> list[str]:
    """Create clusters whose connectivity is on, and tagged VPCs in their client accounts."""
    ids = [f"{200_000_000_000 + number}" for number in range(installation.accounts)]
    places = itertools.cycle(ids)
    arns = []
    vpcs: dict[str, list[str]] = {account: [] for account in ids}
    for number in range(installation.clusters):
        name = f"orders-{number}"
        own = [next(places) for _ in range(installation.accounts_of_cluster)]
        for place in range(installation.vpcs):
            account, nth = own[place % len(own)], place // len(own)
            if account not in accounts.clients:
                accounts.deploy_client(account)
            if len(vpcs[account]) <= nth:
                vpcs[account].append(accounts.make_network(account))
            accounts.tag_vpc(account, vpcs[account][nth], "iam", name)
        lists = itertools.batched(own, ACCOUNTS_IN_A_TAG, strict=False)
        tags = {
            "msklink/clients" + (f"/{part}" if part else ""): " ".join(some)
            for part, some in enumerate(lists)
        }
        arns.append(accounts.make_cluster(name, tags={"msklink": "iam"} | tags))
    return arns


def onboard(engine: Engine, arns: list[str]) -> Iterator[str]:
    """Turn connectivity on everywhere at once, and let a run serve each cluster."""
    kafka = engine.accounts.client("kafka")
    flags = {"Sasl": {"Iam": {"Enabled": True}}}
    for arn in arns:
        version = kafka.describe_cluster_v2(ClusterArn=arn)["ClusterInfo"]["CurrentVersion"]
        kafka.update_connectivity(
            ClusterArn=arn,
            CurrentVersion=version,
            ConnectivityInfo={"VpcConnectivity": {"ClientAuthentication": flags}},
        )
    engine.accounts.clock.advance(AS_ON_AWS.update_connectivity)
    for number, arn in enumerate(arns):
        [run] = invoke("ReceiveEventFunction", tag_event(arn))["runs"]
        while (status := engine.describe(run)["status"]) == "RUNNING":
            time.sleep(LOOK_SECONDS)
        if status != "SUCCEEDED":
            yield f"{run} ended {status}"
        if number % 50 == 0:
            engine.accounts.take_events()


def main() -> int:
    logging.disable()
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 140)
    table = Table("installation", title="a sweep in which nothing has changed")
    for heading in ("connections", "calls", "estimated on Lambda", "real seconds here"):
        table.add_column(heading, justify="right")
    problems: list[str] = []
    only = [int(one) for one in sys.argv[1:]] or range(len(INSTALLATIONS))
    with redirect_stdout(io.StringIO()):  # the functions write their metrics there
        for number in only:
            one = measure(INSTALLATIONS[number])
            problems += one.problems
            table.add_row(
                str(one.installation),
                f"{one.connections:,}",
                f"{one.calls.total():,}",
                f"{one.seconds:.0f} s of {FUNCTION_SECONDS}",
                f"{one.real_seconds:.0f}",
            )
            console.print(dict(one.calls))
    console.print(table)
    for problem in problems[:20]:
        console.print(f"[red]not as it should be:[/] {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
