"""Survey one client account: read what it requests, and plan its connections."""

from datetime import datetime
from typing import NamedTuple

from aws_lambda_powertools import Logger

from msklink import clock
from msklink.aws import dynamodb, ec2, run_state
from msklink.aws.session import client_refusals, client_session
from msklink.aws.ssm import ParameterSet
from msklink.cluster import admission
from msklink.connections import offboarding, requested_vpcs, wanted_connections
from msklink.connections.progress import with_progress
from msklink.connections.record import ConnectionRecord, State
from msklink.connections.wanted_connections import ClusterFacts, SurveyedState
from msklink.errors import Refused
from msklink.parameters import status
from msklink.refusals import Code, Refusal
from msklink.requests.records import OffboardingRequest, OnboardingRequest
from msklink.runs.task_input import ClientSurvey, Survey
from msklink.services import succession, topic_creation, user_creation
from msklink.services.connection_changes import record_survey
from msklink.services.kafka_access import decide_requests
from msklink.settings import settings
from msklink.tags import client_key

Records = tuple[ConnectionRecord, ...]

logger = Logger(child=True)


class Asked(NamedTuple):
    """The requests that the account sent as events."""

    onboarding: list[OnboardingRequest]
    offboarding: list[OffboardingRequest]


def survey_account(task: ClientSurvey) -> Survey:
    """
    Read the requests of one client account, check its VPCs, and record the planned connections.

    Where the account cannot be read, only its requests by event count.
    """
    now = clock.now()
    known = dynamodb.connections(task.cluster_arn, task.account)
    asked = Asked(
        dynamodb.onboarding_requests(task.cluster_arn, task.account),
        dynamodb.offboarding_requests(task.cluster_arn, task.account),
    )
    remaining = tuple(known) if task.barred else offboarding.readmitted(known)
    try:
        records, found = _read_account(task, remaining, asked, now)
    except Refused as error:
        records = _without_access(task, remaining, asked, error.refusal, now)
    else:
        run_state.save_surveyed_state(task.cluster_arn, task.account, found)
    changed = record_survey(known, records, task.run, now)
    logger.info("client surveyed", account=task.account, changed=[one.item for one in changed])
    schemes = {record.scheme for record in records if record.is_pursued}
    held = {record.scheme for record in records if record.state is State.WAITING}
    return Survey(
        account=task.account,
        schemes=tuple(sorted(filter(None, schemes))),
        held=tuple(sorted(filter(None, held))),
        removal_due=any(record.is_due(now) for record in records),
        barred=bool(task.barred),
    )


def _read_account(
    task: ClientSurvey, known: Records, asked: Asked, now: datetime
) -> tuple[Records, SurveyedState]:
    """Return the planned records, and the state of the account that they are planned from."""
    namespace, bounds = settings().namespace, ""
    key = client_key(namespace, task.cluster.name)
    account = task.client(namespace)
    session = client_session(account, account.surveying(task.cluster.name), task.run)
    with client_refusals(account):
        parameters = ParameterSet(session, task.cluster.name)
    is_free = not task.barred and succession.is_replaced_cluster(
        parameters.cluster_arn, task.cluster
    )
    with client_refusals(account):
        taken = parameters.claim(task.cluster, now, other_is_gone=is_free)
        if taken and not task.barred:
            parameters.write_status(status.with_refusal(parameters.status, taken), now)
            raise Refused(taken)
        ec2_client = ec2.client(session)
        all_tags = ec2.vpc_tags(ec2_client, namespace)
        guarded = tuple(
            offboarding.with_protection(record, all_tags, namespace) for record in known
        )
        tags = {vpc_id: one[key] for vpc_id, one in all_tags.items() if key in one}
        if not task.barred:
            facts = ClusterFacts.model_validate(task.facts)
            vpc_ids = {*tags, *(request.vpc_id for request in asked.onboarding)}
            vpcs = ec2.read_vpcs(ec2_client, task.account, vpc_ids, key, settings().stack_name)
            vpcs = ec2.with_endpoints(ec2_client, vpcs, task.cluster_arn)
            decided = decide_requests(task.cluster, task.account, asked.onboarding)
            topics = topic_creation.reports(task.cluster_arn, task.account, decided)
            users = user_creation.reports(task.cluster_arn, task.account, decided)
            bounds = decided.digest
            requested = requested_vpcs.requested_vpcs(vpcs.values(), *asked, key, now)
            requested = requested_vpcs.with_existing_connections(
                requested, guarded, asked.offboarding
            )
            requested = requested_vpcs.with_decisions(
                requested, decided.access_refusals, topics, users
            )
            wanted = wanted_connections.plan_connections(
                task.account, facts, vpcs, requested, guarded
            )
            wanted = tuple(with_progress(known, wanted, now))
            unwanted = offboarding.records_without(guarded, wanted)
            records = wanted + _schedule_removal(task, unwanted, asked, now)
            records += wanted_connections.hidden_account_refusals(known)
        else:
            records = _schedule_removal(task, guarded, asked, now)
        if not taken and task.barred != Code.CLUSTER_REPLACED:
            _write_status(task, parameters, known, records, now)
    return records, SurveyedState(tags=tags, bounds_digest=bounds)


def _schedule_removal(task: ClientSurvey, records: Records, asked: Asked, now: datetime) -> Records:
    """Return *records* with their removal: the account is barred, or the client withdrew them."""
    namespace = settings().namespace
    why = offboarding.withdrawal_reason(asked.offboarding, namespace)
    if task.barred:
        successor = task.facts.get("successor", "")
        barred = admission.refuse_admission(
            task.barred, task.cluster, task.account, namespace, successor
        )
        why = offboarding.same_reason(barred)
    return offboarding.schedule_removal(records, why, settings().terms, now)


def _without_access(
    task: ClientSurvey, known: Records, asked: Asked, refusal: Refusal, now: datetime
) -> Records:
    """Return the records of an account that cannot be read, by its requests by event only."""
    if task.barred:
        return _schedule_removal(task, known, asked, now)
    key = client_key(settings().namespace, task.cluster.name)
    requested = requested_vpcs.requested_vpcs((), *asked, key, now)
    records = wanted_connections.still_requested(known, requested)
    withdrawn = tuple(one for one in records if offboarding.is_requested(one, asked.offboarding))
    staying = offboarding.records_without(records, withdrawn)
    staying += _schedule_removal(task, withdrawn, asked, now)
    return wanted_connections.with_account_refusal(
        task.cluster_arn, task.account, refusal, staying, now
    )


def _write_status(
    task: ClientSurvey, parameters: ParameterSet, known: Records, records: Records, now: datetime
) -> None:
    """
    Write refusals, holds and progress before any broker is rebooted, and removals at once.

    Nothing is published later to an account without records, or while the cluster is frozen, so the
    end of a request is written as well. PublishSummary writes the owner's own status, which is a
    summary of all clients.
    """
    is_owner = task.account == task.cluster.account
    shown = [record for record in records if record.is_shown]
    gone = {record.item for record in known if record.is_shown} - {one.item for one in records}
    has_changes = gone or any(
        one.refusal or one.removal or one.hold or one.enabled_by or one.is_unsettled
        for one in shown
    )
    if not is_owner and has_changes:
        parameters.write_status(status.describe(task.cluster_arn, records), now)
