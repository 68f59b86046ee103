"""Change the tags of a cluster by which the owner steers MSKLink: show the plan, ask, set them."""

import sys
from dataclasses import replace
from typing import Annotated

import typer
from rich.console import Console

from msklink.arns import ClusterArn
from msklink.aws import msk_clusters
from msklink.change_control.plan import Plan, summarize
from msklink.cluster.description import ClusterDescription
from msklink.settings import settings
from msklink_cli import plan, tag_changes
from msklink_cli.errors import CommandError
from msklink_cli.options import Common
from msklink_cli.output import Result, console
from msklink_cli.reading import find, not_found, one_cluster
from msklink_cli.show import Cluster
from msklink_cli.tag_changes import TagChanges

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not plan and do not ask, for scripts.")]
Schemes = Annotated[list[str], typer.Argument(metavar="SCHEMES", help="iam, scram, tls or auto.")]
Accounts = Annotated[list[str], typer.Argument(metavar="ACCOUNT", help="Ids of 12 digits.")]


def enable(options: Common, cluster: Cluster, schemes: Schemes, *, yes: Yes = False) -> None:
    """Opt in a cluster with the schemes that clients may use, or out with `off`."""
    found = _describe(cluster)
    _change(options, found, tag_changes.enable(options.namespace, schemes), yes=yes)


def approve(
    options: Common,
    cluster: Cluster,
    schemes: Annotated[
        list[str] | None,
        typer.Argument(metavar="SCHEMES", help="By default those that wait for approval."),
    ] = None,
    *,
    yes: Yes = False,
) -> None:
    """Approve the update that turns on schemes and reboots the brokers."""
    found = one_cluster(cluster)
    if not schemes and not any(one.approval for one in found.waiting):
        codes = ", ".join(one.reason.code for one in found.waiting)
        raise CommandError(
            "NothingToApprove",
            f"nothing of {found.name} waits for approval"
            + (f"; it waits for: {codes}" if codes else ""),
            f"msklink show {found.name} says what is in the way.",
        )
    changes = tag_changes.approve(options.namespace, found.approved, found.waiting, schemes or ())
    _change(options, _describe(found.arn), changes, yes=yes)


def freeze(
    options: Common,
    cluster: Cluster,
    reason: Annotated[str, typer.Option(help="Value of the tag, for people.")] = "stop",
    *,
    yes: Yes = False,
) -> None:
    """Hold every change to a cluster and its clients until `msklink thaw`."""
    changes = tag_changes.freeze(options.namespace, reason)
    intro = "From then on nothing of this is done, until msklink thaw:"
    _change(options, _describe(cluster), changes, yes=yes, intro=intro)


def thaw(options: Common, cluster: Cluster, *, yes: Yes = False) -> None:
    """End the freeze of a cluster; what was held goes on by itself."""
    found = one_cluster(cluster)
    changes = tag_changes.thaw(options.namespace, found.freeze)
    _change(options, _describe(found.arn), changes, yes=yes)


def allow(options: Common, cluster: Cluster, accounts: Accounts, *, yes: Yes = False) -> None:
    """List accounts as clients of a cluster."""
    found = _describe(cluster)
    changes = tag_changes.allow(found.tags, options.namespace, accounts)
    _change(options, found, changes, yes=yes)


def deny(options: Common, cluster: Cluster, accounts: Accounts, *, yes: Yes = False) -> None:
    """List accounts as clients no longer; their connections are removed after the grace hours."""
    found = _describe(cluster)
    changes = tag_changes.deny(found.tags, options.namespace, accounts)
    _change(options, found, changes, yes=yes)


def _describe(name_or_arn: str) -> ClusterDescription:
    found = msk_clusters.describe_cluster(msk_clusters.client(), find(name_or_arn))
    if found is None:
        raise not_found(name_or_arn)
    return found


def _change(
    options: Common,
    cluster: ClusterDescription,
    changes: TagChanges,
    *,
    yes: bool,
    intro: str = "",
) -> None:
    """Set the tags in *changes*, after the user has seen the plan, with an *intro*, and agreed."""
    changes = {key: value for key, value in changes.items() if cluster.tags.get(key) != value}
    planned = None
    if changes and not yes:
        planned = plan.ask(options.namespace, cluster.arn.text, {"tags": changes})
        _show(cluster, changes)
        _agree(cluster.arn.name, planned, intro)
    _set(cluster.arn, changes)
    data = {
        "cluster": cluster.arn.text,
        "tags": changes,
        "plan": planned and planned.model_dump(mode="json"),
    }
    options.show(Result(data, lambda drawn: _draw_done(drawn, cluster, changes)))


def _show(cluster: ClusterDescription, changes: TagChanges) -> None:
    drawn = console(stderr=True)
    drawn.print(f"Tags of {cluster.arn.name}", style="bold")
    for key, value in changes.items():
        if key in cluster.tags:
            drawn.print(f"- {key} = {cluster.tags[key]}", style="red", soft_wrap=True)
        if value is not None:
            drawn.print(f"+ {key} = {value}", style="green", soft_wrap=True)
    drawn.print()


def _agree(name: str, planned: Plan, intro: str) -> None:
    """Show what would be done, and ask. Raises CommandError where nobody can answer."""
    drawn = console(stderr=True)
    if intro:
        drawn.print(intro, style="yellow", soft_wrap=True)
    plan.draw(drawn, planned)
    drawn.print()
    if not sys.stdin or not sys.stdin.isatty():
        raise CommandError(
            "NotConfirmed",
            "nobody can be asked, as the standard input is no terminal; nothing was changed",
            "Use --yes where nobody has to be asked.",
        )
    drawn.print(f"{intro} {summarize(planned)}".strip(), style="bold", soft_wrap=True)
    typer.confirm(f"Change these tags of {name}?", abort=True, err=True)


def _set(cluster: ClusterArn, changes: TagChanges) -> None:
    kafka = msk_clusters.client()
    tags = {key: value for key, value in changes.items() if value is not None}
    if tags:
        kafka.tag_resource(ResourceArn=cluster.text, Tags=tags)
    if gone := [key for key, value in changes.items() if value is None]:
        kafka.untag_resource(ResourceArn=cluster.text, TagKeys=gone)


def _draw_done(drawn: Console, cluster: ClusterDescription, changes: TagChanges) -> None:
    if not changes:
        drawn.print("Nothing to change: the tags of the cluster say so already.")
        return
    after = {key: value for key, value in {**cluster.tags, **changes}.items() if value is not None}
    name = cluster.arn.name
    if (
        replace(cluster, tags=after).is_managed(settings().namespace)
        or settings().namespace in changes
    ):
        text = (
            "Done. MSKLink begins within a minute, or with its next sweep. To follow it: "
            f"msklink watch {name}"
        )
    else:
        text = (
            "Done, but nothing begins: the cluster is not opted in. To opt in: "
            f"msklink enable {name} auto"
        )
    drawn.print(text, soft_wrap=True)
