"""`msklink watch CLUSTER`: follow a cluster and its run, live."""

import time
from typing import Annotated

import typer
from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from msklink_cli import clusters, drawing, show
from msklink_cli.aws_clock import aws_now
from msklink_cli.errors import CommandError
from msklink_cli.options import Common
from msklink_cli.output import console
from msklink_cli.reading import find, one_cluster
from msklink_cli.report import ClientReport, ClusterDetail
from msklink_cli.runs import took
from msklink_cli.show import Cluster

BAR = 40


def command(
    options: Common,
    cluster: Cluster,
    interval: Annotated[
        float, typer.Option(min=0.2, max=3600, metavar="SECONDS", help="Pause between two looks.")
    ] = 5,
    timeout: Annotated[
        float | None,
        typer.Option(
            min=0, max=20_000, metavar="MINUTES", help="Give up after so long, with exit code 1."
        ),
    ] = None,
) -> None:
    """
    Follow the run at work, or the next one, until it ends.

    Without a terminal it prints a line whenever something changes.
    """
    if options.form or options.query:
        raise CommandError(
            "NoFormat",
            "watch prints for people only",
            "Use msklink show --output json.",
        )
    arn, drawn = find(cluster), console()
    # By the clock of this machine: that of AWS may stand still where it is embedded.
    began, seen, is_live = time.monotonic(), False, drawn.is_terminal and not drawn.is_dumb_terminal
    with Live(console=drawn, auto_refresh=False, transient=True) as live:
        last = ""
        while True:
            found = one_cluster(arn)
            if is_live:
                live.update(picture(found), refresh=True)
            elif (line := summary(found)) != last:
                drawn.print(f"{drawing.moment(aws_now())}  {line}", soft_wrap=True)
                last = line
            if seen and found.run is None:
                break
            seen = seen or found.run is not None
            if not (seen or found.managed or found.connections):
                raise CommandError(
                    "NotOptedIn",
                    f"no run begins for {found.name}, as its owner has not opted in",
                    f"msklink enable {found.name} auto opts in.",
                )
            if timeout is not None and time.monotonic() - began >= timeout * 60:
                raise CommandError(
                    "TimedOut",
                    f"{found.name} is: {summary(found)}",
                    "Watch again to wait on.",
                )
            time.sleep(interval)
    show.draw(drawn, found)


def summary(cluster: ClusterDetail) -> str:
    """Return how the cluster stands, in one line."""
    counts = ", ".join(f"{count} {state}" for state, count in cluster.clients.items())
    now = clusters.now(cluster).plain.replace("\n", "; ")
    return f"{cluster.state}  {now}  {counts or 'no clients'}"


def picture(cluster: ClusterDetail) -> Group:
    """Return the cluster, its run and each client, with bars where an end is expected."""
    head = Text.assemble(
        (cluster.name, "bold"), "  ", drawing.cluster_state(cluster.state), "  ", _run(cluster)
    )
    table = Table(box=None, pad_edge=False, show_header=False)
    for one in cluster.connections:
        table.add_row(one.account, one.vpc_id, one.scheme, drawing.state(one.state), _progress(one))
    return Group(head, Text(""), table, Text(""), clusters.now(cluster))


def _run(cluster: ClusterDetail) -> Text:
    run = cluster.run
    if run is None:
        return Text("no run is at work; it waits for one (Ctrl-C ends it)", style="dim")
    spent = took((aws_now() - run.since).total_seconds()) if run.since else "0:00:00"
    return Text(f"run {run.name}, since {spent}", style="cyan")


def _progress(client: ClientReport) -> Table | Text:
    """Return how far a client is in its phase, as a bar where its end is expected."""
    if client.phase is None or client.since is None:
        return Text(client.refusal.code if client.refusal else "")
    spent = max(0.0, (aws_now() - client.since).total_seconds())
    if client.expected is None:
        return Text(f"{client.phase} since {took(spent)}")
    whole = max(1.0, (client.expected - client.since).total_seconds())
    left = whole - spent
    grid = Table.grid(padding=(0, 1))
    ends = f"{took(left)} left at most" if left >= 0 else f"{took(-left)} later than expected"
    bar = ProgressBar(total=whole, completed=min(spent, whole), width=BAR)
    grid.add_row(Text(str(client.phase)), bar, Text(ends))
    return grid
