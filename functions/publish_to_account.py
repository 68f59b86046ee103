"""Task state PublishToAccount: write client configuration and status into a client account."""

from datetime import datetime

from aws_lambda_powertools import Logger

from msklink import checks, clock, endpoints, repairing, status, survey
from msklink.aws import memories, table
from msklink.aws.probe import Probe
from msklink.aws.session import in_client, in_the_name_of
from msklink.aws.ssm import ParameterSet
from msklink.errors import ProbeFailed, Refused
from msklink.recording import record_changes, record_onboarded
from msklink.records import Connection, Left, State, changed
from msklink.refusals import Refusal
from msklink.scheme import Scheme
from msklink.settings import settings
from msklink.task_state import task
from msklink.tasks import ClientTask

logger = Logger()


class Publication(ClientTask):
    bootstrap_brokers: dict[Scheme, str]


@task
def handler(event: Publication) -> dict[str, int]:
    now, account = clock.now(), event.client(settings().namespace)
    known = table.connections(event.cluster_arn, event.account)
    records = [record.published(event.bootstrap_brokers) for record in known]
    try:
        session = in_client(account, account.publishing(event.cluster.name), event.run)
        with in_the_name_of(account):
            parameters = ParameterSet(session, event.cluster.name)
        written = _publish(event, parameters, known, records, now)
    except Refused as error:
        logger.warning("not published", refusal=error.refusal.model_dump(mode="json"))
        _refuse(event, error.refusal, known, now)
        return {"written": 0}
    onboarded = record_onboarded(known, records, event.run, now)
    logger.info(
        "published", account=event.account, written=written, new=[one.item for one in onboarded]
    )
    try:
        _check(event, Probe(session, account.probe), parameters, records, now)
    except (ProbeFailed, Refused) as error:
        logger.warning("not checked", account=event.account, why=str(error))
    return {"written": len(written)}


def _refuse(event: Publication, refusal: Refusal, known: list[Connection], now: datetime) -> None:
    """Record and tell what kept us out of the account, unless it kept out the survey already."""
    told = {record.refusal.code for record in known if record.refusal and record.wanted}
    if refusal.code in told or not any(record.wanted for record in known):
        return
    records = survey.account_refused(event.cluster_arn, event.account, refusal, known, now)
    record_changes(known, records, event.run, now)


def _publish(
    event: Publication,
    parameters: ParameterSet,
    known: list[Connection],
    records: list[Connection],
    now: datetime,
) -> list[str]:
    """Names of the parameters that had to be written."""
    brokers = _brokers(event, records, now)
    with in_the_name_of(event.client(settings().namespace)):
        if taken := parameters.taken(event.cluster):
            raise Refused(taken)
        left = memories.published(event.cluster_arn, event.account)
        found = parameters.drifted(_brokers(event, known, now), event.account, left)
        refused = {drift: repairing.why_not(event.cluster_arn, drift) for drift in found}
        for drift in (drift for drift, refusal in refused.items() if not refusal):
            repairing.begin(event.cluster_arn, event.run, drift)
        kept = {drift.scheme for drift, refusal in refused.items() if refusal}
        wanted = {scheme: text for scheme, text in brokers.items() if scheme not in kept}
        told = status.describe(event.cluster_arn, records)
        written = parameters.publish(wanted, told, now)
    for drift, refusal in refused.items():
        if refusal:
            repairing.leave_alone(event.cluster_arn, event.run, drift, refusal)
    well = [endpoints.drift_of(event.account, scheme).item for scheme in wanted]
    repairing.settle(event.cluster_arn, well)
    left = Left(digests=parameters.digests, alone=tuple(sorted(kept)))
    memories.note_published(event.cluster_arn, event.account, left)
    return written


def _check(
    event: Publication,
    probe: Probe,
    parameters: ParameterSet,
    records: list[Connection],
    now: datetime,
) -> None:
    """Record and tell what the probe of the account finds, where there is one."""
    brokers = _brokers(event, records, now)
    due = checks.due(records, brokers)
    vpc_id = probe.vpc_id() if due else None
    asked = [record for record in due if record.vpc_id == vpc_id]
    if not asked:
        return
    answer = probe.ask(checks.question(asked, brokers))
    checked = checks.answered(records, asked, brokers, answer, now)
    table.save_all(changed(records, checked), now)
    with in_the_name_of(event.client(settings().namespace)):
        parameters.show(status.describe(event.cluster_arn, checked), now)


def _brokers(event: Publication, records: list[Connection], now: datetime) -> dict[Scheme, str]:
    """The broker strings of the schemes that are published by *records*, but for what goes now."""
    there = (record for record in records if record.state is State.PUBLISHED)
    published = {record.scheme for record in there if not record.is_due(now)}
    return {scheme: text for scheme, text in event.bootstrap_brokers.items() if scheme in published}
