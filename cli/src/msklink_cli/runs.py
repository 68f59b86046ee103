"""`msklink runs CLUSTER [RUN]`: past runs, what each did, how long that took, why it failed."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Annotated, Any

import typer
from pydantic import BaseModel
from rich.console import Console

from msklink.arns import ClusterArn, console_link
from msklink.aws import step_functions
from msklink.runs.lease import run_name
from msklink.settings import settings
from msklink_cli import drawing
from msklink_cli.aws_clock import aws_now
from msklink_cli.errors import CommandError
from msklink_cli.history import StateReport, summarize
from msklink_cli.options import Common
from msklink_cli.output import Result
from msklink_cli.reading import find
from msklink_cli.show import Cluster

_STATES = {
    "WaitForCluster": "WaitForCluster (MSK updates the cluster)",
    "WaitForTopics": "WaitForTopics (MSK shows topics that exist)",
    "WaitForConnections": "WaitForConnections (MSK creates connections)",
    "WaitForClosing": "WaitForClosing (MSK deletes connections)",
}
"""What is waited for, beside the name of the state."""


class RunReport(BaseModel, frozen=True):
    """One execution of the state machine."""

    name: str
    status: str
    start: datetime
    stop: datetime | None
    seconds: float
    """Until now where it is running."""


class RunDetail(RunReport, frozen=True):
    error: str
    cause: str
    link: str
    """Its page in the console of AWS."""
    states: tuple[StateReport, ...]


def command(
    options: Common,
    cluster: Cluster,
    run: Annotated[str | None, typer.Argument(metavar="RUN", help="Name of a run.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most runs that are listed.")] = 20,
) -> None:
    """List the runs for a cluster, the newest first, or show one with its states."""
    arn = ClusterArn.parse(find(cluster))
    if run is not None:
        if not run.startswith(_prefix(arn)):
            raise _not_found(run, arn)
        detail = read_run(run, arn)
        options.show(Result(detail.model_dump(mode="json"), lambda drawn: draw_run(drawn, detail)))
        return
    found = list(islice(list_runs(arn), limit))
    data = {"runs": [one.model_dump(mode="json") for one in found]}
    options.show(Result(data, lambda drawn: draw(drawn, found)))


def list_runs(cluster: ClusterArn) -> Iterator[RunReport]:
    """
    Yield the runs for *cluster*, the newest first; Step Functions keeps them for 90 days.

    ListExecutions has no filter for names, so it reads up to 1,000 runs of all clusters a page.
    """
    prefix = _prefix(cluster)
    pages = (
        step_functions.client()
        .get_paginator("list_executions")
        .paginate(stateMachineArn=settings().state_machine_arn)
    )
    for page in pages:
        for one in page["executions"]:
            if one["name"].startswith(prefix):
                yield RunReport(**_facts(one))


def _prefix(cluster: ClusterArn) -> str:
    """Return with what the names of all runs for *cluster* begin."""
    return run_name(cluster, 0).removesuffix("0")


def _not_found(name: str, cluster: ClusterArn) -> CommandError:
    return CommandError(
        "RunNotFound",
        f"there is no run {name[:80]!r} for cluster {cluster.name}",
        f"msklink runs {cluster.name} lists them; Step Functions keeps them for 90 days.",
    )


def read_run(name: str, cluster: ClusterArn) -> RunDetail:
    """Return the run *name* with its states. Raises CommandError where there is none."""
    states, arn = step_functions.client(), step_functions.execution_arn(name)
    try:
        found = states.describe_execution(executionArn=arn)
    except (states.exceptions.ExecutionDoesNotExist, states.exceptions.InvalidArn) as error:
        raise _not_found(name, cluster) from error
    pages = states.get_paginator("get_execution_history").paginate(
        executionArn=arn, includeExecutionData=False
    )
    events = (event for page in pages for event in page["events"])
    return RunDetail(
        **_facts(found),
        error=found.get("error", ""),
        cause=found.get("cause", ""),
        link=console_link(arn),
        states=tuple(summarize(events, found.get("stopDate") or aws_now())),
    )


def _facts(execution: Any) -> dict[str, Any]:
    start, stop = execution["startDate"], execution.get("stopDate")
    return {
        "name": execution["name"],
        "status": execution["status"],
        "start": start,
        "stop": stop,
        "seconds": round(((stop or aws_now()) - start).total_seconds(), 1),
    }


def draw(console: Console, runs: Sequence[RunReport]) -> None:
    if not runs:
        console.print("There is no run for the cluster.")
        return
    table = drawing.table("RUN", "STATUS", "START", "TOOK")
    for one in runs:
        table.add_row(
            one.name, drawing.status(one.status), drawing.moment(one.start), took(one.seconds)
        )
    console.print(table)


def draw_run(console: Console, run: RunDetail) -> None:
    console.print(f"{run.name}  ", drawing.status(run.status), f"  took {took(run.seconds)}")
    if run.error or run.cause:
        console.print(f"✗ {run.error}: {run.cause}", style="red", soft_wrap=True)
    if run.link:
        console.print(run.link, soft_wrap=True)
    drawing.heading(console, "States, in the order of their first visits")
    table = drawing.table("STATE", "FIRST", "TIMES", "TOOK", "FAILED ATTEMPTS")
    for one in run.states:
        failed = f"{one.failed_attempts} ({one.error})" if one.failed_attempts else "-"
        table.add_row(
            _STATES.get(one.name, one.name),
            drawing.moment(one.first),
            str(one.times),
            took(one.seconds),
            failed,
        )
    console.print(table)


def took(seconds: float) -> str:
    """Return a span in hours, minutes and seconds."""
    return str(timedelta(seconds=round(seconds)))
