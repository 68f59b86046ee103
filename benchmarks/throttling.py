"""
`make bench-limits`, first part: Systems Manager and STS at their quotas.

Many runs do the same task at once, with the retries of the state machine, on a simulated clock that
goes on with each call. Exit code 1 when a client is not served.
"""

import io
import logging
import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.quotas import Quota, assume_role, limited, put_parameter
from benchmarks.turns import Turns
from localcloud.msk.clock import AS_ON_AWS
from tests.support.aws import CLIENT, Accounts, accounts_in_moto
from tests.support.cloudformation import definition
from tests.support.step_functions import SUBSTITUTIONS
from tests.support.steps import Steps

LANES = int(SUBSTITUTIONS["ClientsAtOnce"])
"""Tasks of one run at the same time."""

HOUR = 3600

[RETRY] = definition(SUBSTITUTIONS)["States"]["PublishEndpoints"]["ItemProcessor"]["States"][
    "PublishToAccount"
]["Retry"]
"""The same in every task."""

BACKOFF_RATE = 2.0
"""The default (Step Functions guide, error handling)."""


@dataclass
class Tasks:
    """Tasks of a state, with what became of them."""

    turns: Turns
    now: Callable[[], float]
    jitter: random.Random = field(default_factory=lambda: random.Random(1))
    longest: float = 0
    """Seconds of the longest invocation."""
    retries: int = 0
    given_up: list[Any] = field(default_factory=list)

    def perform(self, invoke: Callable[[], object], given_up: Callable[[str], object]) -> None:
        """Invoke a function as a task state does, with its Retry and its Catch."""
        for attempt in range(RETRY["MaxAttempts"] + 1):
            started = self.now()
            try:
                invoke()
            except Exception as error:
                self.longest = max(self.longest, self.now() - started)
                if type(error).__name__ not in RETRY["ErrorEquals"]:
                    raise
                if attempt == RETRY["MaxAttempts"]:
                    self.given_up.append(invoke)
                    given_up(type(error).__name__)
                    return
                self.retries += 1
                delay = RETRY["IntervalSeconds"] * BACKOFF_RATE**attempt
                self.turns.sleep(self.jitter.uniform(0, delay))  # JitterStrategy FULL
            else:
                self.longest = max(self.longest, self.now() - started)
                return


@dataclass(frozen=True)
class Outcome:
    what: str
    tasks: int
    seconds: float
    retries: int
    given_up: int
    longest: float
    counted: Counter[str]
    problem: str = ""


def publish_to_one_account(clusters: int) -> Outcome:
    """So many runs publish to one account at once, where all parameters are written anew."""
    with accounts_in_moto(AS_ON_AWS) as accounts:
        runs = [_connected(accounts, f"orders-{number}") for number in range(clusters)]
        turns = Turns(accounts.clock)
        tasks = Tasks(turns, lambda: accounts.clock.now().timestamp())
        start, hours = tasks.now(), 0
        with limited(accounts.clock, turns, put_parameter()) as counted:
            left = runs
            while left:
                works = [
                    partial(
                        tasks.perform,
                        partial(steps.publish, CLIENT),
                        partial(steps.record_failure, "PublishToAccount", CLIENT),
                    )
                    for steps in left
                ]
                turns.run(works)
                left = [steps for steps in runs if not _is_published(accounts, steps)]
                if left:  # the sweep starts runs for them
                    hours += 1
                    accounts.clock.advance(HOUR)
        return Outcome(
            f"{clusters} runs publish to one account",
            clusters,
            tasks.now() - start,
            tasks.retries,
            len(tasks.given_up),
            tasks.longest,
            counted,
        )


def _connected(accounts: Accounts, name: str) -> Steps:
    """Return a run that has come to PublishEndpoints."""
    accounts.make_tagged_vpc(CLIENT, cluster=name)
    steps = Steps(accounts.make_cluster(name, {"msklink": "iam", "msklink/clients": CLIENT}), name)
    steps.inspect_cluster()
    steps.survey(CLIENT)
    steps.enable()
    accounts.clock.advance(HOUR)
    steps.inspect_cluster()
    steps.grant()
    steps.connect(CLIENT)
    accounts.clock.advance(HOUR)
    steps.inspect_connections()
    steps.inspect_connections()  # AVAILABLE counts when it is seen twice
    return steps


def _is_published(accounts: Accounts, steps: Steps) -> bool:
    name = steps.run
    return f"/msklink/{name}/iam/bootstrap.servers" in accounts.parameters(
        CLIENT, f"/msklink/{name}"
    )


def survey_at_once(runs: int, clients: int, quota: Quota | None = None) -> Outcome:
    """So many runs survey so many client accounts each, ten at a time; STS has *quota*."""
    ids = [f"{200_000_000_000 + number}" for number in range(clients)]
    with accounts_in_moto(AS_ON_AWS) as accounts:
        for account in ids:
            accounts.deploy_client(account)
        made = [_inspected(accounts, f"orders-{number}", ids) for number in range(runs)]
        turns = Turns(accounts.clock)
        tasks = Tasks(turns, lambda: accounts.clock.now().timestamp())
        start = tasks.now()

        def lane(steps: Steps, some: Sequence[str]) -> None:
            for account in some:
                tasks.perform(
                    partial(steps.survey, account),
                    partial(steps.record_failure, "SurveyClient", account),
                )

        with limited(accounts.clock, turns, quota or assume_role()) as counted:
            turns.run(
                partial(lane, steps, ids[number::LANES])
                for steps in made
                for number in range(min(LANES, clients))
            )
        missing = sum(len(steps.surveys) != clients for steps in made)
        return Outcome(
            f"{runs} runs survey {clients} accounts each",
            runs * clients,
            tasks.now() - start,
            tasks.retries,
            len(tasks.given_up),
            tasks.longest,
            counted,
            f"{missing} runs did not survey all" if missing else "",
        )


def _inspected(accounts: Accounts, name: str, ids: Sequence[str]) -> Steps:
    tags = {"msklink": "iam", "msklink/clients": " ".join(ids)}
    steps = Steps(accounts.make_cluster(name, tags), name)
    steps.inspect_cluster()
    return steps


def main() -> int:
    logging.disable()
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 140)
    table = Table("what", title="at the quotas: PutParameter 3/s in a client account, STS 600/s")
    for heading in ("tasks", "seconds", "retries", "given up", "longest invocation"):
        table.add_column(heading, justify="right")
    outcomes = []
    with redirect_stdout(io.StringIO()):  # the functions write their metrics there
        for clusters in (1, 10, 40):
            outcomes.append(publish_to_one_account(clusters))
            console.print(outcomes[-1])
        outcomes.append(survey_at_once(100, 10))
        console.print(outcomes[-1])
    for one in outcomes:
        table.add_row(
            one.what,
            f"{one.tasks:,}",
            f"{one.seconds:,.0f}",
            f"{one.retries:,}",
            f"{one.given_up:,}",
            f"{one.longest:.0f} s",
        )
    console.print(table)
    problems = [one.problem for one in outcomes if one.problem]
    for problem in problems:
        console.print(f"[red]not as it should be:[/] {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
