"""Read clusters and their records with the user's credentials."""

from datetime import datetime
from typing import NamedTuple

from msklink.arns import ClusterArn, is_cluster_name
from msklink.aws import msk_clusters, step_functions
from msklink.aws.cluster_snapshot import ClusterSnapshot, read_snapshot, read_snapshots
from msklink.aws.msk_cluster_policy import read_policy
from msklink.aws.run_state import tracked_clusters
from msklink.cluster.description import ClusterDescription
from msklink.policy.document import Policy
from msklink.runs.cluster_record import ClusterRecord
from msklink.services.connectivity import change_terms
from msklink.settings import settings
from msklink_cli import report
from msklink_cli.errors import CommandError
from msklink_cli.report import ClusterDetail, ClusterReport

type RunStatus = tuple[str, datetime | None]
"""The status of an execution and its start; None where it was not started."""

NOTHING = ClusterSnapshot(ClusterRecord(), [], [], [], {}, {}, frozenset())


class Found(NamedTuple):
    """A cluster, and the items of it in the table."""

    arn: str
    cluster: ClusterDescription | None
    """None where MSK no longer has it."""
    snapshot: ClusterSnapshot


def all_clusters() -> list[ClusterReport]:
    """
    Return every cluster of the Region, by name, with deleted ones that still have clients.

    It makes one call for each hundred clusters, one for each MB of the table, and one for each run
    at work.
    """
    return [
        report.cluster_report(*one, change_terms(one.cluster), run_status(one.snapshot))
        for one in find_all()
    ]


def find_all() -> list[Found]:
    """Return every cluster of the Region, by name, with deleted ones that still have clients."""
    snapshots = read_snapshots()
    clusters = {one.arn.text: one for one in msk_clusters.list_clusters(msk_clusters.client())}
    gone = {arn for arn, snapshot in snapshots.items() if snapshot.connections}
    return [
        Found(arn, clusters.get(arn), snapshots.get(arn, NOTHING))
        for arn in sorted(clusters.keys() | gone, key=lambda one: (ClusterArn.parse(one).name, one))
    ]


def one_cluster(name_or_arn: str) -> ClusterDetail:
    """Return the cluster with its clients. Raises CommandError where there is none or several."""
    arn = find(name_or_arn)
    kafka = msk_clusters.client()
    cluster, snapshot = msk_clusters.describe_cluster(kafka, arn), read_snapshot(arn)
    if cluster is None and not snapshot.connections:
        raise not_found(name_or_arn)
    policy = read_policy(kafka, arn)[0] if cluster else None
    return detail(Found(arn, cluster, snapshot), run_status(snapshot), policy)


def detail(found: Found, status: RunStatus | None, policy: Policy | None) -> ClusterDetail:
    """Return the report of a cluster with its clients; *status* is that of the run at work."""
    terms = change_terms(found.cluster)
    listed = report.cluster_report(*found, terms, status)
    return report.cluster_detail(listed, found.snapshot, terms, policy)


def find(name_or_arn: str) -> str:
    """Return the ARN of the cluster, also of a deleted one that is still tracked."""
    if arn := ClusterArn.find(name_or_arn):
        _check_place(arn)
        return name_or_arn
    if not is_cluster_name(name_or_arn):
        raise CommandError(
            "MalformedCluster",
            f"{name_or_arn[:80]!r} is neither the name nor the ARN of an MSK cluster",
            "msklink clusters lists them.",
        )
    found = msk_clusters.find_clusters(msk_clusters.client(), name_or_arn) or [
        arn for arn in tracked_clusters() if ClusterArn.parse(arn).name == name_or_arn
    ]
    if not found:
        raise not_found(name_or_arn)
    if len(found) > 1:
        raise CommandError(
            "ClusterAmbiguous",
            f"{len(found)} clusters are called {name_or_arn}",
            f"Use an ARN: {', '.join(sorted(found))}.",
        )
    return found[0]


def _check_place(arn: ClusterArn) -> None:
    """Raise CommandError for a cluster of another Region or account than the owner stack."""
    _, _, _, region, account, *_ = settings().state_machine_arn.split(":")
    if arn.region != region:
        raise CommandError(
            "ClusterElsewhere",
            f"the cluster is in Region {arn.region}, and the owner stack in {region}",
            f"Use --region {arn.region}.",
        )
    if arn.account != account:
        raise CommandError(
            "ClusterElsewhere",
            f"the cluster is in account {arn.account}, and the owner stack in {account}",
            "Use --profile with a role of that account.",
        )


def not_found(name_or_arn: str) -> CommandError:
    return CommandError(
        "ClusterNotFound",
        f"there is no cluster {name_or_arn} in this account and Region",
        "msklink clusters lists them. Choose another place with --profile and --region.",
    )


def run_status(snapshot: ClusterSnapshot) -> RunStatus | None:
    """Return how the run that has the lease stands and its start, from DescribeExecution."""
    run = snapshot.cluster.holder
    if run is None:
        return None
    states = step_functions.client()
    try:
        found = states.describe_execution(executionArn=step_functions.execution_arn(run))
    except states.exceptions.ExecutionDoesNotExist:
        return "NOT_STARTED", None
    return found["status"], found["startDate"]
