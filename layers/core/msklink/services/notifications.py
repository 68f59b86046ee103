"""Publish each fact as an event on the bus, and count it as a metric for the owner team.

Metrics use CloudWatch's embedded metric format, which needs no API call.
"""

from collections.abc import Iterable, Mapping, Sized
from dataclasses import asdict
from datetime import datetime, timedelta

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from msklink.auth_scheme import Scheme
from msklink.aws.dry_run.recorder import is_dry_run
from msklink.aws.eventbridge import DetailType, put_event
from msklink.change_control.change_request import HeldChange, change_request
from msklink.connections.progress import seconds_by_phase
from msklink.connections.record import ConnectionRecord, Progress
from msklink.connections.vpc_connection import ClientConnection
from msklink.drift.kinds import Drift
from msklink.policy.document import Policy
from msklink.refusals import Refusal
from msklink.removal import Removal
from msklink.runs import backoff
from msklink.runs.cluster_record import RunFailure

logger = Logger(child=True)


def connectivity_enabled(cluster_arn: str, run: str, schemes: Iterable[Scheme]) -> None:
    put_event(
        DetailType.CLUSTER_CONNECTIVITY_ENABLED,
        cluster_arn=cluster_arn,
        run=run,
        schemes=list(schemes),
    )


def connections_requested(records: Sized) -> None:
    """Count requests that runs see for the first time, also those that they refuse."""
    if records:
        _measure("Requests", len(records), MetricUnit.Count)


def cluster_refused(cluster_arn: str, run: str, refusal: Refusal) -> None:
    _count_refusal(refusal)
    logger.warning("cluster refused", cluster_arn=cluster_arn, refusal=_plain(refusal))
    put_event(DetailType.CLUSTER_REFUSED, cluster_arn=cluster_arn, run=run, refusal=_plain(refusal))


def client_refused(refusal: Refusal, **facts: str | None) -> None:
    """Publish Client Refused; *facts* are account, vpc_id, scheme, cluster_arn, run."""
    _count_refusal(refusal)
    logger.warning("client refused", extra={**facts, "refusal": _plain(refusal)})
    put_event(DetailType.CLIENT_REFUSED, **facts, refusal=_plain(refusal))


def connections_refused(records: Iterable[ConnectionRecord], run: str) -> None:
    """
    Publish Client Refused for the refused ones among *records*; pass only records that changed.

    A refused connection that is no longer wanted is not reported: its record changes to be deleted.
    """
    for record in records:
        if record.refusal and record.wanted:
            client_refused(record.refusal, run=run, **_facts(record))


def kafka_access_refused(record: ConnectionRecord, refusal: Refusal, run: str) -> None:
    """Publish that a connection's clients do not get all of the access that they requested."""
    client_refused(refusal, run=run, **_facts(record))


def client_onboarded(
    record: ConnectionRecord, progress: Progress | None, run: str, now: datetime
) -> None:
    """
    Publish Client Onboarded, and how long it took.

    OnboardingTime runs from the first request to published brokers; OnboardingPhase has the seconds
    of each phase.
    """
    _count("ClientsOnboarded")
    _measure("OnboardingTime", (now - record.requested_at).total_seconds(), MetricUnit.Seconds)
    if progress:
        for phase, seconds in seconds_by_phase(progress, now).items():
            _measure("OnboardingPhase", seconds, MetricUnit.Seconds, phase=phase)
    put_event(
        DetailType.CLIENT_ONBOARDED, run=run, connection_arn=record.connection_arn, **_facts(record)
    )


def offboarding_scheduled(record: ConnectionRecord, removal: Removal, run: str) -> None:
    """Publish when and why the connection will be removed, or that it is protected from removal."""
    if removal.due is None:
        client_refused(removal.reason, run=run, **_facts(record))
        return
    put_event(
        DetailType.CLIENT_OFFBOARDING_SCHEDULED,
        run=run,
        connection_arn=record.connection_arn,
        due=removal.due.isoformat(timespec="seconds"),
        refusal=_plain(removal.reason),
        **_facts(record),
    )


def client_offboarded(record: ConnectionRecord, run: str, refusal: Refusal | None) -> None:
    """Publish that the connection is gone and why; *refusal* may say what remains of it."""
    _count("ClientsOffboarded")
    put_event(
        DetailType.CLIENT_OFFBOARDED,
        run=run,
        connection_arn=record.connection_arn,
        refusal=_plain(refusal) if refusal else None,
        **_facts(record),
    )


def vendor_removal_scheduled(cluster_arn: str, account: str, removal: Removal, run: str) -> None:
    """Publish when a vendor's grant will be revoked, or that it is protected from that."""
    if removal.due is None:
        cluster_refused(cluster_arn, run, removal.reason)
        return
    put_event(
        DetailType.CLIENT_OFFBOARDING_SCHEDULED,
        cluster_arn=cluster_arn,
        run=run,
        account=account,
        due=removal.due.isoformat(timespec="seconds"),
        refusal=_plain(removal.reason),
    )


