"""The command: read, find, print."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer
from rich.console import Console

from msklink.tags import is_account_id
from msklink_cli import plan
from msklink_cli.doctor import cluster_rules, installation_rules
from msklink_cli.doctor.installation import read_installation
from msklink_cli.errors import CHANGES_PLANNED, CommandError
from msklink_cli.findings import Finding, Severity
from msklink_cli.options import Common
from msklink_cli.output import Result
from msklink_cli.reading import all_clusters, one_cluster
from msklink_cli.report import ClusterDetail


def diagnose(
    options: Common,
    cluster: Annotated[
        str | None,
        typer.Argument(metavar="CLUSTER", help="By default every cluster that is opted in."),
    ] = None,
    account: Annotated[
        str,
        typer.Option(metavar="ACCOUNT", help="Only what concerns this client account."),
    ] = "",
) -> int:
    """
    Find out why nothing happens: each reason with its remedy.

    With a cluster it also plans, which reads each client account. Exit code 2 if there are reasons.
    """
    if account and not is_account_id(account):
        raise CommandError("MalformedAccount", f"{account!r} is no account id", "Write 12 digits.")
    found = list(_find(options.namespace, cluster, account))
    data = {"findings": [one.model_dump(mode="json") for one in found]}
    options.show(Result(data, lambda console: draw(console, found)))
    return CHANGES_PLANNED if found else 0


def _find(namespace: str, name: str | None, account: str) -> Iterator[Finding]:
    installation = read_installation()
    yield from installation_rules.of_installation(installation)
    if name is None:
        known = [one_cluster(one.arn) for one in all_clusters() if one.managed or one.clients]
        details = [one for one in known if account in {"", *one.listed, *_accounts(one)}]
    else:
        details = [one_cluster(name)]
    listed = {one for detail in details for one in detail.listed if account in {"", one}}
    yield from installation_rules.of_bus(installation.bus_policy, listed)
    for detail in details:
        planned = plan.ask(namespace, detail.arn, {}) if name is not None else None
        yield from cluster_rules.of_cluster(detail, planned, account)


def _accounts(cluster: ClusterDetail) -> set[str]:
    return {one.account for one in cluster.connections}


def draw(console: Console, findings: Sequence[Finding]) -> None:
    if not findings:
        console.print("✓ Nothing is in the way.", style="green")
        return
    for one in sorted(findings, key=lambda one: list(Severity).index(one.severity)):
        one.draw(console)
