"""Measure what a sweep finds of all clusters together."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from msklink.aws.cluster_snapshot import ClusterSnapshot
from msklink.cluster.description import ClusterDescription
from msklink.connections import sweep_rules
from msklink.parameters import status
from msklink.services import notifications
from msklink.settings import settings


@dataclass(frozen=True)
class ClusterFigures:
    """What a sweep measures of one cluster."""

    client_states: tuple[str, ...]
    oldest_request: timedelta
    oldest_hold: timedelta


def cluster_figures(
    cluster: ClusterDescription | None, snapshot: ClusterSnapshot, now: datetime
) -> ClusterFigures:
    """Return the figures of a cluster; only requests of listed accounts count."""
    namespace = settings().namespace
    is_managed = cluster is not None and cluster.is_managed(namespace)
    clients = sweep_rules.records_by_client(
        cluster.client_accounts(namespace) if cluster and is_managed else (),
        snapshot.connections,
        snapshot.onboarding_requests,
        snapshot.offboarding_requests,
    )
    return ClusterFigures(
        client_states=tuple(status.client_states(snapshot.connections).values()),
        oldest_request=sweep_rules.oldest_request(clients, now),
        oldest_hold=max((now - one.since for one in snapshot.cluster.holds), default=timedelta()),
    )


def measure_sweep(figures: Sequence[ClusterFigures], duration: timedelta) -> None:
    """Measure a sweep: once for all clusters, so that no data point is of some of them only."""
    notifications.swept(
        duration,
        Counter(state for one in figures for state in one.client_states),
        max((one.oldest_request for one in figures), default=timedelta()),
        max((one.oldest_hold for one in figures), default=timedelta()),
    )