def vendor_removed(cluster_arn: str, account: str, removal: Removal | None, run: str) -> None:
    """Publish that a vendor's grant is revoked, and why."""
    reason = _plain(removal.reason) if removal else None
    put_event(
        DetailType.CLIENT_OFFBOARDED,
        cluster_arn=cluster_arn,
        run=run,
        account=account,
        refusal=reason,
    )


def run_concluded() -> None:
    _count("Runs")


def run_failed(cluster_arn: str, failure: RunFailure) -> None:
    _count("RunsFailed")
    facts = failure.model_dump(mode="json", exclude={"ended"})
    put_event(
        DetailType.RUN_FAILED,
        cluster_arn=cluster_arn,
        outlook=backoff.describe_next_attempt(failure),
        **facts,
    )


def drift_repaired(cluster_arn: str, run: str, drift: Drift) -> None:
    _count_drift("DriftRepaired", drift)
    put_event(DetailType.DRIFT_REPAIRED, cluster_arn=cluster_arn, run=run, **asdict(drift))


def drift_unrepaired(cluster_arn: str, run: str, drift: Drift, refusal: Refusal) -> None:
    """Publish the refusal for the client whose account has the drift, otherwise for the owner."""
    if not drift.account:
        cluster_refused(cluster_arn, run, refusal)
        return
    whose = {"account": drift.account, "vpc_id": drift.vpc_id, "scheme": drift.scheme}
    client_refused(refusal, cluster_arn=cluster_arn, run=run, **whose)


def count_unrepaired(drift: Drift) -> None:
    _count_drift("DriftLeftAlone", drift)


def unknown_connection(
    cluster_arn: str, run: str, refusal: Refusal, connection: ClientConnection
) -> None:
    """Publish a connection of an account that is not listed, for the owner."""
    _count("UnknownConnections")
    put_event(
        DetailType.CLUSTER_REFUSED,
        cluster_arn=cluster_arn,
        run=run,
        account=connection.account,
        connection_arn=connection.arn,
        refusal=_plain(refusal),
    )


def client_failed() -> None:
    _count("ClientFailures")


def connectivity_held(run: str, held: HeldChange) -> None:
    """Publish what waits for the owner's terms, and for whom; the owner reads it as an alert."""
    _count("Holds")
    recorded, hold = held.hold, held.hold.hold
    put_event(
        DetailType.CONNECTIVITY_HELD,
        cluster_arn=held.cluster.text,
        run=run,
        schemes=list(recorded.schemes),
        accounts=list(held.accounts),
        brokers=held.brokers if held.minutes else None,
        minutes=held.minutes,
        since=recorded.since.isoformat(timespec="seconds"),
        until=hold.until.isoformat(timespec="seconds") if hold.until else None,
        refusal=_plain(hold.reason),
        request=asdict(change_request(held)),
    )


def swept(
    duration: timedelta,
    clients: Mapping[str, int],
    oldest_request: timedelta,
    oldest_hold: timedelta,
) -> None:
    """
    Measure a sweep, and what it found of all clusters: the number of clients by state, and ages.

    An age is 0 where nothing waits, so that its alarm ends. CloudWatch has no unit for hours.
    """
    _measure("SweepDuration", duration.total_seconds(), MetricUnit.Seconds)
    for state, number in clients.items():
        _measure("Clients", number, MetricUnit.Count, state=state)
    _measure("OldestRequest", oldest_request / timedelta(hours=1), MetricUnit.NoUnit)
    _measure("OldestHold", oldest_hold / timedelta(hours=1), MetricUnit.NoUnit)


def policy_read(policy: Policy) -> None:
    """Measure how much of its size limit a cluster policy uses."""
    _measure("PolicyUsed", policy.used_percent, MetricUnit.Percent)


def _count(name: str) -> None:
    _measure(name, 1, MetricUnit.Count)


def _count_drift(name: str, drift: Drift) -> None:
    _measure(name, 1, MetricUnit.Count, what=drift.kind)


def _count_refusal(refusal: Refusal) -> None:
    _measure("Refusals", 1, MetricUnit.Count, code=refusal.code)


def _measure(name: str, value: float, unit: MetricUnit, **dimensions: str) -> None:
    if is_dry_run():  # nothing has happened
        return
    with single_metric(name=name, unit=unit, value=value) as metric:
        for dimension, text in dimensions.items():
            metric.add_dimension(dimension, text)


def _facts(record: ConnectionRecord) -> dict[str, str | None]:
    return {
        "cluster_arn": record.cluster_arn,
        "account": record.account,
        "vpc_id": record.vpc_id,
        "scheme": record.scheme,
    }


def _plain(refusal: Refusal) -> dict[str, str]:
    return refusal.model_dump(mode="json")
