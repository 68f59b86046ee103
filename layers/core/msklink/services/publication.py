"""Publish client properties and status in a client account, and probe its connections."""

from datetime import datetime

from aws_lambda_powertools import Logger

from msklink import clock
from msklink.auth_scheme import Scheme
from msklink.aws import dynamodb, run_state
from msklink.aws.lambda_probe import Probe
from msklink.aws.session import client_refusals, client_session
from msklink.aws.ssm import ParameterSet
from msklink.connections import probe_results, wanted_connections
from msklink.connections.needed_users import secrets_to_publish
from msklink.connections.record import ConnectionRecord, State, changed_records
from msklink.errors import ProbeFailed, Refused
from msklink.parameters import status
from msklink.parameters.published import PublishedState, drift_of_scheme
from msklink.refusals import Refusal
from msklink.runs.task_input import AccountPublication
from msklink.services import repair_decisions
from msklink.services.connection_changes import record_onboarded, report_and_record
from msklink.settings import settings

logger = Logger(child=True)


def publish_to_account(task: AccountPublication) -> list[str]:
    """
    Write client properties and status into a client account, and have the connections probed.

    Return the names of the parameters that were written; none where the account refuses us.
    """
    now, account = clock.now(), task.client(settings().namespace)
    known = dynamodb.connections(task.cluster_arn, task.account)
    records = [record.with_published(task.bootstrap_brokers) for record in known]
    try:
        session = client_session(account, account.publishing(task.cluster.name), task.run)
        with client_refusals(account):
            parameters = ParameterSet(session, task.cluster.name)
        written = _publish(task, parameters, known, records, now)
    except Refused as error:
        logger.warning("not published", refusal=error.refusal.model_dump(mode="json"))
        _refuse(task, error.refusal, known, now)
        return []
    onboarded = record_onboarded(known, records, task.run, now)
    logger.info(
        "published", account=task.account, written=written, new=[one.item for one in onboarded]
    )
    try:
        _check(task, Probe(session, account.probe), parameters, records, now)
    except (ProbeFailed, Refused) as error:
        logger.warning("not checked", account=task.account, why=str(error))
    return written


def _refuse(
    task: AccountPublication, refusal: Refusal, known: list[ConnectionRecord], now: datetime
) -> None:
    """Record and report why the account refuses us, unless the survey has done so."""
    codes = {record.refusal.code for record in known if record.refusal and record.wanted}
    if refusal.code in codes or not any(record.wanted for record in known):
        return
    records = wanted_connections.with_account_refusal(
        task.cluster_arn, task.account, refusal, known, now
    )
    report_and_record(known, records, task.run, now)


def _publish(
    task: AccountPublication,
    parameters: ParameterSet,
    known: list[ConnectionRecord],
    records: list[ConnectionRecord],
    now: datetime,
) -> list[str]:
    """Write the parameters that differ; return their names."""
    brokers = _published_brokers(task, records, now)
    with client_refusals(task.client(settings().namespace)):
        if taken := parameters.name_refusal(task.cluster):
            raise Refused(taken)
        before = run_state.published_state(task.cluster_arn, task.account)
        found = parameters.drifts(_published_brokers(task, known, now), task.account, before)
        repairs = [repair_decisions.decide_repair(task.cluster_arn, drift) for drift in found]
        for repair in repairs:
            if not repair.refusal:
                repair.record_attempt(task.run)
        kept = {repair.found.scheme for repair in repairs if repair.refusal}
        wanted = {scheme: text for scheme, text in brokers.items() if scheme not in kept}
        content = status.describe(task.cluster_arn, records)
        written = parameters.publish(wanted, secrets_to_publish(records, now), content, now)
    for repair in repairs:
        if repair.refusal:
            repair.report_unrepaired(task.run, repair.refusal)
    resolved = [drift_of_scheme(task.account, scheme).item for scheme in wanted]
    repair_decisions.mark_resolved(task.cluster_arn, resolved)
    after = PublishedState(digests=parameters.digests, unrepaired_schemes=tuple(sorted(kept)))
    run_state.save_published_state(task.cluster_arn, task.account, after)
    return written


def _check(
    task: AccountPublication,
    probe: Probe,
    parameters: ParameterSet,
    records: list[ConnectionRecord],
    now: datetime,
) -> None:
    """Record and publish what the account's probe finds, if it has one."""
    brokers = _published_brokers(task, records, now)
    due = probe_results.due_for_probe(records, brokers)
    vpc_id = probe.vpc_id() if due else None
    asked = [record for record in due if record.vpc_id == vpc_id]
    if not asked:
        return
    answer = probe.ask(probe_results.probe_request(asked, brokers))
    checked = probe_results.with_probe_results(records, asked, brokers, answer, now)
    dynamodb.save_all(changed_records(records, checked), now)
    with client_refusals(task.client(settings().namespace)):
        parameters.write_status(status.describe(task.cluster_arn, checked), now)


def _published_brokers(
    task: AccountPublication, records: list[ConnectionRecord], now: datetime
) -> dict[Scheme, str]:
    """Return the broker strings of the published schemes, without those due for removal."""
    published = (record for record in records if record.state is State.PUBLISHED)
    schemes = {record.scheme for record in published if not record.is_due(now)}
    return {scheme: text for scheme, text in task.bootstrap_brokers.items() if scheme in schemes}
