"""`msklink show CLUSTER`: one cluster with its clients."""

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import Console

from msklink.removal import Removal
from msklink_cli import clusters, drawing, findings
from msklink_cli.options import Common
from msklink_cli.output import Result
from msklink_cli.reading import one_cluster
from msklink_cli.report import ClientReport, ClusterDetail
from msklink_cli.users import ScramUser

Cluster = Annotated[str, typer.Argument(metavar="CLUSTER", help="Name or ARN of the cluster.")]


def command(options: Common, cluster: Cluster) -> None:
    """Show a cluster: its clients with their states and refusals, brokers, and policy."""
    found = one_cluster(cluster)
    data = found.model_dump(mode="json")
    options.show(Result(data, lambda console: draw(console, found)))


def draw(console: Console, cluster: ClusterDetail) -> None:
    _facts(console, cluster)
    if cluster.connections:
        drawing.heading(console, "Clients")
        table = drawing.table("ACCOUNT", "VPC", "SCHEME", "STATE", "SINCE", "CHECK", "DETAIL")
        for one in cluster.connections:
            table.add_row(
                one.account,
                one.vpc_id or "-",
                one.scheme or "-",
                drawing.state(one.state),
                drawing.moment(one.since or one.requested),
                _check(one),
                _detail(one),
            )
        console.print(table)
    _topics(console, cluster)
    _users(console, cluster)
    for account, state in cluster.vendors.items():
        console.print(f"vendor {account}  ", drawing.state(state))
    if cluster.brokers:
        drawing.heading(console, "Bootstrap brokers, as published")
        for scheme, brokers in cluster.brokers.items():
            console.print(f"{scheme:6}{brokers}", soft_wrap=True)
    _problems(console, cluster)


def _topics(console: Console, cluster: ClusterDetail) -> None:
    """Show the topics that clients request; each VPC has one request for all schemes."""
    found = {
        (one.account, one.vpc_id, name): state
        for one in cluster.connections
        for name, state in one.topics.items()
    }
    if not found:
        return
    drawing.heading(console, "Topics that clients request")
    table = drawing.table("ACCOUNT", "VPC", "TOPIC", "STATE")
    for (account, vpc_id, name), state in sorted(found.items()):
        table.add_row(account, vpc_id, name, drawing.state(state))
    console.print(table)


def _users(console: Console, cluster: ClusterDetail) -> None:
    """Show the users, and whole what people copy: ARNs of secrets and commands for ACLs."""
    if not cluster.users:
        return
    drawing.heading(console, "SCRAM users that clients request")
    table = drawing.table("ACCOUNT", "USER", "STATE", "REQUESTED", "DETAIL")
    for one in cluster.users:
        requested = drawing.moment(one.requested) or "-"
        table.add_row(one.account, one.name, drawing.state(one.state), requested, _user_detail(one))
    console.print(table)
    if secrets := [one.secret_arn for one in cluster.users if one.secret_arn]:
        drawing.heading(console, "Secrets of users")
        _print_whole(console, secrets)
    if acls := [command for one in cluster.users for command in one.acls]:
        drawing.heading(console, "ACLs of users: run these once, since MSK has no API for them")
        _print_whole(console, acls)


def _user_detail(user: ScramUser) -> str:
    if user.refusal:
        return user.refusal.code
    return _removal(user.removal) if user.removal else "-"


def _print_whole(console: Console, lines: Iterable[str]) -> None:
    """Print each of *lines* as one, however narrow the terminal is."""
    for line in lines:
        console.print(line, soft_wrap=True)


def _facts(console: Console, cluster: ClusterDetail) -> None:
    policy = cluster.policy
    console.print(cluster.arn, style="bold", soft_wrap=True)
    facts = drawing.table("", "")
    facts.show_header = False
    facts.add_row("state", drawing.cluster_state(cluster.state))
    facts.add_row("asked", cluster.asked or "nothing: the owner has not opted in")
    facts.add_row("on", " ".join(cluster.on) or "-")
    facts.add_row("now", clusters.now(cluster))
    if cluster.run:
        facts.add_row("follow", f"msklink watch {cluster.name}")
    approval = "; only after approval" if cluster.approval else ""
    facts.add_row("reboots", f"{cluster.window}{approval}")
    if policy:
        used = f"{policy.bytes:,} of {policy.of:,} bytes"
        facts.add_row("policy", f"{used}, admits {_accounts(len(policy.accounts))}")
    console.print(facts)


def _accounts(count: int) -> str:
    return f"{count} account{'' if count == 1 else 's'}"


def _check(client: ClientReport) -> str:
    if client.check is None:
        return "-"
    return "✓ good" if client.check.good else f"✗ {client.check.layer}"


def _detail(client: ClientReport) -> str:
    if client.refusal:
        return client.refusal.code
    if client.waiting:
        until = drawing.moment(client.waiting.until)
        return client.waiting.reason.code + (f" until {until}" if until else "")
    if client.removal:
        return _removal(client.removal)
    if client.phase:
        expected = drawing.moment(client.expected)
        return client.phase + (f", expected by {expected}" if expected else "")
    return "-"


def _removal(removal: Removal) -> str:
    return f"leaves {drawing.moment(removal.due) or 'never: it is protected'}"


def _problems(console: Console, cluster: ClusterDetail) -> None:
    found = [*findings.of_cluster(cluster)]
    if found:
        drawing.heading(console, "What to do")
    for one in found:
        one.draw(console)
