"""Read all that the page shows, with few calls however many clusters and clients there are."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from botocore.exceptions import ClientError

from msklink.aws import msk_clusters, step_functions
from msklink.aws.msk_cluster_policy import read_policy
from msklink.aws.session import own_session
from msklink.policy.document import Policy
from msklink.settings import settings
from msklink_cli import reading
from msklink_cli.aws_clock import aws_now
from msklink_cli.reading import Found, RunStatus
from msklink_cli.report import ClusterDetail

POLICY_AGE = timedelta(minutes=5)
"""Others may write a cluster policy; what runs of MSKLink write is read at once."""

THREADS = 4


@dataclass(frozen=True)
class Overview:
    """All clusters of the owner account in a Region, at one time of AWS's clock."""

    at: datetime
    account: str
    region: str
    clusters: tuple[ClusterDetail, ...]


@dataclass(frozen=True)
class _ReadPolicy:
    """A cluster policy, with what it depended on when it was read."""

    policy: Policy | None
    run: int
    digests: str
    at: datetime


class OverviewReader:
    """
    Read overviews one after the other, from the lists of clusters and runs and one Scan.

    Cluster policies are read one by one, only of clusters with clients, and again only after a run
    or after POLICY_AGE.
    """

    def __init__(self) -> None:
        self._policies: dict[str, _ReadPolicy] = {}

    def read(self) -> Overview:
        found = reading.find_all()
        self._read_policies(found)
        running = _running() if any(one.snapshot.cluster.holder for one in found) else {}
        return Overview(
            at=aws_now(),
            account=settings().state_machine_arn.split(":")[4],
            region=str(own_session().region_name),
            clusters=tuple(
                reading.detail(one, _status(one, running), self._policy(one)) for one in found
            ),
        )

    def _policy(self, found: Found) -> Policy | None:
        known = self._policies.get(found.arn)
        return known.policy if known and found.cluster else None

    def _read_policies(self, found: Iterable[Found]) -> None:
        due = [one for one in found if self._is_due(one)]
        kafka = msk_clusters.client()

        def read(one: Found) -> None:
            policy = self._policy(one)
            # A cluster that MSK is creating or deleting has no policy to show.
            with suppress(ClientError):
                policy = read_policy(kafka, one.arn)[0]
            record = one.snapshot.cluster
            self._policies[one.arn] = _ReadPolicy(
                policy, record.last_run_number, record.policy_digests, aws_now()
            )

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(read, due))

    def _is_due(self, found: Found) -> bool:
        snapshot, known = found.snapshot, self._policies.get(found.arn)
        if found.cluster is None or not (snapshot.connections or snapshot.cluster.vendors):
            return False
        record = snapshot.cluster
        if known is None or aws_now() - known.at > POLICY_AGE:
            return True
        return (known.run, known.digests) != (record.last_run_number, record.policy_digests)


def _running() -> dict[str, datetime]:
    """Return the start of every run that is at work, by name; up to 1,000 in a call."""
    pages = (
        step_functions.client()
        .get_paginator("list_executions")
        .paginate(stateMachineArn=settings().state_machine_arn, statusFilter="RUNNING")
    )
    return {one["name"]: one["startDate"] for page in pages for one in page["executions"]}


def _status(found: Found, running: dict[str, datetime]) -> RunStatus | None:
    """Return the status of the run that has the lease; one that has died is not in the list."""
    run = found.snapshot.cluster.holder
    return ("RUNNING", running[run]) if run in running else reading.run_status(found.snapshot)
