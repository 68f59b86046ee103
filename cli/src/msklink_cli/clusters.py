"""`msklink clusters`: every cluster of the Region, and what MSKLink does to it."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from msklink.connections.record import Phase
from msklink_cli import drawing
from msklink_cli.options import Common
from msklink_cli.output import Result
from msklink_cli.reading import all_clusters
from msklink_cli.report import ClusterReport


def command(options: Common) -> None:
    """List the clusters: schemes asked and on, clients by state, the run at work, what waits."""
    found = all_clusters()
    data = {"clusters": [one.model_dump(mode="json") for one in found]}
    options.show(Result(data, lambda console: draw(console, found)))


def draw(console: Console, clusters: Sequence[ClusterReport]) -> None:
    if not clusters:
        console.print("There is no MSK cluster in this Region.")
        return
    table = drawing.table("CLUSTER", "STATE", "ASKED", "ON", "CLIENTS", "NOW")
    for one in clusters:
        table.add_row(
            one.name,
            drawing.cluster_state(one.state),
            one.asked or "-",
            " ".join(one.on) or "-",
            _clients(one),
            now(one),
        )
    console.print(table)


def _clients(cluster: ClusterReport) -> Text:
    drawn = [drawing.state(state, count) for state, count in cluster.clients.items()]
    return Text(", ").join(drawn) if drawn else Text("-")


def now(cluster: ClusterReport) -> Text:
    """Return what is in progress or in the way, the most urgent first."""
    lines: list[Text] = []
    if cluster.freeze:
        why = f": {cluster.freeze_reason}" if cluster.freeze_reason else ""
        lines.append(Text(f"‖ frozen by {cluster.freeze}{why}", style="yellow"))
    if cluster.failure:
        lines.append(Text(f"✗ run {cluster.failure.run} {cluster.failure.status}", style="red"))
    lines += [_waiting(one.reason.code, drawing.moment(one.until)) for one in cluster.waiting]
    lines += [Text(f"✗ {one.code}", style="red") for one in cluster.refusals]
    if run := cluster.run:
        reboots = " (the brokers reboot)" if run.phase is Phase.ENABLING else ""
        phase = f"{run.phase}{reboots}" if run.phase else "running"
        expected = f", expected by {drawing.moment(run.expected)}" if run.expected else ""
        alive = run.status == "RUNNING"
        text = f"… {phase}{expected}" if alive else f"✗ run {run.status}"
        lines.append(Text(text, style="cyan" if alive else "red"))
    if not lines:
        return Text("idle" if cluster.managed else "not opted in", style="dim")
    return Text("\n").join(lines)


def _waiting(code: str, until: str) -> Text:
    return Text(f"‖ {code}" + (f" until {until}" if until else ""), style="yellow")
